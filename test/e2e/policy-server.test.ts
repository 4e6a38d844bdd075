// `margay policy`, `endpoints` and `nodes` against a real server that reads the objects of a cluster from YAML files, which
// change while it runs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import type { Ended, Json, Product } from './product.ts'
import { startProduct } from './product.ts'

const cluster = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { team: sales } } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: ops } }
---
{ apiVersion: v1, kind: ServiceAccount, metadata: { namespace: shop, name: default } }
---
{ apiVersion: v1, kind: ServiceAccount, metadata: { namespace: ops, name: default } }
---
{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [{ type: InternalIP, address: 10.88.0.11 }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: web, labels: { app: web } }, spec: { nodeName: n1 }, status: { phase: Running, podIP: 10.0.0.1 } }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: db, labels: { app: db } }
spec: { nodeName: n1, containers: [{ name: db, ports: [{ name: sql, containerPort: 5432 }] }] }
status: { phase: Running, podIP: 10.0.0.2 }
---
{ apiVersion: v1, kind: Service, metadata: { namespace: shop, name: db }, spec: { clusterIP: 10.96.0.10, selector: { app: db }, ports: [{ name: sql, port: 5432 }] } }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { namespace: shop, name: db-1, labels: { kubernetes.io/service-name: db } }
addressType: IPv4
ports: [{ name: sql, port: 5432, protocol: TCP }]
endpoints: [{ addresses: [10.0.0.2], conditions: { ready: true }, nodeName: n1, targetRef: { kind: Pod, namespace: shop, name: db } }]
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: ops, name: probe, labels: { app: probe } }, spec: { nodeName: n1 }, status: { phase: Running, podIP: 10.0.0.3 } }
`

const onlyWeb = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }] }
`

const now = Math.floor(Date.now() / 1000)
const flow = (change: Json): Json => ({
  start_time: now - 600,
  end_time: now - 590,
  action: 'allow',
  reporter: 'src',
  counts: true,
  host: 'n1',
  proto: 'tcp',
  source_type: 'wep',
  source_namespace: 'ops',
  source_name: 'probe',
  source_name_aggr: 'probe',
  source_ip: '10.0.0.3',
  dest_type: 'wep',
  dest_namespace: 'shop',
  dest_name: 'db',
  dest_name_aggr: 'db',
  dest_ip: '10.0.0.2',
  dest_port: 5432,
  num_flows: 3,
  num_flows_started: 3,
  bytes_in: 100,
  bytes_out: 10,
  ...change,
})

let dir: string
let margay: Product
/** Unix seconds at which the server knew the cluster and no policy. */
let before: number

const waits = { timeout: 120_000, interval: 500 }
const cli = (...args: string[]): Promise<Ended> => margay.cli(args)
const json = async (...args: string[]) => JSON.parse((await cli(...args)).out) as readonly Json[]

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'margay-policy-server-'))
  mkdirSync(join(dir, 'objects'))
  mkdirSync(join(dir, 'new'))
  writeFileSync(join(dir, 'objects', 'cluster.yaml'), cluster)
  writeFileSync(join(dir, 'new', 'db.yaml'), onlyWeb)
  margay = await startProduct(['--inventory', join(dir, 'objects')])
  await vi.waitUntil(async () => (await json('endpoints', '-o', 'json')).length === 3, waits)
  before = Math.floor(Date.now() / 1000)
  await margay.ingest(
    'flows',
    [
      flow({}),
      flow({ source_namespace: 'shop', source_name: 'web', source_name_aggr: 'web', source_ip: '10.0.0.1' }),
      flow({ action: 'deny', reporter: 'dst', counts: false, dest_port: 22 }),
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  )
})

afterAll(async () => {
  await margay.remove()
  rmSync(dir, { recursive: true, force: true })
})

const probing = ['policy', 'explain', '--from', 'ops/probe', '--to', 'shop/db:sql'] as const

