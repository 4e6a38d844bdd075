// `margay policy explain`, against known-faults D1, D2 and D5: the verdict, why, and what it cannot tell.
import { beforeEach, describe, expect, it } from 'vitest'
import { usePolicyFolder } from './folder.ts'
import { cluster, fromApp, networkPolicy, pod, yaml } from './objects.ts'

const { policy, shell, write } = usePolicyFolder()

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
        out: expect.stringContaining('rule 0 of shop/q allows it'),
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
    expect(denied.out).toContain('tier default isolates it by shop/p and shop/q')
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
