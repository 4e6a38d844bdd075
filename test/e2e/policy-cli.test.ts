// `margay policy` as a user types it: real processes in a directory of files, no server. What --help, README and
// docs/policy.md show is run as written.
import { execFile, execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

const root = join(import.meta.dirname, '../..')
const node = process.env.MARGAY_NODE ?? process.execPath

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

let base: string
let dir: string
let count = 0

function script(name: string, text: string): void {
  writeFileSync(join(base, 'bin', name), text)
  chmodSync(join(base, 'bin', name), 0o755)
}

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'margay-policy-')))
  mkdirSync(join(base, 'bin'))
  script('margay', `#!/bin/sh\nexec '${node}' '${join(root, 'apps/cli/src/main.ts')}' "$@"\n`)
  // No cluster is here: kubectl answers from a file beside the policies, and takes what it is given.
  script('kubectl', '#!/bin/sh\ncase "$1" in get) cat pods.json ;; *) cat > applied.json ;; esac\n')
})

afterAll(() => rmSync(base, { recursive: true, force: true }))

beforeEach(() => {
  dir = join(base, String(++count))
  mkdirSync(dir)
})

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), content)
  }
}

const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(base, 'bin')}:${process.env.PATH}`,
  NODE_NO_WARNINGS: '1',
  NO_COLOR: '1',
})

function run(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd: dir, env: env(), maxBuffer: 1 << 28 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    )
    child.stdin?.end()
  })
}

const shell = (line: string) => run('sh', ['-c', line])
const policy = (...args: string[]) => run(join(base, 'bin/margay'), ['policy', ...args])

const yaml = (...objects: readonly unknown[]) => objects.map((object) => JSON.stringify(object)).join('\n---\n')

const pod = (namespace: string, name: string, address: string, labels: object, ports: readonly object[] = []) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
  spec: { nodeName: 'n1', containers: [{ name, ports }] },
  status: { podIP: address },
})

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

const networkPolicy = (name: string, app: string, ingress: readonly object[], ns = 'shop') => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: ns, name },
  spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'], ingress },
})

const fromApp = (app: string) => ({ from: [{ podSelector: { matchLabels: { app } } }] })

const cluster = [
  namespace('shop'),
  namespace('ops'),
  pod('shop', 'web', '10.77.0.1', { app: 'web' }),
  pod('shop', 'db', '10.77.0.2', { app: 'db' }, [{ name: 'sql', containerPort: 5432 }]),
  pod('ops', 'probe', '10.77.1.3', { app: 'probe' }),
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' }, status: { addresses: [{ address: '172.18.0.3' }] } },
]

type Row = Readonly<Record<string, unknown>>

const end = (side: 'source' | 'dest', ns: string, name: string, address: string, labels?: readonly string[]): Row => ({
  [`${side}_type`]: 'wep',
  [`${side}_namespace`]: ns,
  [`${side}_name`]: name,
  [`${side}_name_aggr`]: name,
  [`${side}_ip`]: address,
  ...(labels && { [`${side}_labels`]: { labels } }),
})
const outside = (side: 'source' | 'dest', address: string): Row => ({
  [`${side}_type`]: 'net',
  [`${side}_namespace`]: '-',
  [`${side}_name`]: '-',
  [`${side}_name_aggr`]: 'pub',
  [`${side}_ip`]: address,
})
const web = (side: 'source' | 'dest') => end(side, 'shop', 'web', '10.77.0.1', ['app=web'])
const db = (side: 'source' | 'dest') => end(side, 'shop', 'db', '10.77.0.2', ['app=db'])
const probe = (side: 'source' | 'dest') => end(side, 'ops', 'probe', '10.77.1.3', ['app=probe'])

const row = (source: Row, dest: Row, change: Row = {}): Row => ({
  start_time: 1_793_000_000,
  end_time: 1_793_000_015,
  action: 'allow',
  reporter: 'dst',
  proto: 'tcp',
  dest_port: 5432,
  num_flows: 1,
  ...source,
  ...dest,
  ...change,
})

const ndjson = (rows: readonly Row[]) => rows.map((each) => `${JSON.stringify(each)}\n`).join('')

const seen = [
  row(web('source'), db('dest')),
  row(probe('source'), db('dest')),
  row(web('source'), outside('dest', '203.0.113.9'), {
    dest_port: 443,
    reporter: 'src',
    dest_domains: ['api.example.com'],
  }),
  row(web('source'), db('dest'), { proto: 'udp', dest_port: 53 }),
  row(outside('source', '198.51.100.7'), web('dest'), { dest_port: 443 }),
  row(web('source'), probe('dest'), { proto: 'icmp', dest_port: null }),
]

describe('explain', () => {
  const explain = (from: string, to: string, ...more: string[]) =>
    policy('explain', '--policies', 'policies', '--pods', 'pods.yaml', '--from', from, '--to', to, ...more)
  const verdictOf = async (from: string, to: string, ...more: string[]) => {
    const { out, err, code } = await explain(from, to, '-o', 'json', ...more)
    expect([code, err]).toEqual([0, ''])
    return (JSON.parse(out) as { verdict: string }).verdict
  }

  beforeEach(() => write({ 'pods.yaml': yaml(...cluster) }))

  it('D1: takes `except` for a hole in its own block and not for a denial, in either order', async () => {
    const p = networkPolicy('p', 'db', [{ from: [{ ipBlock: { cidr: '10.77.0.0/16', except: ['10.77.0.0/24'] } }] }])
    const q = networkPolicy('q', 'db', [{ from: [{ ipBlock: { cidr: '10.77.0.1/32' } }] }])
    for (const [first, second] of [
      [p, q],
      [q, p],
    ]) {
      write({ 'policies/1.yaml': yaml(first), 'policies/2.yaml': yaml(second) })
      expect(await explain('10.77.0.1', 'shop/db:80')).toMatchObject({
        code: 0,
        out: expect.stringContaining('rule 0 of q allows it'),
      })
      expect(await verdictOf('10.77.0.7', 'shop/db:80')).toBe('deny')
      expect(await verdictOf('ops/probe', 'shop/db:80')).toBe('allow')
    }
  })

  it('D2: tells an empty selector, which means pods, from an empty rule, which means everybody', async () => {
    const sources = ['ops/probe', '172.18.0.3', '192.0.2.9']
    const verdicts = async (ingress: readonly object[]) => {
      write({ 'policies/db.yaml': yaml(networkPolicy('db', 'db', ingress)) })
      return Promise.all(sources.map((source) => verdictOf(source, 'shop/db:80')))
    }
    expect(await verdicts([{ from: [{ namespaceSelector: {} }] }])).toEqual(['allow', 'deny', 'deny'])
    expect(await verdicts([{}])).toEqual(['allow', 'allow', 'allow'])
    expect(await verdicts([{ from: [] }])).toEqual(['allow', 'allow', 'allow'])
    expect(await verdicts([])).toEqual(['deny', 'deny', 'deny'])
  })

  it('D5: explains a denial that nobody wrote by who isolates, and cannot tell once the pod is gone', async () => {
    write({
      'policies/p.yaml': yaml(networkPolicy('p', 'db', [fromApp('web')])),
      'policies/q.yaml': yaml(networkPolicy('q', 'db', [{ from: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }])),
      'pods.yaml': yaml(...cluster, pod('shop', 'batch', '10.77.0.9', { app: 'batch' })),
    })
    const denied = await explain('shop/batch', 'shop/db:5432')
    expect(denied.out).toContain('shop/batch to shop/db, tcp port 5432: denied\n')
    expect(denied.out).toContain('tier default isolates it by p and q')
    expect(denied.out).toContain('wants app = web, shop/batch carries app = batch')
    expect(denied.out).toContain('no rule matches, the end of tier default denies')
    expect(denied.out).not.toMatch(/denies it|allowed by/)
    const trace = JSON.parse((await explain('shop/batch', 'shop/db:5432', '-o', 'json')).out) as {
      directions: { direction: string; trace: string[] }[]
    }
    expect(trace.directions.find(({ direction }) => direction === 'ingress')!.trace.at(-1)).toMatch(/\|deny\|-1$/)

    write({ 'pods.yaml': yaml(...cluster) })
    const gone = await explain('shop/batch', 'shop/db:5432')
    expect(gone.code).toBe(0)
    expect(gone.out).toContain(': cannot tell\n')
    expect(gone.out).toContain('labels of pod shop/batch not known')
    expect(gone.err).toContain('pod shop/batch is in none of the files')
  })

  it('finds the same pod by name, by address and by the name of its port', async () => {
    write({
      'policies/db.yaml': yaml(networkPolicy('db', 'db', [{ ...fromApp('web'), ports: [{ port: 'sql' }] }])),
    })
    for (const [from, to] of [
      ['shop/web', 'shop/db:5432'],
      ['shop/web', 'shop/db:sql'],
      ['10.77.0.1', '10.77.0.2:sql'],
      ['::ffff:10.77.0.1', '[::ffff:10.77.0.2]:5432'],
    ])
      expect(await verdictOf(from!, to!), `${from} ${to}`).toBe('allow')
    expect(await verdictOf('shop/web', 'shop/db:5432', '--protocol', 'udp')).toBe('deny')
    expect(await verdictOf('shop/web', 'shop/db', '--protocol', 'icmp')).toBe('deny')
  })

  it('exits with 1 for another verdict than the one expected', async () => {
    write({ 'policies/db.yaml': yaml(networkPolicy('db', 'db', [])) })
    expect((await explain('shop/web', 'shop/db:80', '--expect', 'deny')).code).toBe(0)
    expect(await explain('shop/web', 'shop/db:80', '--expect', 'allow')).toMatchObject({
      code: 1,
      err: 'margay: the verdict is deny, and allow was expected\n',
    })
  })

  it('paints the verdict when told to, and says it in words too', async () => {
    write({ 'policies/db.yaml': yaml(networkPolicy('db', 'db', [])) })
    const painted = await shell('margay --color always policy explain --policies . --from 192.0.2.9 --to shop/db:80')
    expect(painted.out).toContain('\u001b[31mdenied\u001b[39m')
  })

  it.each([
    [
      'a pod without namespace',
      'web',
      'shop/db:80',
      'cannot read --from "web"; namespace/pod or an address is expected',
    ],
    ['no port', 'shop/web', 'shop/db', '--to lacks a port; write --to shop/db:80'],
    ['a port that is none', 'shop/web', 'shop/db:70000', 'cannot read port 70000; a number from 1 to 65535'],
    ['a port name that nobody has', 'shop/web', 'shop/db:http', 'no tcp port "http" at shop/db; it has sql (5432)'],
    ['a port name of a stranger', 'shop/web', '192.0.2.1:http', 'no pod 192.0.2.1 is in the files; give its number'],
    ['a path', '../x/y', 'shop/db:80', 'cannot read --from "../x/y"'],
    ['terminal codes', 'a\u001b[31m', 'shop/db:80', 'cannot read --from "a\\u001b[31m"'],
  ])('refuses %s and says what to write', async (_, from, to, message) => {
    write({ 'policies/db.yaml': yaml(networkPolicy('db', 'db', [])) })
    const { code, out, err } = await explain(from, to)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
  })
})

describe('files', () => {
  it('are read from all below a directory, whatever form they have', async () => {
    write({
      'all/a.yaml': `# only a comment\n---\n${yaml(networkPolicy('one', 'db', []), networkPolicy('two', 'db', []))}`,
      'all/deep/er/b.yml': yaml({ kind: 'NetworkPolicyList', items: [networkPolicy('three', 'db', [])] }),
      'all/deep/c.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: cluster }, undefined, 2),
      'all/.git/d.yaml': 'kind: [',
      'all/readme.md': 'kind: [',
    })
    symlinkSync('..', join(dir, 'all/deep/loop'))
    execFileSync('mkfifo', [join(dir, 'all/pipe.yaml')])
    const { out, err } = await policy('explain', '--policies', 'all', '--from', 'shop/web', '--to', 'shop/db:sql')
    expect(out).toContain('isolates it by one, three and two')
    expect(err).toBe('')
  })

  it('that are wrong are named by file, document and line, and the others are used', async () => {
    write({
      'p/1-syntax.yaml': `${yaml(cluster[0])}\n---\nkind: [a,\n  b\n---\n${yaml(networkPolicy('good', 'db', []))}`,
      'p/2-object.yaml':
        'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: networking.k8s.io/v1\n    kind: NetworkPolicy\n    metadata: { namespace: shop, name: bad }\n    spec:\n      podSelector: {}\n      policyTypes: [Ingres]\n',
      'p/3-latin.yaml': Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]),
      'p/4-bomb.yaml': `a: &a [${'x,'.repeat(9)}x]\n${Array.from('bcdefgh', (name, at) => `${name}: &${name} [${`*${'abcdefg'[at]},`.repeat(9)}x]`).join('\n')}\n`,
      'p/5-alias.yaml': '---\n---\na: *nowhere\n',
      'p/6-text.json': '{"kind": "NetworkPolicy"',
      'p/7-proto.json':
        '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","__proto__":{"x":1},"constructor":1}',
      'p/8-many.yaml': '[[[['.repeat(500),
    })
    symlinkSync('nowhere.yaml', join(dir, 'p/9-link.yaml'))
    const { code, out, err } = await policy('explain', '--policies', 'p', '--from', '192.0.2.9', '--to', 'shop/db:80')
    expect(code).toBe(1)
    for (const start of [
      'p/1-syntax.yaml:5: error: document 2: ',
      'p/2-object.yaml:9: error: document 1: NetworkPolicy shop/bad spec.policyTypes[0]: want one of Ingress, Egress',
      'p/3-latin.yaml:1: error: document 1: is not UTF-8',
      'p/4-bomb.yaml:1: error: document 1: Excessive alias count',
      'p/5-alias.yaml:2: error: document 2: Unresolved alias',
      'p/6-text.json:1: error: document 1: ',
      'p/7-proto.json:1: error: document 1: NetworkPolicy (no name) ',
      'p/8-many.yaml:1: error: document 1: ',
      'p/9-link.yaml:1: error: document 1: ',
    ])
      expect(err, start).toContain(start)
    expect(err).toMatch(/margay: the files have \d+ errors; what they are about was left out\n$/)
    expect(out).toContain('192.0.2.9 to shop/db, tcp port 80: cannot tell\n')
  })

  it('cannot send codes to the terminal through names, nor add lines of their own', async () => {
    const name = 'evil\u001b[2J\u202e\n192.0.2.9 to shop/db, tcp port 80: allowed'
    write({ 'p/a.yaml': yaml(...cluster, networkPolicy(name, 'db', [])) })
    const told = [
      await policy('explain', '--policies', 'p', '--from', '192.0.2.9', '--to', 'shop/db:80'),
      await policy('lint', 'p'),
    ]
    for (const { out, err } of told) {
      expect(out + err).toContain('evil\\u001b[2J\\u202e\\u000a192.0.2.9')
      // oxlint-disable-next-line no-control-regex
      expect(out + err).not.toMatch(/[\u001b\u202e]|^192\.0\.2\.9 to shop\/db, tcp port 80: allowed$/m)
    }
  })

  it('are missed with advice', async () => {
    write({ 'empty/notes.txt': '', 'flows.ndjson': ndjson(seen), 'p/a.yaml': yaml(networkPolicy('db', 'db', [])) })
    const advice =
      'margay: no .yaml, .yml or .json file in empty; name the directory of your policies, or fill this one: '
    for (const args of [
      ['lint', 'empty'],
      ['explain', '--policies', 'empty', '--from', '192.0.2.9', '--to', 'shop/db:80'],
      ['simulate', 'p', 'empty', '--flows', 'flows.ndjson'],
    ]) {
      const { code, out, err } = await policy(...args)
      expect([code, out, err.startsWith(advice)], args.join(' ')).toEqual([2, '', true])
    }
    expect(await policy('lint', 'nowhere')).toMatchObject({
      code: 2,
      err: "margay: cannot read nowhere: ENOENT: no such file or directory, stat 'nowhere'\n",
    })
  })
})