describe('before there is a policy', () => {
  it('explain says so, with exit codes as on files', async () => {
    const { code, out, err } = await cli(...probing)
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(
      [
        'ops/probe to shop/db, tcp port 5432: allowed',
        'egress from ops/probe: no policy decides; profile kns.ops allows',
        'ingress to shop/db: no policy decides; profile kns.shop allows',
        '',
      ].join('\n'),
    )
    expect((await cli(...probing, '--expect', 'deny')).code).toBe(1)
  })

  it('simulate judges the recorded traffic, and its exit code tells of a loss', async () => {
    const { code, out, err } = await cli('policy', 'simulate', join(dir, 'new'))
    expect([code, err]).toEqual([1, 'margay: 1 flow that passed would be denied\n'])
    expect(out).toContain('### Policy change: **1 newly denied**')
    expect(out).toContain('| newly denied | ops/probe → shop/db:5432 tcp | 3 conn, 110 B |')
    const narrow = await cli('policy', 'simulate', join(dir, 'new'), '-q', 'source_namespace: shop', '-o', 'json')
    expect([narrow.code, JSON.parse(narrow.out)]).toMatchObject([0, { changes: [], totals: { same: { flows: 1 } } }])
  })

  it('lists endpoints in the forms of kubectl', async () => {
    const { out } = await cli('endpoints', '--denied')
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAMESPACE', 'NAME', 'IP', 'NODE', 'OPEN', 'DENIED', 'POLICIES'],
      ['ops', 'probe', '10.0.0.3', 'n1', 'ingress,egress', expect.stringContaining('3'), '–'],
      ['shop', 'db', '10.0.0.2', 'n1', 'ingress,egress', expect.stringContaining('3'), '–'],
      [''],
    ])
    expect((await cli('endpoints', '-l', 'app in (web, db)', '-o', 'name')).out).toBe('pod/db\npod/web\n')
    expect(parse((await cli('endpoints', 'probe', '-o', 'yaml')).out)).toMatchObject([{ name: 'probe', node: 'n1' }])
    expect((await cli('endpoints', '-o', 'wide')).out).toContain('app=probe')
  })

  it('lists nodes', async () => {
    expect(await json('nodes', '-o', 'json')).toMatchObject([{ name: 'n1', endpoints: 3, agent: { state: 'absent' } }])
    expect((await cli('nodes', '--since', '1h')).out).toMatch(/^NAME +STATUS +AGENT/)
  })
})

describe('once a policy is there', () => {
  beforeAll(async () => {
    // The second in which the server knew none must be over.
    await vi.waitUntil(() => Math.floor(Date.now() / 1000) > before, waits)
    writeFileSync(join(dir, 'objects', 'db.yaml'), onlyWeb)
    await vi.waitUntil(async () => (await cli(...probing, '--expect', 'deny')).code === 0, waits)
  })

  it('explain tells what denies and what would admit it, and that it was not so before', async () => {
    const { out } = await cli(...probing)
    expect(out).toContain('shop/db, tcp port 5432: denied\n')
    expect(out).toContain(
      '  to admit it: add an ingress rule in shop/db: allow tcp from namespace = ops and app = probe',
    )
    const past = async () => (await cli(...probing, '--at', String(before), '--expect', 'allow')).code
    await expect.poll(past, waits).toBe(0)
    const then = await cli(...probing, '--at', String(before))
    expect(then.out).toMatch(/tcp port 5432: allowed\n[^]*as of /)
  })

  it('list tells of it, now and then', async () => {
    expect(await json('policy', 'list', '-o', 'json')).toMatchObject([
      { id: 'knp~shop~db', kind: 'NetworkPolicy', tier: 'default', selects: 1 },
    ])
    expect((await cli('policy', 'list', '-o', 'name')).out).toBe('networkpolicy.networking.k8s.io/db\n')
    expect((await cli('policy', 'list')).out).toMatch(
      /^TIER +ORDER +KIND[^]*\ndefault +1000 +NetworkPolicy +shop +db +1 /,
    )
    expect(await cli('policy', 'list', '--at', String(before))).toMatchObject({
      code: 0,
      out: '',
      err: 'nothing found\n',
    })
  })

  it('endpoints tells whom it selects', async () => {
    expect((await cli('policy', 'endpoints', 'shop/db', '-o', 'name')).out).toBe('pod/db\n')
    expect((await cli('endpoints', '--open', 'ingress', '-o', 'name')).out).toBe('pod/probe\npod/web\n')
  })

  it('a record is explained by the objects of its own time, and the past by none where nobody knew any', async () => {
    const record = flow({ start_time: before, end_time: before, action: 'deny' })
    const { code, out } = await margay.cli(['policy', 'explain', '--record', '-'], { input: JSON.stringify(record) })
    expect(code).toBe(0)
    expect(out).toContain('tcp port 5432: allowed\n')
    expect(out).toContain('recorded as denied\n')
    expect(out).toContain('recorded as deny, while the policies of the moment say allow\n')
    const early = await cli(...probing, '--at', '2d')
    expect(early.code).toBe(2)
    expect(early.err).toContain('no object of the cluster is known of the moment')
  })

  it('removing it is simulated by its id', async () => {
    const { code, out } = await cli('policy', 'simulate', '--remove', 'knp~shop~db')
    expect([code, out]).toEqual([0, expect.stringContaining('newly allowed')])
  })
})

