// Why a flow is allowed or denied, asked of the server: now, of the past, and of records.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PolicyExplainRequest, PolicyExplanation } from '@margay/wire'
import { goneTitle } from '../judge/gone.ts'
import type { ObjectVersion } from '../objects/object-row.ts'
import { rowOfVersion } from '../objects/object-row.ts'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'
import type { Unseen } from '../kubernetes/index.ts'

const now = 1_793_000_600
const started = now - 7200
const changed = now - 1800

const objects = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: ops } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: web-1-a, labels: { app: web }, ownerReferences: [{ kind: StatefulSet, name: web, controller: true }] }, spec: { nodeName: n1 }, status: { podIP: 10.0.0.1 } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: web-1-b, labels: { app: web }, ownerReferences: [{ kind: StatefulSet, name: web, controller: true }] }, spec: { nodeName: n1 }, status: { podIP: 10.0.0.4 } }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: db, labels: { app: db } }
spec: { nodeName: n1, containers: [{ name: db, ports: [{ name: sql, containerPort: 5432 }] }] }
status: { podIP: 10.0.0.2 }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: ops, name: probe, labels: { app: probe } }, spec: { nodeName: n2 }, status: { podIP: 10.0.0.3 } }
---
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: { namespace: shop, name: close }
spec: { selector: "app == 'web'", types: [Ingress], ingress: [] }
`

const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: sql }] }]
`

/** A pod that was there once. */
const gone: ObjectVersion = {
  object: {
    uid: 'gone',
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'shop',
    name: 'gone',
    labels: {},
    document: { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'shop', name: 'gone' } },
  },
  origin: 'kubernetes',
  change: 'deleted',
  time: started - 100,
  sequence: 1,
}

let api: TestApi

beforeAll(async () => {
  api = await openTestApi({ now })
  api.objects.apply(objects, started)
  api.objects.apply(policy, changed)
  await api.store('objects', [rowOfVersion(gone, 'test')])
})

afterAll(() => api.close())

const explain = (body: PolicyExplainRequest): Promise<PolicyExplanation> => api.post('policyExplain', body)

const probing = { source: 'ops/probe', destination: 'shop/db', port: 5432 }