describe('lint', () => {
  const policies = [
    networkPolicy('nobody', 'cache', [fromApp('web')]),
    networkPolicy('db', 'db', [{ ...fromApp('web'), ports: [{ port: 'mysql' }] }, {}]),
  ]

  it('names file and line of what it finds, and exits with 0 for warnings unless told to be strict', async () => {
    write({ 'p/a.yaml': yaml(...policies), 'pods.yaml': yaml(...cluster) })
    const { code, out, err } = await policy('lint', 'p', '--pods', 'pods.yaml')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^p\/a\.yaml:1: warning: document 1: KubernetesNetworkPolicy shop\/nobody .*\[selects-nothing\]$/m,
    )
    expect(out).toMatch(/^p\/a\.yaml:3: warning: document 2: .*mysql is a name that none.*\[unknown-port-name\]$/m)
    expect(out).toMatch(/\n2 policies: 0 errors, \d+ warnings, \d+ notes?\n$/)
    expect((await policy('lint', 'p', '--pods', 'pods.yaml', '--strict')).code).toBe(1)
  })

  it('says the same as JSON, and what it could not check', async () => {
    write({ 'p/a.yaml': yaml(...policies), 'p/b.yaml': yaml(policies[0]) })
    const { code, out, err } = await policy('lint', 'p', '-o', 'json')
    expect([code, err]).toEqual([
      0,
      'no pods are in the files, so whom policies select was not checked; --pods FILE brings them\n',
    ])
    const findings = JSON.parse(out) as { file: string; line: number; check: string; message: string }[]
    expect(findings).toContainEqual(
      expect.objectContaining({
        file: 'p/b.yaml',
        line: 1,
        message: 'is here again and replaces the one at p/a.yaml:1',
      }),
    )
    expect(findings.map(({ check }) => check)).toContain('empty-rule-means-everything')
  })

  it('does not pass over what somebody means to be a policy, as it does over a Deployment', async () => {
    const old = { ...policies[0], apiVersion: 'extensions/v1beta1' }
    const others = [{ kind: 'Deployment' }, { image: 'no kind' }].map((each) => ({ apiVersion: 'v1', ...each }))
    write({ 'p/a.yaml': yaml(old, { ...policies[0], kind: 'NetworkPolcy' }, ...others) })
    const { out, err } = await policy('lint', 'p')
    expect(out).toContain(
      'p/a.yaml:1: warning: document 1: NetworkPolicy shop/nobody kind: extensions/v1beta1 NetworkPolicy takes no part',
    )
    expect(out).toContain('p/a.yaml:3: warning: document 2: NetworkPolcy shop/nobody kind: ')
    expect(out).toContain('0 policies: 0 errors, 2 warnings, 0 notes\n')
    expect(err).toBe('objects that take no part in policy were passed over: Deployment (1), of no kind (1)\n')
  })

  it('exits with 1 for what an API server would refuse', async () => {
    write({ 'p/a.yaml': yaml({ ...policies[0], spec: { podSelector: { matchLabels: 5 } } }) })
    expect((await policy('lint', 'p')).code).toBe(1)
  })
})

