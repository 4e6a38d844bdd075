// `margay policy simulate`: what a change of policies would do to flows that were seen.
import { mkdirSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { usePolicyFolder } from './folder.ts'
import { cluster, db, end, fromApp, ndjson, networkPolicy, row, seen, yaml } from './objects.ts'

const { path, policy, write } = usePolicyFolder()

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
        '| newly denied | ops/probe → shop/db:5432 tcp | was ingress: tier default: rule 0 of shop/db allows it (allow everything); now ingress: tier default isolates it by shop/db; no rule matches, the end of tier default denies |',
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
    mkdirSync(path('none'))
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