describe('a flow', () => {
  it('is explained with sentences, the deciding policy, the trace and what would admit it', async () => {
    const answer = await explain(probing)
    expect(answer.text).toBe(
      [
        'ops/probe to shop/db, tcp port 5432: denied',
        'egress from ops/probe: no policy decides; profile kns.ops allows',
        'ingress to shop/db: tier default isolates it by shop/db; rule 0 wants namespace = shop, ops/probe carries namespace = ops and wants app = web, ops/probe carries app = probe; no rule matches, the end of tier default denies',
        '  to admit it: add an ingress rule in shop/db: allow tcp from namespace = ops and app = probe to port 5432',
      ].join('\n'),
    )
    expect(answer).toMatchObject({
      at: now,
      verdict: 'deny',
      evidence: 'evaluated',
      mode: 'enforced',
      unknown: [],
      missing: [],
    })
    expect(answer.source).toEqual({ words: 'ops/probe', pod: 'ops/probe', labels: { app: 'probe' } })
    expect(answer.directions[1]).toMatchObject({
      direction: 'ingress',
      verdict: 'deny',
      decision: { by: 'end-of-tier', tier: 'default', policies: ['knp~shop~db'] },
      trace: [
        {
          text: '0|default|shop/knp.default.db|deny|-1',
          policy: 'knp~shop~db',
          words: 'tier default, policy db, no rule matched, tier default',
        },
      ],
      fix: { kind: 'rule' },
    })
  })

  it('is explained as of a past moment, before the policy was there', async () => {
    expect(await explain({ ...probing, at: changed - 1 })).toMatchObject({ at: changed - 1, verdict: 'allow' })
    expect((await explain({ ...probing, at: changed })).verdict).toBe('deny')
  })

  it('takes the name of a port, an address for a pod, and a workload for one of its pods, which it says', async () => {
    const answer = await explain({ source: 'shop/web', destination: '10.0.0.2', port: 5432 })
    expect(answer).toMatchObject({
      verdict: 'allow',
      source: { pod: 'shop/web-1-a' },
      destination: { address: '10.0.0.2' },
    })
    expect(answer.notes).toEqual(['shop/web is a StatefulSet of 2 pods; judged as web-1-a'])
    expect(answer.directions[1]?.decision).toMatchObject({
      by: 'rule',
      rule: 0,
      ruleWords: 'allow tcp from namespace = shop and app = web to port sql',
    })
    expect((await explain({ ...probing, port: 'sql' })).port).toBe(5432)
  })

  it('counts staged policies where it is asked to', async () => {
    const flow = { source: 'ops/probe', destination: 'shop/web-1-a', port: 80 }
    expect((await explain(flow)).verdict).toBe('allow')
    expect(await explain({ ...flow, pending: true })).toMatchObject({ verdict: 'deny', mode: 'pending' })
  })

  it('of a pod that is not there any more is not guessed: the missing fact is named', async () => {
    const answer = await explain({ source: 'shop/gone', destination: 'shop/db', port: 5432 })
    expect(answer).toMatchObject({ verdict: 'unknown', evidence: 'unknown' })
    expect(answer.missing).toEqual([{ kind: 'endpoint', text: 'labels of pod shop/gone' }])
    expect(answer.source).not.toHaveProperty('labels')
  })

  it.each<[PolicyExplainRequest, string, string]>([
    [{ ...probing, source: 'probe' }, 'bad_request', 'cannot read source "probe"'],
    [{ ...probing, protocol: 'tpc' }, 'bad_request', 'unknown protocol "tpc"'],
    [{ ...probing, port: 'http' }, 'bad_request', 'no tcp port "http" at shop/db'],
    [{ source: 'ops/probe', destination: 'shop/db' }, 'bad_request', 'port is missing'],
    [{ ...probing, protocol: 'icmp' }, 'bad_request', 'icmp has no ports'],
    [{ ...probing, at: now + 1 }, 'bad_request', 'is after now'],
    [{ ...probing, at: started - 1 }, 'no_objects', 'no object of the cluster is known of the moment'],
  ])('that cannot be asked about is refused with a reason: %j', async (body, code, detail) => {
    expect(await api.refused('policyExplain', { body })).toMatchObject({
      code,
      detail: expect.stringContaining(detail),
    })
  })
})

const record = {
  start_time: now - 300,
  end_time: now - 290,
  action: 'deny',
  reporter: 'dst',
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
}