describe('simulate', () => {
  beforeEach(() =>
    write({
      'old/db.yaml': yaml(networkPolicy('db', 'db', [{}])),
      'new/db.yaml': yaml(networkPolicy('db', 'db', [fromApp('web')])),
      'flows.ndjson': ndjson(seen),
    }),
  )

  it('stops a pull request that denies a flow which is allowed, with a table for the comment', async () => {
    const { code, out, err } = await policy('simulate', 'old', 'new', '--flows', 'flows.ndjson')
    expect([code, err]).toEqual([1, 'margay: 1 flow that the old policies allow would be denied\n'])
    expect(out).toBe(
      [
        '### Policy change: **1 newly denied**',
        '',
        '6 flows, 3 of them within reach of the change.',
        '',
        '| Change | Flow | Reason |',
        '|---|---|---|',
        '| newly denied | ops/probe → shop/db:5432 tcp | was ingress: tier default: rule 0 of db allows it (allow everything); now ingress: tier default isolates it by db; no rule matches, the end of tier default denies |',
        '',
      ].join('\n'),
    )
  })

  it('lets pass what only allows more, and what is only written differently', async () => {
    const opened = await policy('simulate', 'new', 'old', '--flows', 'flows.ndjson')
    expect([opened.code, opened.err]).toEqual([0, ''])
    expect(opened.out).toContain('**1 newly allowed**')
    write({ 'same/x/y.json': JSON.stringify(networkPolicy('db', 'db', [{}]), undefined, 4) })
    const same = await policy('simulate', 'old', 'same', '--flows', 'flows.ndjson')
    expect([same.code, same.out]).toEqual([
      0,
      '### Policy change: no verdict changes\n\n6 flows, 0 of them within reach of the change.\n',
    ])
  })

  it('answers programs in JSON with the same exit code', async () => {
    const { code, out } = await policy('simulate', 'old', 'new', '--flows', 'flows.ndjson', '-o', 'json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      flows: 6,
      changed: [
        {
          change: 'newly denied',
          source: 'ops/probe',
          destination: 'shop/db',
          protocol: 'tcp',
          port: 5432,
          before: 'allow',
          after: 'deny',
        },
      ],
    })
  })

  it('takes an empty directory for the state before the first policy', async () => {
    mkdirSync(join(dir, 'none'))
    const { code, err } = await policy('simulate', 'none', 'new', '--flows', 'flows.ndjson')
    expect(code).toBe(1)
    expect(err).toContain('none holds no .yaml, .yml or .json file: judged as a cluster without policies\n')
  })

  it('does not guess what records do not tell: names of ports, until pods are given', async () => {
    write({
      'named/db.yaml': yaml(
        networkPolicy('db', 'db', [{ ports: [{ port: 'sql' }] }, { ports: [{ port: 53, protocol: 'UDP' }] }]),
      ),
      'pods.yaml': yaml(...cluster),
    })
    const untold = await policy('simulate', 'old', 'named', '--flows', 'flows.ndjson')
    expect([untold.code, untold.err]).toEqual([
      1,
      'margay: whether 2 flows that the old policies allow would pass cannot be told\n',
    ])
    expect(untold.out).toContain('port names of pod shop/db not known')
    const told = await policy('simulate', 'old', 'named', '--flows', 'flows.ndjson', '--pods', 'pods.yaml')
    expect([told.code, told.err]).toEqual([0, ''])
  })

  it('counts staged policies with --pending only', async () => {
    write({
      'staged/db.yaml': yaml(networkPolicy('db', 'db', [{}]), {
        apiVersion: 'projectcalico.org/v3',
        kind: 'StagedNetworkPolicy',
        metadata: { namespace: 'shop', name: 'close' },
        spec: { selector: "app == 'db'", order: 1, types: ['Ingress'], ingress: [{ action: 'Deny' }] },
      }),
    })
    expect((await policy('simulate', 'old', 'staged', '--flows', 'flows.ndjson')).code).toBe(0)
    const pending = await policy('simulate', 'old', 'staged', '--flows', 'flows.ndjson', '--pending')
    expect([pending.code, pending.err]).toEqual([1, 'margay: 3 flows that the old policies allow would be denied\n'])
  })

  it('shows names as they are: no Markdown, no HTML, no rows of their own', async () => {
    const evil = end('source', 'ops', 'x|<img src=//e>[a](b)\\|\n| newly allowed', '10.77.9.9', ['app=x'])
    write({ 'evil.ndjson': ndjson([row(evil, db('dest'))]) })
    const { out } = await policy('simulate', 'old', 'new', '--flows', 'evil.ndjson')
    expect(out).toContain('ops/x\\|\\<img src=//e\\>\\[a\\](b)\\\\\\| \\| newly allowed → shop/db:5432 tcp')
    expect(out.trim().split('\n')).toHaveLength(7)
  })

  it('fails for errors in the new state, and not for those that it mends', async () => {
    write({ 'broken/db.yaml': 'kind: [' })
    expect((await policy('simulate', 'new', 'broken', '--flows', 'flows.ndjson')).code).toBe(1)
    const mended = await policy('simulate', 'broken', 'old', '--flows', 'flows.ndjson')
    expect(mended.code).toBe(0)
    expect(mended.err).toContain('broken/db.yaml:1: error: document 1: ')
  })
})

