// Verdicts of rows that come through the real interner: which trace which reporter carries, what counts as evidence, what an
// edit changes and what it leaves, and what is said where a fact is missing.
import { describe, expect, it } from 'vitest'
import type { JudgedCluster, Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import {
  cluster,
  dbFromWeb,
  enforced,
  interval,
  nobody,
  now,
  onlyWeb,
  pending,
  pod,
  policy,
  profile,
  src,
  staged,
  verdict,
  webTo,
  webToDb,
} from '../testing/shop-cluster.ts'

describe('a report', () => {
  it('carries its own direction: egress at the source, ingress at the destination', () => {
    const { row } = createJudgedCluster(
      `${cluster}\n---${policy('to-db', onlyWeb)}\n---${policy('out', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}')}`,
      now,
    )
    expect(enforced(row(webToDb()))).toEqual(['0|default|shop/knp.default.out|allow|0'])
    expect(enforced(row(dbFromWeb()))).toEqual(['0|default|shop/knp.default.to-db|allow|0'])
    expect(verdict(row(dbFromWeb()))).toEqual(['allow', 'evaluated', 'evaluated'])
  })
  it('of an end under no policy has the profile, and of an end outside nothing', () => {
    const { row } = createJudgedCluster(cluster, now)
    expect(enforced(row(webToDb()))).toEqual([profile])
    const fromOutside = dbFromWeb({}, { ...interval(now), source_ip: '203.0.113.9' })
    expect([enforced(row(fromOutside)), row(fromOutside)['peer_verdict']]).toEqual([[profile], undefined])
  })
  it('is not judged before anybody told of an object', () => {
    const { row } = createJudgedCluster(cluster, now)
    expect(row(webToDb())['evidence']).toBe('evaluated')
    const empty = createJudgedCluster('', now)
    expect(verdict(empty.row(webToDb()))).toEqual(['allow', 'unknown', undefined])
  })
  it('inside one network namespace is left as it is', () => {
    const { row } = createJudgedCluster(`${cluster}\n---${policy('p', nobody)}`, now)
    expect(row(webToDb({ local: true }))['policies.enforced_policies']).toBeUndefined()
  })
  it('with a trace of its own keeps it', () => {
    const own = { 'policies.enforced_policies': ['0|default|shop/default.theirs|allow|0'], evidence: 'observed' }
    const { row } = createJudgedCluster(cluster, now)
    expect(row(webToDb(own))).toMatchObject(own)
  })
})

describe('D5: a denial that nobody wrote', () => {
  const two = `${cluster}\n---${policy('p', nobody)}\n---${policy('q', nobody.replace('}}', '}}, ingress: [{from: [{podSelector: {matchLabels: {app: other}}}]}]'))}`
  const failed = { outcome: 'unanswered' }

  it('is the end of the tier, with rule index -1, and credits both policies that isolate', () => {
    const { row, judge } = createJudgedCluster(two, now)
    const denied = row(dbFromWeb({ action: 'deny', outcome: 'dropped', drop_reason: 'NETFILTER_DROP' }))
    expect(enforced(denied)).toEqual(['0|default|shop/knp.default.q|deny|-1'])
    expect(verdict(denied)).toEqual(['deny', 'observed', 'drop'])
    const credits = [...judge.takeCounts().values()]
      .flatMap((counted) => [...counted.keys()])
      .flatMap((one) => one.credits)
    expect(credits.map(({ name, index, action }) => [name, index, action])).toEqual([
      ['p', 'none', 'deny'],
      ['q', 'none', 'deny'],
    ])
    expect(row(webToDb(failed))).toMatchObject({
      action: 'allow',
      peer_verdict: 'deny',
      'policies.enforced_policies': [profile],
    })
  })
  it('is unknown, with the fact named, when the object of the peer is gone', () => {
    const { row, remove } = createJudgedCluster(two, now - 100)
    remove('uid-web', now - 50)
    const gone = row(dbFromWeb({ outcome: 'established' }, interval(now)))
    expect(gone).toMatchObject({
      evidence: 'unknown',
      action: 'allow',
      evidence_missing: ['labels of the pod that had 10.244.1.2'],
      'policies.enforced_policies': [],
    })
    expect(gone['evidence_source']).toBeUndefined()
  })
  it("is unknown for an address of a node's pods that nobody ever named", () => {
    const node =
      '{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDRs: [10.244.1.0/24]}, status: {addresses: []}}'
    const { row } = createJudgedCluster(`${two}\n---\n${node}`, now)
    const from = (ip: string) => row(dbFromWeb({}, { ...interval(now), source_ip: ip }))
    expect(from('10.244.1.77')).toMatchObject({
      evidence: 'unknown',
      evidence_missing: ['labels of the pod at 10.244.1.77'],
    })
    expect(from('198.51.100.1')['evidence']).toBe('observed')
  })
  it('is unknown for a pod of the reporter that nobody named', () => {
    const { row } = createJudgedCluster(two, now)
    expect(row(dbFromWeb({ pod_uid: 'uid-new' }, { ...interval(now), dest_ip: '10.244.2.9' }))).toMatchObject({
      evidence: 'unknown',
      evidence_missing: ['who the pod with uid uid-new is'],
    })
  })
})

describe('a denial', () => {
  const denying = `${cluster}\n---${policy('out', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: cache}}}]}]}')}`
  const trace = ['0|default|shop/knp.default.out|deny|-1']

  it.each(['unanswered', 'refused'])(
    'is evaluated where the connection was %s and the policy of its moment denies',
    (outcome) => {
      const { row } = createJudgedCluster(denying, now)
      const denied = row(webToDb({ outcome }))
      expect([verdict(denied), enforced(denied)]).toEqual([['deny', 'evaluated', 'evaluated'], trace])
    },
  )
  it('is not said of a connection that got no answer and that every policy admits', () => {
    const { row } = createJudgedCluster(cluster, now)
    expect(verdict(row(webToDb({ outcome: 'unanswered' })))).toEqual(['allow', 'evaluated', 'evaluated'])
  })
  it('that an established connection contradicts is a disagreement: what was observed counts, both are kept and counted', () => {
    const { row, judge } = createJudgedCluster(denying, now)
    const both = row(webToDb())
    expect(verdict(both)).toEqual(['allow', 'observed', 'conntrack'])
    expect(enforced(both)).toEqual([])
    expect(both['evidence_conflict']).toBe(
      'observed allow (connection established), evaluated deny (0|default|shop/knp.default.out|deny|-1)',
    )
    expect(judge.state).toMatchObject({ conflicts: 1, judged: 1, lastConflict: both['evidence_conflict'] })
  })
  it('that no policy explains is a disagreement too', () => {
    const { row } = createJudgedCluster(cluster, now)
    const dropped = row(webToDb({ action: 'deny', outcome: 'dropped', drop_reason: 'NETFILTER_DROP' }))
    expect(verdict(dropped)).toEqual(['deny', 'observed', 'drop'])
    expect(dropped['evidence_conflict']).toBe(`observed deny (dropped by netfilter), evaluated allow (${profile})`)
  })
  it('of a policy that was made a moment ago is no disagreement: the node may not have it yet', () => {
    const { row, put } = createJudgedCluster(cluster, now - 100)
    put(policy('out', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}'), now - 5)
    const early = row(webToDb())
    expect([verdict(early), enforced(early), early['evidence_conflict']]).toEqual([
      ['allow', 'evaluated', 'evaluated'],
      [profile],
      undefined,
    ])
    const late = row(webToDb({}, interval(now + 60)))
    expect(late['evidence_conflict']).toContain('evaluated deny')
  })
  it('by the end of which only the other node knows is told beside an unanswered connection', () => {
    const { row } = createJudgedCluster(`${cluster}\n---${policy('p', nobody)}`, now)
    expect(row(webToDb({ outcome: 'unanswered' }))).toMatchObject({ action: 'allow', peer_verdict: 'deny' })
  })
})

describe('a drop on the way', () => {
  const drop = { action: 'deny', outcome: 'dropped', drop_reason: 'NETFILTER_DROP' }
  const onTheWay = (agent: string): Sent => ({
    agent,
    series: { ...src, reporter: 'fwd', direction: 'unknown', ...drop },
    rest: { source_ip: '10.244.1.2', dest_ip: '10.244.2.2', ...interval(now) },
  })
  const denied = `${cluster}\n---${policy('p', nobody)}`

  it("to a pod of the node, by the pod's policy, is the destination's report", () => {
    const { row } = createJudgedCluster(denied, now)
    expect(row(onTheWay('n2'))).toMatchObject({
      reporter: 'dst',
      direction: 'ingress',
      action: 'deny',
      evidence: 'observed',
      counts: true,
      'policies.enforced_policies': ['0|default|shop/knp.default.p|deny|-1'],
    })
  })
  it('that no policy explains stays on the way', () => {
    const { row } = createJudgedCluster(cluster, now)
    const seen = row(onTheWay('n2'))
    expect([seen['reporter'], seen['counts']]).toEqual(['fwd', false])
    expect(seen['evidence_conflict']).toContain('observed deny')
  })
  it("that the source of the same node saw is the destination's denial, and the source let it go", () => {
    const near = denied.replace("'n2'", "'n1'").replace('nodeName: n2', 'nodeName: n1')
    const { row } = createJudgedCluster(near, now)
    expect(row(webToDb(drop))).toMatchObject({ action: 'allow', evidence: 'evaluated', peer_verdict: 'deny' })
  })
})

describe('an edit of a policy', () => {
  const started = `${cluster}\n---${policy('to-db', onlyWeb)}`
  const admitted = ['0|default|shop/knp.default.to-db|allow|0']
  const shut = ['0|default|shop/knp.default.to-db|deny|-1']
  const live = (end: number, flows: number, begun: number, ended = 0, epoch = 'live'): Sent => ({
    ...dbFromWeb({}, interval(end, flows, begun, ended)),
    epoch,
  })
  const edited = (cluster: JudgedCluster) => cluster.put(policy('to-db', nobody, 2), now + 5)

  it('does not rewrite what decided a connection that runs on, and changes what would decide it now', () => {
    const it = createJudgedCluster(started, now)
    expect([enforced(it.row(live(now, 1, 1))), pending(it.row(live(now, 1, 0)))]).toEqual([admitted, admitted])
    edited(it)
    const after = it.row(live(now + 40, 1, 0))
    expect([enforced(after), pending(after), verdict(after)]).toEqual([
      admitted,
      shut,
      ['allow', 'evaluated', 'evaluated'],
    ])
    expect(after['evidence_conflict']).toBeUndefined()
  })
  it('decides connections that begin after it', () => {
    const it = createJudgedCluster(started, now)
    it.row(live(now, 1, 1, 1))
    edited(it)
    const after = it.row(live(now + 40, 1, 1))
    expect(after['evidence_conflict']).toContain('evaluated deny')
  })
  it('leaves rows of which the older connections are the greater part, until as many have ended', () => {
    const it = createJudgedCluster(started, now)
    const told = (end: number, flows: number, begun: number, ended: number) =>
      enforced(it.row(live(end, flows, begun, ended)))
    told(now, 3, 3, 0)
    it.put(
      policy('to-db', onlyWeb.replace('[{from', '[{from: [{podSelector: {matchLabels: {app: none}}}]}, {from'), 2),
      now + 5,
    )
    const second = ['0|default|shop/knp.default.to-db|allow|1']
    expect(told(now + 40, 4, 1, 0)).toEqual(admitted)
    expect(told(now + 50, 10, 7, 7)).toEqual(second)
    expect(told(now + 60, 3, 0, 0)).toEqual(second)
  })
  it('is told once the connections from before it have ended', () => {
    const it = createJudgedCluster(started, now)
    it.row(live(now, 2, 2, 0))
    edited(it)
    expect(enforced(it.row(live(now + 40, 2, 0, 2)))).toEqual(admitted)
    expect(it.row(live(now + 50, 1, 1))['evidence_conflict']).toContain('evaluated deny')
    expect(it.row(live(now + 60, 1, 0))['evidence_conflict']).toContain('evaluated deny')
  })
  it('is survived by a new epoch of the agent', () => {
    const it = createJudgedCluster(started, now)
    it.row(live(now, 1, 1))
    edited(it)
    expect(enforced(it.row(live(now + 40, 1, 0, 0, 'next')))).toEqual(admitted)
  })
  it('is seen by what is only shown, which changes nothing that is remembered', () => {
    const it = createJudgedCluster(started, now)
    it.row(live(now, 1, 1))
    edited(it)
    const delta = it.shown({ ...dbFromWeb({}, interval(now + 40, 1, 0)), epoch: 'delta' })
    expect([enforced(delta), pending(delta)]).toEqual([admitted, shut])
    expect(enforced(it.row(live(now + 41, 1, 0)))).toEqual(admitted)
  })
  it('of the labels of a pod is one too', () => {
    const it = createJudgedCluster(started, now)
    it.row(live(now, 1, 1))
    it.put(pod('shop/web', '10.244.1.2', 'n1').replace('app: web', 'app: renamed'), now + 5)
    const after = it.row(live(now + 40, 1, 0))
    expect([enforced(after), pending(after)]).toEqual([admitted, shut])
    expect(after['source_labels.labels']).toEqual(['app=renamed'])
  })
  it('of a block that tells addresses apart keeps what decided the connections that it now tells apart', () => {
    const it = createJudgedCluster(cluster, now)
    const out = (end: number, flows: number, begun: number): Sent => ({
      ...webTo('198.51.100.7', {}, interval(end, flows, begun)),
      epoch: 'out',
    })
    expect(enforced(it.row(out(now, 1, 1)))).toEqual([profile])
    const blocks = '{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [198.51.100.0/24]}}]}'
    it.put(
      policy('blocks', `{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [${blocks}]}`),
      now + 5,
    )
    const after = it.row(out(now + 40, 1, 0))
    expect([enforced(after), pending(after)]).toEqual([[profile], ['0|default|shop/knp.default.blocks|deny|-1']])
  })
})

describe('staged policies', () => {
  const both = `${cluster}\n---${policy('to-db', onlyWeb)}\n---${staged('stricter', nobody.replace('}}', '}}, ingress: []'))}`

  it('show in the pending trace alone, and decide nothing', () => {
    const { row } = createJudgedCluster(`${cluster}\n---${staged('stricter', nobody)}`, now)
    const seen = row(dbFromWeb())
    expect([verdict(seen), enforced(seen)]).toEqual([['allow', 'evaluated', 'evaluated'], [profile]])
    expect(pending(seen)).toEqual(['0|default|shop/staged:knp.default.stricter|deny|-1'])
  })
  it('are judged on flows of any engine, beside what is enforced', () => {
    const { row } = createJudgedCluster(both, now)
    expect(enforced(row(dbFromWeb()))).toEqual(['0|default|shop/knp.default.to-db|allow|0'])
  })
})

describe('addresses outside', () => {
  const blocks = `${cluster}\n---${policy('out', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.128/25]}}]}]}')}`
  const failed = { outcome: 'unanswered' }

  it('of one series are told apart by the blocks of policies, and by nothing else', () => {
    const { row, judge } = createJudgedCluster(blocks, now)
    const to = (ip: string) => row({ ...webTo(ip, failed), epoch: 'one' })['action']
    expect(['198.51.100.1', '198.51.100.200', '203.0.113.1', '198.51.100.2', '203.0.113.2'].map(to)).toEqual([
      'allow',
      'deny',
      'deny',
      'allow',
      'deny',
    ])
    expect(judge.state.standings).toBe(3)
  })
  it('however many they are, cost as many standings as there are blocks', () => {
    const { row, judge } = createJudgedCluster(blocks, now)
    for (let last = 1; last < 250; last++) row({ ...webTo(`203.0.113.${last}`, failed), epoch: 'one' })
    expect([judge.state.standings, judge.places.size]).toEqual([1, 2])
  })
})

describe('rows that come late', () => {
  const late = (at: number) => dbFromWeb({ outcome: 'established' }, interval(at))
  it('are judged by the policies of their moment, and would be decided by those of now', () => {
    const it = createJudgedCluster(`${cluster}\n---${policy('to-db', onlyWeb)}`, now)
    it.put(policy('to-db', nobody, 2), now + 1_000)
    it.put(policy('to-db', onlyWeb.replace('app: web', 'app: other'), 3), now + 2_000)
    it.setNow(now + 4_000)
    const then = it.row(late(now + 500))
    expect([enforced(then), then['evidence_conflict']]).toEqual([
      ['0|default|shop/knp.default.to-db|allow|0'],
      undefined,
    ])
    expect(pending(then)).toEqual(['0|default|shop/knp.default.to-db|deny|-1'])
    expect(it.row(late(now + 1_500))['evidence_conflict']).toContain('evaluated deny')
  })
  it('of a time whose policies are not held any more are unknown, and say so', () => {
    const it = createJudgedCluster(`${cluster}\n---${policy('to-db', onlyWeb)}`, now)
    it.put(policy('to-db', nobody, 2), now + 10)
    it.setNow(now + 10_000)
    it.trim()
    expect(it.row(late(now))).toMatchObject({
      evidence: 'unknown',
      evidence_missing: ['policies of that moment: they are kept for two hours'],
    })
  })
})

describe('a judge that cannot see', () => {
  it('evaluates nothing, says what it cannot see, and judges again once it can', () => {
    let blind = ['policies of the cluster: the API server does not answer']
    const it = createJudgedCluster(cluster, now, { blind: () => blind })
    expect(it.row(webToDb())).toMatchObject({ evidence: 'unknown', evidence_missing: blind })
    expect(it.row(webToDb({ action: 'deny', outcome: 'dropped' }))).toMatchObject({
      action: 'deny',
      evidence: 'observed',
    })
    blind = []
    it.trim()
    expect(it.row({ ...webToDb(), epoch: 'x' })['evidence']).toBe('evaluated')
  })
})

describe('what a node says of itself', () => {
  it('wins over the evaluation, with its policies where it names them', () => {
    const { row } = createJudgedCluster(`${cluster}\n---${policy('to-db', onlyWeb)}`, now)
    const marks = ['nflog|1|DPI|default']
    const denied = row(dbFromWeb({ marks, outcome: 'dropped', action: 'deny' }))
    expect(verdict(denied)).toEqual(['deny', 'observed', 'nflog'])
    expect(denied['evidence_conflict']).toContain('observed deny (nflog says so), evaluated allow')
  })
  it('agreeing with the evaluation, it is the better evidence of the two', () => {
    const { row } = createJudgedCluster(`${cluster}\n---${policy('to-db', onlyWeb)}`, now)
    const seen = row(dbFromWeb({ marks: ['nflog|1|API0|knp/shop/to-db'] }))
    expect([verdict(seen), enforced(seen)]).toEqual([
      ['allow', 'observed', 'nflog'],
      ['0|default|shop/knp.default.to-db|allow|0'],
    ])
  })
})