describe('a record', () => {
  it('is explained by the objects of its own time, with what was observed beside what is evaluated', async () => {
    const policies = { enforced_policies: ['0|default|shop/knp.default.db|deny|-1'] }
    const answer = await explain({ record: { ...record, policies, evidence: 'observed' } })
    expect(answer).toMatchObject({ at: now - 300, verdict: 'deny', evidence: 'observed', notes: [] })
    expect(answer.recorded).toMatchObject({
      verdict: 'deny',
      reporter: 'dst',
      evidence: 'observed',
      agrees: true,
      trace: [{ policy: 'knp~shop~db', rule: 'none' }],
    })
  })

  it('that differs from what its policies say shows both', async () => {
    const before = { start_time: changed - 100, end_time: changed - 90 }
    const answer = await explain({ record: { ...record, ...before, evidence: 'observed' } })
    expect(answer).toMatchObject({
      at: changed - 100,
      verdict: 'deny',
      evidence: 'observed',
      recorded: { agrees: false },
    })
    expect(answer.directions[1]?.verdict).toBe('allow')
    expect(answer.notes).toEqual(['recorded as deny, while the policies of the moment say allow'])
  })

  it('in whose interval the policy came is explained by the objects of its end, which it says', async () => {
    const answer = await explain({ record: { ...record, start_time: changed - 5, end_time: changed + 5 } })
    expect(answer).toMatchObject({ at: changed + 5, verdict: 'deny', recorded: { agrees: true } })
    expect(answer.notes).toEqual(['objects changed within the interval of the record; these are those of its end'])
  })

  it('of the source alone says what its own side saw; the whole is evaluated', async () => {
    const answer = await explain({ record: { ...record, action: 'allow', reporter: 'src', evidence: 'observed' } })
    expect(answer).toMatchObject({
      verdict: 'deny',
      evidence: 'evaluated',
      recorded: { verdict: 'allow', agrees: true },
    })
  })

  it('whose pod is aggregated away is judged as the pod with its address, or as one of the workload', async () => {
    const aggregated = {
      ...record,
      action: 'allow',
      source_namespace: 'shop',
      source_name: '-',
      source_name_aggr: 'web-1-*',
    }
    expect((await explain({ record: { ...aggregated, source_ip: '10.0.0.4' } })).source.pod).toBe('shop/web-1-b')
    const { source_ip: _, ...bare } = aggregated
    const answer = await explain({ record: bare })
    expect([answer.source.pod, answer.verdict]).toEqual(['shop/web-1-a', 'allow'])
    expect(answer.notes).toEqual(['the record names only shop/web-1-*; judged as web-1-a, one of 2'])
  })

  it('is explained by the names that its client asked for, and by those that they led to', async () => {
    const byName =
      "{ apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: { namespace: ops, name: out }, spec: { selector: app == 'probe', types: [Egress], egress: [{ action: Allow, destination: { domains: ['*.s3.example'] } }] } }"
    api.objects.apply(byName, now - 200)
    const place = {
      dest_type: 'net',
      dest_namespace: '-',
      dest_name: '-',
      dest_name_aggr: 'pub',
      dest_ip: '203.0.113.7',
    }
    const outside = { ...record, ...place, start_time: now - 100, end_time: now - 90, reporter: 'src', action: 'allow' }
    const asked = { ...outside, dest_domains: ['bucket.test'] }
    const answer = await explain({ record: { ...asked, dest_domain_aliases: ['bucket.s3.example'] } })
    expect(answer).toMatchObject({
      verdict: 'allow',
      destination: { domains: ['bucket.test'], aliases: ['bucket.s3.example'] },
    })
    expect(answer.directions[0]?.sentence).toContain('; 203.0.113.7 is bucket.s3.example, by CNAME from bucket.test')
    expect((await explain({ record: asked })).verdict).toBe('deny')
    expect((await explain({ record: outside })).verdict).toBe('unknown')
  })

  it('whose peer had the address of a pod that is gone is not taken for one from outside (D5)', async () => {
    const stranger = { source_type: 'net', source_namespace: '-', source_name: '-', source_name_aggr: 'pvt' }
    const unseen = { ...record, ...stranger, source_ip: '10.0.0.9', evidence: 'observed' }
    const missing = { evidence_missing: [`labels of ${goneTitle('10.0.0.9')} not known`] }
    const answer = await explain({ record: { ...unseen, ...missing } })
    const cannotTell = { verdict: 'unknown', decision: { by: 'missing-fact' }, trace: [] }
    expect(answer.directions).toMatchObject([cannotTell, cannotTell])
    expect(answer.missing.map(({ text }) => text).join()).toContain('the pod that had 10.0.0.9')
    expect(answer.source.words).toBe('the pod that had 10.0.0.9')
    // Of another address nothing is said.
    const [other] = (await explain({ record: { ...unseen, ...missing, source_ip: '10.0.0.99' } })).directions
    expect(other?.verdict).toBe('deny')
  })

  it('of a time of which no object is known speaks for itself', async () => {
    const policies = { enforced_policies: ['0|default|shop/knp.default.db|deny|-1'] }
    const then = { start_time: started - 100, end_time: started - 90 }
    const answer = await explain({ record: { ...record, ...then, policies } })
    expect(answer).toMatchObject({
      objects: 0,
      verdict: 'deny',
      evidence: 'observed',
      directions: [],
      recorded: { evidence: 'observed', evidenceSource: 'record', trace: [{ name: 'db' }] },
    })
    expect(answer.recorded).not.toHaveProperty('agrees')
    expect(answer.unknown).toHaveLength(1)
    expect((await explain({ record: { ...record, ...then } })).evidence).toBe('unknown')
  })

  it('that is none is refused by field', async () => {
    const problem = await api.refused('policyExplain', { body: { record: { ...record, dest_port: 'x' } } })
    expect(problem.detail).toContain('dest_port')
  })
})