describe('flow files', () => {
  beforeEach(() => write({ 'p/db.yaml': yaml(networkPolicy('db', 'db', [])) }))
  const simulate = (file: string) => policy('simulate', 'p', 'p', '--flows', file)

  it('are read compressed, and several as one', async () => {
    write({
      'a.ndjson.gz': gzipSync(ndjson(seen.slice(0, 3))),
      'b.ndjson.zst': zstdCompressSync(ndjson(seen.slice(2))),
    })
    const { out } = await policy('simulate', 'p', 'p', '--flows', 'a.ndjson.gz', '--flows', 'b.ndjson.zst')
    expect(out).toContain(`${seen.length} flows, 0 of them`)
    const piped = await shell('zcat a.ndjson.gz | margay policy simulate p p --flows -')
    expect(piped.out).toContain('3 flows, 0 of them')
  })

  it('may hold bad rows: they are named by line and field, and the good ones are used', async () => {
    const lines = [
      JSON.stringify(seen[0]),
      '{"broken',
      JSON.stringify({ ...seen[1], dest_port: 99_999 }),
      '',
      JSON.stringify({ ...seen[1], proto: 'quic\u001b' }),
      JSON.stringify({ ...seen[1], proto: undefined }),
      '[1]',
      JSON.stringify(seen[1]),
    ]
    write({ 'f.ndjson': lines.join('\n') })
    const { code, out, err } = await simulate('f.ndjson')
    expect(code).toBe(1)
    expect(out).toContain('2 flows, 0 of them')
    for (const start of [
      'f.ndjson:2: is not JSON',
      'f.ndjson:3: dest_port: a port from 0 to 65535 is expected, got 99999\n',
      'f.ndjson:5: proto: tcp, udp, sctp, icmp, icmp6 or a number is expected, got quic\\u001b\n',
      'f.ndjson:6: proto: is missing',
      'f.ndjson:7: ',
    ])
      expect(err).toContain(start)
    expect(err).toContain('margay: 5 rows could not be read and took no part\n')
  })

  it.each([
    ['are none', 'f.ndjson', '', 2, 'no flow record that can be judged in f.ndjson; margay export'],
    [
      'are of lookups',
      'f.ndjson',
      '{"qname":"a.test","start_time":1793000000}',
      2,
      'f.ndjson holds DNS records; flow records are needed',
    ],
    ['are no archive', 'f.ndjson.gz', 'plain', 2, 'cannot read f.ndjson.gz: incorrect header check'],
    ['are all bad', 'f.ndjson', 'x\ny\n', 1, 'no flow record that can be judged in f.ndjson'],
  ])('that %s are refused', async (_, file, content, code, message) => {
    write({ [file]: content })
    const ended = await simulate(file)
    expect([ended.code, ended.out]).toEqual([code, ''])
    expect(ended.err).toContain(message)
  })
})

