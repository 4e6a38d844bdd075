// `margay policy recommend`: policies made from flows, tried against the flows that they were made from.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { usePolicyFolder } from './folder.ts'
import { cluster, db, end, ndjson, outside, probe, row, seen, web, yaml } from './objects.ts'
import type { Row } from './objects.ts'

const { path, policy, shell, write } = usePolicyFolder()

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

  it('admits nothing else: another port, another direction', async () => {
    write({ 'flows.ndjson': ndjson(seen), 'pods.yaml': yaml(...cluster) })
    await recommendAndTry('flows.ndjson')
    const asked = [
      ['shop/web', 'shop/db:22'],
      ['shop/db', 'shop/web:5432'],
      ['shop/web', 'ops/probe:443'],
    ] as const
    const verdicts = asked.map(async ([from, to]) => {
      const args = ['--policies', 'recommended', '--pods', 'pods.yaml', '--from', from, '--to', to, '-o', 'json']
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
    const rows = readFileSync(path('flows.ndjson'), 'utf8')
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