describe('ends that nobody knows', () => {
  it.each([
    [{ source: 'nope/x', destination: 'shop/db', port: 1 }, 'the cluster of that moment has no namespace "nope"'],
    [{ source: 'shop/db', destination: 'shop/web' }, 'port is missing; tcp has one'],
  ])('%j is refused', async (body, detail) =>
    expect((await api.refused('policyExplain', { body })).detail).toContain(detail),
  )

  it('are noted where their namespace is known', async () =>
    expect((await explain({ ...probing, source: 'shop/gone' })).notes).toEqual([
      'no pod and no workload shop/gone is known of that moment',
    ]))
})

describe('what is not known of a record', () => {
  it('is not held against the policies where nobody saw a verdict', async () => {
    const answer = await explain({ record: { ...record, action: 'allow', evidence: 'unknown' } })
    expect(answer).toMatchObject({ verdict: 'deny', evidence: 'evaluated', notes: [] })
    expect(answer.recorded).not.toHaveProperty('agrees')
  })

  it('is who had an address of a node’s pods, once the pod is gone', async () => {
    const other = await openTestApi({ now })
    other.objects.apply(objects, started)
    other.objects.apply(policy, changed)
    const gone = { source: '10.0.0.77', destination: 'shop/db', port: 5432 }
    const outside = await other.post('policyExplain', gone)
    other.objects.apply(
      '{ apiVersion: v1, kind: Node, metadata: { name: n1 }, spec: { podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24] } }',
      changed + 1,
    )
    const inside = await other.post('policyExplain', gone)
    await other.close()
    expect(outside.verdict).toBe('deny')
    expect([inside.verdict, new Set(inside.missing.map(({ kind }) => kind))]).toEqual([
      'unknown',
      new Set(['endpoint']),
    ])
  })

  it('is not who a node is, whichever of its addresses it has: a bridge’s lies among the pods’', async () => {
    const other = await openTestApi({ now })
    other.objects.apply(objects, started)
    other.objects.apply(policy, started)
    other.objects.apply(
      '{ apiVersion: v1, kind: Node, metadata: { name: n1 }, spec: { podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24] } }',
      started,
    )
    const probed = async (host: string, ip: string) => {
      const node = {
        source_type: 'hep',
        source_namespace: '-',
        source_name: host,
        source_name_aggr: host,
        source_ip: ip,
      }
      const answer = await other.post('policyExplain', { record: { ...record, ...node, action: 'allow' } })
      return [answer.verdict, answer.directions[0]?.decision.by, answer.source.words]
    }
    const answers = [
      await probed('n1', '10.0.0.254'),
      await probed('n1', '127.0.0.1'),
      await probed('n2', '10.0.0.254'),
    ]
    await other.close()
    expect(answers).toEqual([
      ['allow', 'exemption', 'node n1'],
      ['allow', 'exemption', 'node n1'],
      ['deny', 'end-of-tier', 'node n2'],
    ])
  })

  it('is what a policy that cannot be read selects, which is said where it may be an end', async () => {
    const other = await openTestApi({ now })
    other.objects.apply(objects, started)
    other.objects.apply(
      '{ apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: { namespace: shop, name: bad }, spec: { selector: "app ==", types: [Ingress] } }',
      changed,
    )
    const note = async (source: string, destination: string) =>
      (await other.post('policyExplain', { source, destination, port: 80 })).notes
    const notes = [await note('ops/probe', 'shop/db'), await note('ops/probe', '203.0.113.9')]
    await other.close()
    expect(notes).toEqual([
      [expect.stringMatching(/^NetworkPolicy shop\/bad cannot be read and is left out \(spec\.selector: /)],
      [],
    ])
  })
})

describe('where kinds of objects were never read', () => {
  const refused = (kind: string, resource: string, group = 'projectcalico.org'): Unseen => ({
    kind,
    group,
    what: `${resource}.${group}`,
    why: 'this server is not allowed to read them',
    hint: `add to the rules of this server's ClusterRole:\n- apiGroups: ["${group}"]`,
  })
  let blind: readonly Unseen[] = []
  let other: TestApi
  beforeAll(async () => {
    other = await openTestApi({ now, deps: { unseen: () => blind } })
    other.objects.apply(objects, started)
    other.objects.apply(policy, changed)
  })
  afterAll(() => other.close())

  const asked = async (unread: readonly Unseen[], body: PolicyExplainRequest) => {
    blind = unread
    return other.post('policyExplain', body)
  }
  const global = refused('GlobalNetworkPolicy', 'globalnetworkpolicies')
  const allowed = { source: 'shop/web-1-a', destination: 'shop/db', port: 5432 }

  it('is not told what one of them could decide otherwise; it is named, with the rule to add', async () => {
    const answer = await asked([global], allowed)
    expect(answer).toMatchObject({
      verdict: 'unknown',
      evidence: 'unknown',
      headline: 'shop/web-1-a to shop/db, tcp port 5432: cannot tell',
      missing: [
        { kind: 'objects', text: 'globalnetworkpolicies.projectcalico.org: this server is not allowed to read them' },
      ],
      unknown: [
        {
          what: 'globalnetworkpolicies.projectcalico.org',
          why: 'this server is not allowed to read them',
          hint: expect.stringContaining('apiGroups: ["projectcalico.org"]') as string,
        },
      ],
    })
    expect(answer.directions.map(({ verdict, decision }) => [verdict, decision.by])).toEqual([
      ['unknown', 'missing-fact'],
      ['unknown', 'missing-fact'],
    ])
    expect(answer.directions[1]!.sentence).toMatch(
      /^ingress cannot be told \(globalnetworkpolicies.*\); by what was read: ingress to shop\/db: /,
    )
    expect(answer.text).toContain('- apiGroups: ["projectcalico.org"]')
  })

  it.each<[string, Unseen, PolicyExplainRequest, string]>([
    ['staged policies, of what is enforced', refused('StagedNetworkPolicy', 'stagednetworkpolicies'), allowed, 'allow'],
    [
      'staged policies, of what would be',
      refused('StagedNetworkPolicy', 'stagednetworkpolicies'),
      { ...allowed, pending: true },
      'unknown',
    ],
    ['network sets, between pods', refused('GlobalNetworkSet', 'globalnetworksets'), allowed, 'allow'],
    [
      'network sets, from outside',
      refused('GlobalNetworkSet', 'globalnetworksets'),
      { ...allowed, source: '203.0.113.9' },
      'unknown',
    ],
    ['host endpoints, between pods', refused('HostEndpoint', 'hostendpoints'), allowed, 'allow'],
  ])('tells what they cannot touch: %s', async (_, unread, body, verdict) =>
    expect((await asked([unread], body)).verdict).toBe(verdict),
  )

  it('believes what was observed, and what was read at a past moment', async () => {
    const observed = { ...record, evidence: 'observed' }
    expect((await asked([global], { record: observed })).verdict).toBe('deny')
    const networkPolicy = refused('NetworkPolicy', 'networkpolicies', 'networking.k8s.io')
    expect((await asked([networkPolicy], { ...allowed, at: changed })).verdict).toBe('allow')
    expect((await asked([networkPolicy], { ...allowed, at: changed - 1 })).verdict).toBe('unknown')
    expect((await asked([networkPolicy], allowed)).verdict).toBe('unknown')
  })

  it('says so beside every list of objects', async () => {
    blind = [global]
    expect((await other.get('policies')).unknown.map(({ what }) => what)).toEqual([global.what])
    expect((await other.get('endpoints')).unknown.map(({ what }) => what)).toEqual([global.what])
  })
})