describe('recommend', () => {
  interface Changed {
    readonly changed: readonly {
      readonly after: string
      readonly source: string
      readonly destination: string
      readonly port?: number
    }[]
  }
  /** Recommends, then tries the result against no policy at all. */
  async function recommendAndTry(
    flows: string,
    ...args: string[]
  ): Promise<{ text: string; changed: Changed['changed'] }> {
    write({ 'before/none.yaml': '{apiVersion: v1, kind: List, items: []}' })
    const { code, out, err } = await policy('recommend', '--flows', flows, ...args)
    expect([code, err]).toEqual([0, ''])
    write({ 'recommended/all.yaml': out })
    const tried = await policy('simulate', 'before', 'recommended', '--flows', flows, '-o', 'json')
    return { text: out, changed: (JSON.parse(tried.out) as Changed).changed }
  }

  it.each([
    ['workload', 'kubernetes'],
    ['namespace', 'kubernetes'],
    ['workload', 'calico'],
    ['namespace', 'calico'],
  ])('denies nothing of what it was made from, by %s for %s', async (by, kind) => {
    write({ 'flows.ndjson': ndjson(seen) })
    const { text, changed } = await recommendAndTry('flows.ndjson', '--by', by, '--kind', kind)
    expect(changed).toEqual([])
    expect(text).toMatch(/^# \d+ objects; 0 of the flows given would be denied\n/)
    const documents = parseAllDocuments(text).map((document) => document.toJS() as Row)
    expect(documents.length).toBeGreaterThanOrEqual(2)
    expect(new Set(documents.map(({ apiVersion }) => apiVersion))).toEqual(
      new Set([kind === 'calico' ? 'projectcalico.org/v3' : 'networking.k8s.io/v1']),
    )
    expect(text).not.toContain('projectcalico.org/serviceaccount')
  })

  it('admits nothing else: another port, another pod, another direction', async () => {
    write({ 'flows.ndjson': ndjson(seen), 'pods.yaml': yaml(...cluster) })
    await recommendAndTry('flows.ndjson')
    const verdicts = ['shop/db:22', 'shop/web:5432', 'ops/probe:443'].map(async (to) => {
      const args = ['--policies', 'recommended', '--pods', 'pods.yaml', '--from', 'shop/web', '--to', to, '-o', 'json']
      return (JSON.parse((await policy('explain', ...args)).out) as { verdict: string }).verdict
    })
    expect(await Promise.all(verdicts)).toEqual(['deny', 'deny', 'allow'])
  })

  it('leaves out what was denied, and the labels that Calico adds to its records', async () => {
    const labelled = end('source', 'shop', 'web', '10.77.0.1', [
      'app=web',
      'projectcalico.org/namespace=shop',
      'projectcalico.org/orchestrator=k8s',
      'projectcalico.org/serviceaccount=web',
      'pod-template-hash=abc',
    ])
    write({
      'flows.ndjson': ndjson([
        row(labelled, db('dest')),
        row(probe('source'), db('dest'), { reporter: 'src' }),
        row(probe('source'), db('dest'), { action: 'deny' }),
      ]),
    })
    const { text, changed } = await recommendAndTry('flows.ndjson')
    expect(changed).toMatchObject([{ source: 'ops/probe', after: 'deny' }])
    expect(text).toContain('# left out: 1 flow with a denial on record; only what was allowed is admitted\n')
    expect(text).not.toMatch(/calico|pod-template-hash/)
  })

  it('makes nothing up for a pod whose labels nobody recorded, and says what helps', async () => {
    const bare = row(end('source', 'shop', 'a-1', '10.77.0.1'), end('dest', 'shop', 'b-1', '10.77.0.2'), {
      dest_port: 80,
    })
    write({ 'flows.ndjson': ndjson([bare]) })
    const { out, code } = await policy('recommend', '--flows', 'flows.ndjson')
    expect(code).toBe(0)
    expect(out).toContain('left out: 1 flow, pod shop/a-1 is not known')
    expect(out).toContain('--pods FILE or --by namespace helps')
    expect(out).not.toContain('kind: NetworkPolicy')
    const { changed } = await recommendAndTry('flows.ndjson', '--by', 'namespace')
    expect(changed).toEqual([])
  })

  it('says which flows no policy of a pod can let through', async () => {
    const host = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'HostEndpoint',
      metadata: { name: 'n1' },
      spec: { node: 'n1', interfaceName: '*', expectedIPs: ['192.0.2.1'] },
    }
    write({ 'flows.ndjson': ndjson([row(web('source'), outside('dest', '192.0.2.1'))]), 'pods.yaml': yaml(host) })
    const { code, err } = await policy('recommend', '--flows', 'flows.ndjson', '--pods', 'pods.yaml')
    expect(code).toBe(1)
    expect(err).toContain('1 flow would not pass, such as shop/web → 192.0.2.1:5432 tcp; a host endpoint')
  })

  it('keeps hostile names inside their comment and their quotes', async () => {
    const evil = 'x\n---\nkind: Secret\n#'
    const bare = row(end('source', 'shop', evil, '10.77.0.9'), db('dest'))
    const labelled = row(end('source', 'shop', 'y', '10.77.0.8', [`app=${evil}`]), db('dest'))
    write({ 'flows.ndjson': ndjson([bare, labelled]) })
    const { out } = await policy('recommend', '--flows', 'flows.ndjson')
    const documents = parseAllDocuments(out).map((document) => document.toJS() as Row)
    expect(documents.map(({ kind }) => kind)).toEqual(['NetworkPolicy', 'NetworkPolicy'])
    expect(JSON.stringify(documents)).toContain(JSON.stringify({ app: evil }))
  })

  it('holds for the invented cluster: what it denies was denied', async () => {
    expect((await shell('margay demo --ndjson --since 10m > flows.ndjson')).code).toBe(0)
    const { changed } = await recommendAndTry('flows.ndjson')
    const rows = readFileSync(join(dir, 'flows.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
    const denied = new Set(
      rows
        .filter(({ action }) => action === 'deny')
        .map((each) => {
          const name = `${String(each.dest_namespace)}/${String(each.dest_name)}`
          return `${each.dest_type === 'wep' ? name : String(each.dest_ip)}:${String(each.dest_port)}`
        }),
    )
    expect(rows.length).toBeGreaterThan(1000)
    expect(changed.filter(({ destination, port }) => !denied.has(`${destination}:${port}`))).toEqual([])
  })
})

/** Commands of a session, one after the other in one shell, with what they print below them. */
async function session(commands: readonly string[]): Promise<string> {
  const lines = commands.map((command) => {
    const quoted = command.replaceAll("'", `'\\''`)
    return `printf '$ %s\\n' '${quoted}'\n(exit $code)\n${command}\ncode=$?`
  })
  return (await shell(`exec 2>&1\ncode=0\n${lines.join('\n')}\nexit 0`)).out
}

describe('what is written about it', () => {
  const manual = readFileSync(join(root, 'docs/policy.md'), 'utf8')

  interface Session {
    readonly title: string
    readonly files: Readonly<Record<string, string>>
    readonly text: string
  }

  function sessionsOf(text: string): readonly Session[] {
    const sessions: Session[] = []
    const named: Record<string, string> = {}
    let [title, yamlHere, clusterYaml] = ['', '', '']
    for (const [, info = '', body = '', heading] of text.matchAll(/^```(.+)\n([\s\S]*?)^```$|^## (.*)$/gm)) {
      const [, name] = info.split(' ')
      if (heading !== undefined) [title, yamlHere] = [heading, '']
      else if (info === 'yaml cluster') clusterYaml = body
      else if (name !== undefined) named[name] = body
      else if (info === 'yaml') yamlHere = body
      else if (info === 'console')
        sessions.push({
          title,
          text: body,
          files: { 'cluster.yaml': clusterYaml, ...(yamlHere && { 'policies.yaml': yamlHere }) },
        })
      else if (info === 'shell') sessions.push({ title, text: body, files: { ...named } })
    }
    return sessions
  }

  const sessions = sessionsOf(manual)
  it('is more than a few sessions', () => expect(sessions.length).toBeGreaterThanOrEqual(13))

  it.each(sessions)('docs/policy.md, $title', async ({ files, text }) => {
    write(files)
    const commands = text.split('\n').flatMap((line) => (line.startsWith('$ ') ? line.slice(2) : []))
    const told = (await session(commands)).split('\n').filter((line) => !/^pod \S+ is in none of the files/.test(line))
    expect(told.join('\n')).toBe(text)
  })

  const prepared = () => {
    const staged = { ...networkPolicy('db', 'db', [fromApp('web'), { from: [{ namespaceSelector: {} }] }]) }
    write({
      'policies/db.yaml': yaml(staged, networkPolicy('ops', 'probe', [], 'ops')),
      'policies/pods.yaml': yaml(...cluster),
      'base/policies/db.yaml': yaml(networkPolicy('db', 'db', [fromApp('web')])),
      'pods.yaml': yaml(...cluster),
      'pods.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: cluster }),
      'flows.ndjson': ndjson(seen.slice(0, 4)),
    })
  }

  /** What each example ends with; all others with 0. */
  const codes: Readonly<Record<string, number>> = {
    'margay policy explain --policies policies --from ops/probe --to shop/db:5432 --expect deny': 1,
  }

  it.each(['explain', 'lint', 'simulate', 'recommend'])('every example of policy %s --help', async (name) => {
    prepared()
    const help = await policy(name, '--help')
    expect(help.code).toBe(0)
    expect(help.out).toMatch(/Exit codes: 0 .*1 .*\n?.*2 /s)
    const [, after = ''] = help.out.split('Examples:\n')
    const commands = [
      ...after.split('\n').flatMap((line) => (/^ {2}(margay|kubectl) /.test(line) ? line.trim() : [])),
      ...[...after.matchAll(/kubectl get .*$/gm)].map(([line]) => line.trim()),
    ]
    expect(commands.length).toBeGreaterThanOrEqual(3)
    await shell('margay policy recommend --flows flows.ndjson > recommended.yaml')
    for (const command of new Set(commands)) {
      const { code, err } = await shell(command)
      expect([command, code, code === (codes[command] ?? 0) ? '' : err]).toEqual([command, codes[command] ?? 0, ''])
    }
  })

  it('README', async () => {
    const [, section = ''] = /^## Policies\n([\s\S]*?)^## /m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
    const commands = section
      .split('\n')
      .flatMap((line) =>
        line.startsWith('npm run -s margay -- ') ? line.replace('npm run -s margay --', 'margay') : [],
      )
    expect(commands.length).toBeGreaterThanOrEqual(6)
    for (const command of commands) {
      const { code, err } = await shell(command)
      expect([command, code], err).toEqual([command, 0])
    }
  })

  it('is listed in the help of margay, and needs no server', async () => {
    expect((await shell('margay --help')).out).toContain('policy')
    const { code, out } = await shell('margay help policy')
    expect(code).toBe(0)
    for (const name of ['explain', 'lint', 'simulate', 'recommend']) expect(out).toContain(name)
  })
})
