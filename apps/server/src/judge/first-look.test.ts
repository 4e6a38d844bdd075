// Objects that are found, and not seen to come: they hold since they were made, also for rows that a spool brings later.
import { describe, expect, it } from 'vitest'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import {
  cluster,
  dbFromWeb,
  enforced,
  interval,
  nobody,
  now,
  onlyWeb,
  policy,
  profile,
  webToDb,
} from '../testing/shop-cluster.ts'

const minutesAgo = (minutes: number) => now - minutes * 60
const madeAt = (yaml: string, at: number) =>
  yaml.replace('metadata: {', `metadata: {creationTimestamp: "${new Date(at * 1000).toISOString()}", `)
const late = (spec: string, minutes: number, generation = 1) =>
  madeAt(policy('late', spec, generation), minutesAgo(minutes))
const found = (...more: readonly string[]) => createJudgedCluster([cluster, ...more].join('\n---'), now)

const denied = ['0|default|shop/knp.default.late|deny|-1']
const admitted = ['0|default|shop/knp.default.late|allow|0']
let epochs = 0
const drop = (minutes: number) => ({
  ...dbFromWeb({ outcome: 'dropped', action: 'deny', drop_reason: 'NETFILTER_DROP' }, interval(minutesAgo(minutes))),
  epoch: `drop ${++epochs}`,
})
const established = (minutes: number) => ({
  ...dbFromWeb({}, interval(minutesAgo(minutes))),
  epoch: `established ${++epochs}`,
})
const unanswered = (minutes: number) => ({
  ...webToDb({ outcome: 'unanswered' }, interval(minutesAgo(minutes))),
  epoch: `unanswered ${++epochs}`,
})

describe('a policy that the first look found', () => {
  it('was not there before it was made', () => {
    const { row } = found(late(nobody, 5))
    expect(row(unanswered(10))['peer_verdict']).toBe('allow')
    const before = row(established(10))
    expect([enforced(before), before['evidence_conflict']]).toEqual([[profile], undefined])
  })

  it('holds since then: for rows after it and for those of the present', () => {
    const { row } = found(late(nobody, 5))
    for (const minutes of [4, 0]) {
      expect(row(unanswered(minutes))['peer_verdict']).toBe('deny')
      expect(enforced(row(drop(minutes)))).toEqual(denied)
    }
  })

  it('was not there before, also for a row that comes after later ones of its series', () => {
    const { row } = found(late(nobody, 5))
    const series = (minutes: number) => row({ ...unanswered(minutes), epoch: 'one series' })['peer_verdict']
    expect([0, 10, 4, 10, 0].map(series)).toEqual(['deny', 'allow', 'deny', 'allow', 'deny'])
  })

  it.each([
    ['without a moment at which it was made', policy('late', nobody)],
    ['made longer ago than the past is kept', late(nobody, 600)],
  ])('%s it always was', (_, yaml) => {
    expect(enforced(found(yaml).row(drop(10)))).toEqual(denied)
  })

  it('whose clock is ahead of ours is there from the look on', () => {
    const { row } = found(late(nobody, -5))
    expect(enforced(row(drop(0)))).toEqual(denied)
    expect(enforced(row(established(1)))).toEqual([profile])
  })
})

describe('a policy that was edited before the first look', () => {
  const what = 'rules of that moment of KubernetesNetworkPolicy shop/late: its generation 3 is the first that was read'

  it('was there, and nobody knows what it said', () => {
    const { row } = found(late(onlyWeb, 30, 3))
    for (const sent of [established(10), drop(10)]) {
      const judged = row(sent)
      expect([enforced(judged), judged['evidence_missing'], judged['evidence_conflict']]).toEqual([
        [],
        [what],
        undefined,
      ])
    }
    expect(enforced(row(established(0)))).toEqual(admitted)
  })

  it('was not there before it was made', () => {
    expect(enforced(found(late(onlyWeb, 30, 3)).row(established(40)))).toEqual([profile])
  })

  it('also where it was made longer ago than the past is kept, or does not say when', () => {
    for (const yaml of [late(onlyWeb, 6000, 3), policy('late', onlyWeb, 3)]) {
      const { row } = found(yaml)
      expect(row(established(10))['evidence_missing']).toEqual([what])
      expect(enforced(row(established(0)))).toEqual(admitted)
    }
  })

  it('changes nothing of what other policies decide by themselves', () => {
    const open = policy('open', '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}')
    expect(enforced(found(late(onlyWeb, 30, 3), open).row(established(10)))).toEqual([
      '0|default|shop/knp.default.open|allow|0',
    ])
  })

  it('only staged, it decided nothing', () => {
    const staged = late(nobody, 30, 3)
      .replace('networking.k8s.io/v1', 'projectcalico.org/v3')
      .replace('kind: NetworkPolicy', 'kind: StagedKubernetesNetworkPolicy')
    expect(enforced(found(staged).row(established(10)))).toEqual([profile])
  })
})

describe('other objects that the first look found', () => {
  const admitting = `
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: a, namespace: shop, uid: uid-a}, spec: {selector: "app == 'web'", types: [Egress], egress: [{action: Allow, destination: {selector: "set == 'x'"}}]}}`
  const set = `
{apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: {name: s, namespace: shop, uid: uid-s, labels: {set: x}}, spec: {nets: [203.0.113.0/24]}}`

  it('a network set holds nobody before it was made', () => {
    const { row } = found(admitting, madeAt(set, minutesAgo(5)))
    const outside = (minutes: number) => {
      const { rest, ...sent } = unanswered(minutes)
      return row({ ...sent, rest: { ...rest, dest_ip: '203.0.113.9' } })
    }
    expect(enforced(outside(4))).toEqual(['0|default|shop/default.a|allow|0'])
    expect(enforced(outside(10))).toEqual(['0|default|shop/default.a|deny|-1'])
  })
})

describe('a policy that was made while nobody watched', () => {
  it('holds since it was made, and not only since somebody looked again', () => {
    const shop = found()
    shop.put(late(nobody, -5), minutesAgo(-20), minutesAgo(0))
    shop.setNow(minutesAgo(-21))
    expect(enforced(shop.row(drop(-10)))).toEqual(denied)
    expect(enforced(shop.row(established(-4)))).toEqual([profile])
  })

  it('was not there while somebody still watched, whatever it says', () => {
    const shop = found()
    shop.put(late(nobody, 60), minutesAgo(-20), minutesAgo(0))
    shop.setNow(minutesAgo(-21))
    expect(enforced(shop.row(established(1)))).toEqual([profile])
    expect(enforced(shop.row(drop(0)))).toEqual(denied)
  })

  it('that was known before is what it was until the look', () => {
    const shop = found(late(nobody, 60))
    shop.put(late(onlyWeb, 60, 2), minutesAgo(-20), minutesAgo(0))
    shop.setNow(minutesAgo(-21))
    expect(enforced(shop.row(drop(-1)))).toEqual(denied)
    expect(enforced(shop.row(established(-20)))).toEqual(admitted)
  })

  it('holds from the look on where it does not say when it was made', () => {
    const shop = found()
    shop.put(policy('late', nobody), minutesAgo(-20), minutesAgo(0))
    shop.setNow(minutesAgo(-21))
    expect(enforced(shop.row(established(-10)))).toEqual([profile])
    expect(enforced(shop.row(drop(-20)))).toEqual(denied)
  })
})