describe('commands that cannot be meant', () => {
  it.each<[readonly string[], string]>([
    [['policy', 'explain', '--from', 'shop/web'], '--to is missing; write --from shop/web --to shop/db:5432'],
    [[...probing, '--policies', '.', '--at', '1h'], '--at asks the server, and --policies reads files'],
    [[...probing, '--pods', 'pods.yaml'], '--pods goes with --policies'],
    [[...probing, '--at', 'yesterday'], 'cannot read the time "yesterday"'],
    [[...probing, '--at', '2999-01-01'], '--at 2999-01-01 is after now'],
    [['policy', 'explain', '--from', 'nobody', '--to', 'shop/db:1'], 'cannot read source "nobody"'],
    [['policy', 'explain', '--from', 'ops/probe', '--to', 'shop/db:http'], 'no tcp port "http" at shop/db'],
    [['policy', 'simulate'], 'nothing changes: name a file or directory of policies'],
    [['policy', 'simulate', 'a', 'b'], 'OLD and NEW want --flows FILE'],
    [
      ['policy', 'simulate', 'a', 'b', '--flows', 'f', '--since', '1h'],
      '--since asks the server, and --flows reads files',
    ],
    [['endpoints', '-l', 'app=('], 'labels: parse selector'],
  ])('%j', async (args, words) => {
    const { code, err } = await cli(...args)
    expect([code, err]).toEqual([2, expect.stringContaining(words)])
  })

  it('a server that is not there is told with exit code 3', async () => {
    const { code, err } = await cli('--server', 'http://127.0.0.1:1', 'policy', 'list')
    expect([code, err]).toEqual([3, expect.stringContaining('no Margay server answers at')])
  })
})

describe('what --help shows', () => {
  it.each([['policy', 'list'], ['policy', 'endpoints'], ['policy', 'explain'], ['endpoints'], ['nodes']])(
    'runs as written: margay %s %s',
    async (...words) => {
      const { out } = await cli(...words, '--help')
      const [section = ''] = out.split(/\nExamples:\n/).slice(words[1] === 'explain' ? 0 : 1)
      const commands = section
        .split('\n')
        .flatMap((line) => /^ {2}margay ((?:policy|endpoints|nodes)[^|]*)$/.exec(line)?.[1] ?? [])
      expect(commands.length).toBeGreaterThanOrEqual(2)
      for (const command of commands) {
        const args = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
        // Nobody knows the past of this server, nor the policy of the example.
        const isUnknown = args.includes('threats') || (args.includes('--at') && words[1] === 'explain')
        expect([command, (await cli(...args)).code]).toEqual([command, isUnknown ? 2 : 0])
      }
    },
  )
})
