// Rules by name on live rows: the judge hands on by which names the client was led to the address of a row (known fault B2,
// policy half, and its kin).
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import type { Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import { cluster, enforced, interval, now, pending, verdict, webTo } from '../testing/shop-cluster.ts'

const calico = (domains: string, name = 'out') => `${cluster}
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop, uid: uid-${name}}, spec: {selector: "app == 'web'", types: [Egress], egress: [{action: Allow, destination: {domains: ${domains}}}]}}`
const cilium = (fqdns: string) => `${cluster}
---
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: out, namespace: shop, uid: uid-out}, spec: {endpointSelector: {matchLabels: {app: web}}, egress: [{toFQDNs: ${fqdns}}]}}`
const bySet = (action: string, domains: string) => `${cluster}
---
{apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: {name: partners, namespace: shop, uid: uid-set, labels: {kind: partner}}, spec: {allowedEgressDomains: ${domains}}}
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: out, namespace: shop, uid: uid-out}, spec: {selector: "app == 'web'", types: [Egress], egress: [{action: ${action}, destination: {selector: "kind == 'partner'"}}]}}`

const unanswered = { outcome: 'unanswered' }
const to = (names: readonly string[] | undefined, more: Row = {}, rest: Row = interval(now)): Sent =>
  webTo('203.0.113.7', { ...unanswered, ...more }, { ...rest, ...(names && { dest_domains: names }) })
const allowed = ['0|default|shop/default.out|allow|0']
const denied = ['0|default|shop/default.out|deny|-1']

describe('names that led the client to the address', () => {
  it.each([
    ['the name itself', calico('[api.example.com]'), ['api.example.com'], allowed],
    ['any case and final dot, in the rule', calico('[API.Example.COM]'), ['api.example.com'], allowed],
    ['any case and final dot, in the name', calico('[api.example.com]'), ['Api.EXAMPLE.com.'], allowed],
    ['one of several names', calico('[api.example.com]'), ['cdn.example.net', 'api.example.com'], allowed],
    ['a star for several labels', calico("['*.example.com']"), ['a.b.example.com'], allowed],
    ['a star is one label at least', calico("['*.example.com']"), ['example.com'], denied],
    ['a star within', calico("['api.*.com']"), ['api.eu.example.com'], allowed],
    ['another name', calico('[api.example.com]'), ['api.example.com.evil.test'], denied],
    ['a name that only ends like it', calico("['*.example.com']"), ['badexample.com'], denied],
    ["a network set's name", bySet('Allow', '[API.example.com]'), ['api.example.com'], allowed],
    ["not a network set's name", bySet('Allow', '[api.example.com]'), ['www.example.com'], denied],
  ])('%s', (_, yaml, names, wanted) => {
    const { row } = createJudgedCluster(yaml, now)
    expect(enforced(row(to(names)))).toEqual(wanted)
  })

  it.each([
    ['matchName', '[{matchName: API.example.com}]', ['api.EXAMPLE.com'], 'allow'],
    ['matchPattern within a label', "[{matchPattern: 'a*.example.com'}]", ['api.example.com'], 'allow'],
    ['matchPattern that spans no labels', "[{matchPattern: '*.example.com'}]", ['a.b.example.com'], 'deny'],
    ['a deep matchPattern', "[{matchPattern: '**.example.com'}]", ['a.b.example.com'], 'allow'],
    ['any name', "[{matchPattern: '*'}]", ['whatever.test'], 'allow'],
  ])('of Cilium: %s', (_, fqdns, names, action) => {
    const { row } = createJudgedCluster(cilium(fqdns), now)
    expect(verdict(row(to(names)))).toEqual([action, 'evaluated', 'evaluated'])
  })

  it.each([
    ['the canonical name', calico("['*.s3.example']"), allowed],
    ['one on the way there', calico('[X.cdn.example]'), allowed],
    ["a network set's name", bySet('Allow', "['*.s3.example']"), allowed],
    ['another name', calico('[s3.example]'), denied],
  ])('lead on by aliases, which rules of Calico may name too: %s', (_, yaml, wanted) => {
    const { row } = createJudgedCluster(yaml, now)
    const aliases = { dest_domain_aliases: ['x.cdn.example', 'bucket.s3.example'] }
    expect(enforced(row(to(['bucket.company.test'], {}, { ...interval(now), ...aliases })))).toEqual(wanted)
    // An agent of before sends none.
    expect(enforced(row(to(['bucket.company.test'])))).toEqual(denied)
  })
  it('lead on by aliases, of which Cilium knows nothing', () => {
    const { row } = createJudgedCluster(cilium("[{matchPattern: '*.s3.example'}]"), now)
    const aliases = { dest_domain_aliases: ['bucket.s3.example'] }
    expect(verdict(row(to(['bucket.company.test'], {}, { ...interval(now), ...aliases })))[0]).toBe('deny')
    expect(verdict(row(to(['bucket.s3.example'], {}, { ...interval(now), ...aliases })))[0]).toBe('allow')
  })
  it('tell rows of one series and address apart by their aliases too', () => {
    const { row } = createJudgedCluster(calico("['*.s3.example']"), now)
    const told = [['bucket.s3.example'], undefined, ['x.test'], ['bucket.s3.example']].map((aliases) => {
      const rest = { ...interval(now), ...(aliases && { dest_domain_aliases: aliases }) }
      return row({ ...to(['bucket.company.test'], {}, rest), epoch: 'one' })['action']
    })
    expect(told).toEqual(['allow', 'deny', 'deny', 'allow'])
  })

  it('are asked for by name where the client has none, and nothing is denied', () => {
    const { row } = createJudgedCluster(calico('[api.example.com]'), now)
    expect(row(to(undefined))).toMatchObject({
      action: 'allow',
      evidence: 'unknown',
      evidence_missing: ['addresses of domain api.example.com'],
    })
  })
  it('of other clients do not count', () => {
    const { row } = createJudgedCluster(calico('[api.example.com]'), now)
    row(to(['api.example.com']))
    expect(row(to(undefined))['evidence']).toBe('unknown')
  })
  it('tell rows of one series and address apart', () => {
    const { row } = createJudgedCluster(calico('[api.example.com]'), now)
    const told = [['api.example.com'], ['x.test'], undefined, ['api.example.com']].map((names) => {
      const { action, evidence } = row({ ...to(names), epoch: 'one' })
      return [action, evidence]
    })
    expect(told).toEqual([
      ['allow', 'evaluated'],
      ['deny', 'evaluated'],
      ['allow', 'unknown'],
      ['allow', 'evaluated'],
    ])
  })
  it('of a service that was dialled are not those of the endpoint behind it', () => {
    const { row } = createJudgedCluster(calico("['*.svc.cluster.local']"), now)
    const names = ['db.shop.svc.cluster.local']
    const toDb = (more: Row): Sent =>
      webTo('10.244.2.2', unanswered, { ...interval(now), dest_domains: names, ...more })
    expect(enforced(row(toDb({ dialled_ip: '10.96.0.10', dialled_port: 5432 })))).toEqual(denied)
    expect(enforced(row(toDb({})))).toEqual(allowed)
  })
  it('are of outside to Cilium, and of whoever has the address to Calico', () => {
    const { row } = createJudgedCluster(cilium("[{matchPattern: '**.cluster.local'}]"), now)
    const names = ['web-0.db.shop.svc.cluster.local']
    expect(row(webTo('10.244.2.2', unanswered, { ...interval(now), dest_domains: names }))['action']).toBe('deny')
  })
  it('of a network set neither deny nor let anybody in', () => {
    const { row } = createJudgedCluster(bySet('Deny', '[api.example.com]'), now)
    expect(enforced(row(to(['api.example.com'])))).toEqual(denied)
    expect(row(to(undefined))).toMatchObject({ action: 'deny', evidence: 'evaluated' })
  })

  it('however many they are, cost as many standings as patterns tell apart', () => {
    const { row, judge } = createJudgedCluster(calico("['*.example.com']"), now)
    for (let n = 0; n < 100; n++) {
      row({ ...to([`a${n}.example.com`]), epoch: 'one' })
      row({ ...to([`a${n}.test`]), epoch: 'one' })
    }
    expect(judge.state.standings).toBe(2)
  })
})

describe('a policy by name that comes while a connection lives', () => {
  const live = (end: number, started: number, names = ['api.example.com']): Sent => ({
    ...to(names, { outcome: 'established' }, interval(end, 1, started)),
    epoch: 'live',
  })
  const only = (domains: string) => calico(domains).slice(cluster.length + 4)

  it('leaves what decided the connection, and would decide it now', () => {
    const it = createJudgedCluster(cluster, now)
    const before = enforced(it.row(live(now, 1)))
    it.put(only('[other.test]'), now + 5)
    const after = it.row(live(now + 40, 0))
    expect([enforced(after), pending(after), after['evidence_conflict']]).toEqual([before, denied, undefined])
  })
  it('also where names were told apart before', () => {
    const it = createJudgedCluster(calico('[api.example.com]'), now - 100)
    expect(enforced(it.row(live(now, 1)))).toEqual(allowed)
    it.put(only('[a.test, other.test]'), now + 5)
    const after = it.row(live(now + 40, 0))
    expect([enforced(after), pending(after)]).toEqual([allowed, denied])
  })
  it('tells apart what it newly tells apart, whichever name was seen first', () => {
    const it = createJudgedCluster(calico("['*.example.com']"), now - 100)
    const failed = (end: number, name: string): Sent => ({ ...to([name], {}, interval(end)), epoch: 'failed' })
    expect(['a.example.com', 'b.example.com'].map((name) => enforced(it.row(failed(now, name))))).toEqual([
      allowed,
      allowed,
    ])
    it.put(only('[a.example.com]'), now + 5)
    expect(['b.example.com', 'a.example.com'].map((name) => enforced(it.row(failed(now + 60, name))))).toEqual([
      denied,
      allowed,
    ])
  })
})

describe('rows with names that come late', () => {
  it('are judged by the names and the policies of their moment', () => {
    const it = createJudgedCluster(calico('[api.example.com]'), now)
    it.put(calico('[other.test]').slice(cluster.length + 4), now + 1_000)
    it.setNow(now + 2_000)
    expect(enforced(it.row(to(['api.example.com'], {}, interval(now + 500))))).toEqual(allowed)
    expect(enforced(it.row(to(['api.example.com'], {}, interval(now + 1_500))))).toEqual(denied)
    expect(enforced(it.row(to(['other.test'], {}, interval(now + 500))))).toEqual(denied)
  })
})
