// Verdicts of live rows while the cluster changes under them: variants of the faults that comparable products had (known faults
// A3, D1 to D5), each through the real interner. What decided a connection stays; what would decide it now is told beside it.
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import type { Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import {
  cluster,
  dbFromWeb,
  enforced,
  interval,
  namespace,
  nobody,
  now,
  onlyWeb,
  pending,
  pod,
  policy,
  staged,
  verdict,
  webToDb,
} from '../testing/shop-cluster.ts'

const toDb = (spec: string) => `${cluster}\n---${policy('to-db', spec)}`
const calico = (kind: string, name: string, spec: string, scope = ', namespace: shop') =>
  `\n---\n{apiVersion: projectcalico.org/v3, kind: ${kind}, metadata: {name: ${name}${scope}, uid: uid-${name}}, spec: ${spec}}`
const fromClient = (more: Row = {}, rest: Row = interval(now)): Sent => ({
  ...dbFromWeb(more, { ...rest, source_ip: '10.244.1.3' }),
  epoch: 'client',
})
const live = (sent: Sent, end: number, started: number): Sent => ({
  ...sent,
  rest: { ...sent.rest, ...interval(end, 1, started) },
  epoch: `live ${String(sent.rest['source_ip'])}`,
})
const admitted = ['0|default|shop/knp.default.to-db|allow|0']
const shut = ['0|default|shop/knp.default.to-db|deny|-1']

describe('labels that change while a connection lives', () => {
  const byTeam =
    '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]}'
  it.each([
    ['of a namespace', toDb(byTeam), namespace('dev', '{team: red}'), namespace('dev', '{team: blue}')],
    [
      'of a service account',
      `${cluster}${calico('NetworkPolicy', 'sa', '{selector: "app == \'db\'", types: [Ingress], ingress: [{action: Allow, source: {serviceAccounts: {selector: "trust == \'high\'"}, namespaceSelector: all()}}]}')}`,
      '{apiVersion: v1, kind: ServiceAccount, metadata: {namespace: dev, name: default, uid: sa, labels: {trust: high}}}',
      '{apiVersion: v1, kind: ServiceAccount, metadata: {namespace: dev, name: default, uid: sa, labels: {trust: low}}}',
    ],
  ])('%s: what decided it stays, what would decide it changes', (_, yaml, before, after) => {
    const it = createJudgedCluster(yaml, now - 100)
    for (const text of before.split('\n---').filter((part) => part.trim() !== '')) it.put(text, now - 50)
    const first = it.row(live(fromClient(), now, 1))
    expect(verdict(first)).toEqual(['allow', 'evaluated', 'evaluated'])
    for (const text of after.split('\n---').filter((part) => part.trim() !== '')) it.put(text, now + 5)
    const second = it.row(live(fromClient(), now + 60, 0))
    expect([enforced(second), second['evidence_conflict']]).toEqual([enforced(first), undefined])
    expect(String(pending(second))).toContain('|deny|-1')
    const fresh = it.row({ ...fromClient({ outcome: 'dropped', action: 'deny' }, interval(now + 60)), epoch: 'fresh' })
    expect(String(enforced(fresh))).toContain('|deny|-1')
  })
  it('twice and back again are what they were', () => {
    const it = createJudgedCluster(toDb(onlyWeb), now - 100)
    it.row(live(dbFromWeb(), now, 1))
    it.put(pod('shop/web', '10.244.1.2', 'n1').replace('app: web', 'app: x'), now + 5)
    it.put(pod('shop/web', '10.244.1.2', 'n1'), now + 15)
    const after = it.row(live(dbFromWeb(), now + 60, 0))
    expect([enforced(after), pending(after)]).toEqual([admitted, admitted])
  })
})

describe('a policy that is deleted, and made again, while a connection lives', () => {
  it('keeps the word of the one that was, and would be decided by the one that is', () => {
    const it = createJudgedCluster(toDb(onlyWeb), now - 100)
    expect(enforced(it.row(live(dbFromWeb(), now, 1)))).toEqual(admitted)
    it.remove('uid-to-db', now + 5)
    const without = it.row(live(dbFromWeb(), now + 40, 0))
    expect([enforced(without), pending(without)]).toEqual([admitted, ['0|__PROFILE__|__PROFILE__.kns.shop|allow|0']])
    it.put(policy('to-db', nobody).replace('uid-to-db', 'uid-next'), now + 45)
    const again = it.row(live(dbFromWeb(), now + 80, 0))
    expect([enforced(again), pending(again)]).toEqual([admitted, shut])
    // The old object's late removal touches nothing of the new one.
    it.remove('uid-to-db', now + 85)
    expect(pending(it.row(live(dbFromWeb(), now + 120, 0)))).toEqual(shut)
  })
})

describe('ports and protocols', () => {
  const named = (name: string) =>
    toDb(
      `{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: ${name}}]}]}`,
    )
  const withPort = (name: string, port: number, more = '') =>
    pod('shop/db', '10.244.2.2', 'n2').replace(
      'containers: []',
      `containers: [{name: c, ports: [{name: ${name}, containerPort: ${port}${more}}]}]`,
    )

  it('a named port is that of the pod as it is at the moment', () => {
    const it = createJudgedCluster(named('sql'), now - 100)
    it.put(withPort('sql', 5432), now - 50)
    const drop = { outcome: 'dropped', action: 'deny' }
    expect(enforced(it.row(dbFromWeb()))).toEqual(admitted)
    it.put(withPort('sql', 6000), now + 5)
    expect(enforced(it.row(dbFromWeb(drop, interval(now + 60))))).toEqual(shut)
    it.setNow(now + 600)
    expect(enforced(it.row({ ...dbFromWeb({}, interval(now)), epoch: 'late' }))).toEqual(admitted)
  })
  it('a host port names no port of the pod: the flow is at its container port by then', () => {
    const it = createJudgedCluster(named('sql'), now - 100)
    it.put(withPort('sql', 5432, ', hostPort: 80'), now - 50)
    expect(enforced(it.row(dbFromWeb()))).toEqual(admitted)
    expect(enforced(it.row(dbFromWeb({ dest_port: 80, outcome: 'dropped', action: 'deny' })))).toEqual(shut)
  })
  it.each([
    ['SCTP is its own protocol', '[{protocol: SCTP, port: 5432}]', 'sctp', admitted],
    ['and TCP of the same port is not SCTP', '[{protocol: SCTP, port: 5432}]', 'tcp', shut],
    ['UDP of the same port is not TCP', '[{port: 5432}]', 'udp', shut],
    ['a rule without ports admits ICMP', undefined, 'icmp', admitted],
    ['a rule with ports does not', '[{port: 5432}]', 'icmp', shut],
  ])('%s', (_, ports, proto, wanted) => {
    const spec = onlyWeb.replace('}}}]}]', `}}}]${ports ? `, ports: ${ports}` : ''}}]`)
    const { row } = createJudgedCluster(toDb(spec), now - 100)
    const isDenied = wanted === shut
    const sent = dbFromWeb({
      proto,
      ...(isDenied && { outcome: 'dropped', action: 'deny' }),
      ...(proto === 'icmp' && { dest_port: undefined }),
    })
    expect(enforced(row(sent))).toEqual(wanted)
  })
  it('ICMP of a type is unknown where the row tells none, and other protocols are not', () => {
    const yaml = `${cluster}${calico('NetworkPolicy', 'ping', '{selector: "app == \'db\'", types: [Ingress], ingress: [{action: Allow, protocol: ICMP, icmp: {type: 8}}]}')}`
    const { row } = createJudgedCluster(yaml, now - 100)
    expect(row(dbFromWeb({ proto: 'icmp', dest_port: undefined }))['evidence_missing']).toEqual([
      'ICMP type and code of the flow',
    ])
    expect(row(dbFromWeb({ outcome: 'dropped', action: 'deny' }))['evidence']).toBe('observed')
  })
})

describe('order', () => {
  const global = (name: string, order: string, action: string) =>
    calico(
      'GlobalNetworkPolicy',
      name,
      `{order: ${order}, selector: "app == 'db'", types: [Ingress], ingress: [{action: ${action}}]}`,
      '',
    )
  const inTier = (name: string, tier: string, action: string) =>
    calico(
      'GlobalNetworkPolicy',
      `${tier}.${name}`,
      `{tier: ${tier}, order: 1, selector: "app == 'db'", types: [Ingress], ingress: [{action: ${action}, source: {selector: "app == 'none'"}}]}`,
      '',
    )
  const tier = (name: string, order: number, more = '') => calico('Tier', name, `{order: ${order}${more}}`, '')
  const drop = { outcome: 'dropped', action: 'deny' }

  it.each([
    ['as they come', ['a', 'b']],
    ['the other way round', ['b', 'a']],
  ])('of two policies with one order is that of their names, %s', (_, names) => {
    const actions: Readonly<Record<string, string>> = { a: 'Deny', b: 'Allow' }
    const it = createJudgedCluster(cluster, now - 100)
    for (const name of names) it.put(global(name, '10', actions[name]!), now - 50)
    expect(enforced(it.row(dbFromWeb(drop)))).toEqual(['0|default|default.a|deny|0'])
  })
  it('of one without an order is the last', () => {
    const it = createJudgedCluster(`${cluster}${global('z', '1000000', 'Deny')}`, now - 100)
    it.put(
      calico(
        'GlobalNetworkPolicy',
        'a',
        '{selector: "app == \'db\'", types: [Ingress], ingress: [{action: Allow}]}',
        '',
      ),
      now - 50,
    )
    expect(enforced(it.row(dbFromWeb(drop)))).toEqual(['0|default|default.z|deny|0'])
  })
  it('of tiers passes on where the default is Pass, and says so, whichever came first', () => {
    const it = createJudgedCluster(
      `${cluster}${inTier('p', 'second', 'Allow')}${inTier('q', 'first', 'Deny')}`,
      now - 100,
    )
    it.put(tier('first', 10, ', defaultAction: Pass'), now - 50)
    it.put(tier('second', 20), now - 40)
    expect(enforced(it.row(dbFromWeb(drop)))).toEqual(['0|first|first.q|pass|-1', '1|second|second.p|deny|-1'])
    it.put(tier('first', 30, ', defaultAction: Pass'), now + 5)
    expect(enforced(it.row(dbFromWeb(drop, interval(now + 60))))).toEqual(['0|second|second.p|deny|-1'])
  })
})

describe('admin policies', () => {
  const admin = (name: string, priority: number, action: string) =>
    `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: ${name}, uid: uid-${name}}, spec: {priority: ${priority}, subject: {namespaces: {}}, ingress: [{action: ${action}, from: [{namespaces: {}}]}]}}`
  const baseline = `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default, uid: uid-base}, spec: {subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}`
  const drop = { outcome: 'dropped', action: 'deny' }

  it('the lower priority number decides, in any order of coming', () => {
    for (const names of [
      ['one', 'two'],
      ['two', 'one'],
    ]) {
      const it = createJudgedCluster(cluster, now - 100)
      for (const name of names) it.put(admin(name, name === 'one' ? 1 : 2, name === 'one' ? 'Deny' : 'Allow'), now - 50)
      expect(String(enforced(it.row(dbFromWeb(drop))))).toContain('adminnetworkpolicy.one|deny|0')
    }
  })
  it('a baseline denies what no policy selects, and nothing that one does', () => {
    const it = createJudgedCluster(`${cluster}\n---\n${baseline}`, now - 100)
    expect(String(enforced(it.row(dbFromWeb(drop))))).toContain('baselineadminnetworkpolicy.default|deny|0')
    it.put(policy('to-db', onlyWeb), now + 5)
    expect(enforced(it.row(dbFromWeb({}, interval(now + 60))))).toEqual(admitted)
  })
})

describe('staged policies', () => {
  it('that stage a deletion, or are set aside, change nothing; one that is enforced at last decides', () => {
    const it = createJudgedCluster(toDb(onlyWeb), now - 100)
    const before = it.row(dbFromWeb())
    for (const action of ['Delete', 'Ignore']) {
      it.put(
        staged('to-db', nobody.replace('{podSelector', `{stagedAction: ${action}, podSelector`)).replace(
          'uid-to-db',
          'uid-staged',
        ),
        now + 5,
      )
      const { 'policies.enforced_policies': held } = it.row(dbFromWeb({}, interval(now + 60)))
      expect(held).toEqual(enforced(before))
    }
    it.put(staged('to-db', nobody).replace('uid-to-db', 'uid-staged'), now + 70)
    const seen = it.row(dbFromWeb({}, interval(now + 120)))
    expect([enforced(seen), verdict(seen)]).toEqual([admitted, ['allow', 'evaluated', 'evaluated']])
  })
})

describe('pods on one address', () => {
  const job = pod('shop/job', '10.244.1.2', 'n1')
  it('are told apart by who runs: a finished one decides nothing', () => {
    const it = createJudgedCluster(toDb(onlyWeb), now - 100)
    it.put(job.replace('Running', 'Succeeded'), now - 50)
    expect(enforced(it.row(dbFromWeb()))).toEqual(admitted)
    it.remove('uid-job', now - 40)
    expect(enforced(it.row({ ...dbFromWeb(), epoch: 'after' }))).toEqual(admitted)
  })
  it('one after the other are each judged by their own labels, also late', () => {
    const it = createJudgedCluster(toDb(onlyWeb), now - 1000)
    it.remove('uid-web', now - 500)
    it.put(job, now - 400)
    const drop = { outcome: 'dropped', action: 'deny' }
    expect(enforced(it.row({ ...dbFromWeb(drop), epoch: 'job' }))).toEqual(shut)
    expect(enforced(it.row({ ...dbFromWeb({}, interval(now - 600)), epoch: 'web' }))).toEqual(admitted)
  })
})

describe('an object that cannot be read', () => {
  it.each([
    ['a selector', `{selector: "app == ", types: [Ingress], ingress: [{action: Allow}]}`],
    [
      'an address block',
      `{selector: all(), types: [Ingress], ingress: [{action: Allow, source: {nets: [10.0.0.0/99]}}]}`,
    ],
  ])('%s: it is named, and the other policies go on deciding', (_, spec) => {
    const it = createJudgedCluster(toDb(onlyWeb), now - 100)
    it.put(calico('NetworkPolicy', 'broken', spec), now - 50)
    expect(it.judge.state.issue).toContain('broken')
    const other = it.row(webToDb())
    expect(verdict(other)[0]).toBe('allow')
    it.remove('uid-broken', now + 5)
    expect([it.judge.state.issue, enforced(it.row(dbFromWeb({}, interval(now + 60))))]).toEqual([undefined, admitted])
  })
})

describe('objects in any order', () => {
  it('are the same cluster', () => {
    const parts = toDb(onlyWeb)
      .split('---')
      .filter((part) => part.trim() !== '')
    for (const order of [parts, parts.toReversed(), [...parts.slice(3), ...parts.slice(0, 3)]]) {
      const it = createJudgedCluster('', now - 100)
      for (const part of order) it.put(part, now - 50)
      expect([enforced(it.row(dbFromWeb())), enforced(it.row(webToDb()))]).toEqual([
        admitted,
        ['0|__PROFILE__|__PROFILE__.kns.shop|allow|0'],
      ])
    }
  })
  it('a policy is there before the pods that it selects', () => {
    const it = createJudgedCluster(policy('to-db', onlyWeb), now - 100)
    for (const part of cluster.split('---').filter((text) => text.trim() !== '')) it.put(part, now - 50)
    expect(enforced(it.row(dbFromWeb()))).toEqual(admitted)
  })
})
