import { flowLog } from '@margay/model'
import { bind, compileMatch, parseKql } from '@margay/query'
import type { Endpoint, NetworkSet } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import {
  deniedOf,
  endpointKql,
  heldText,
  labelsText,
  networkSetKql,
  nodeKql,
  policiesText,
  protectionOf,
  shortPolicyName,
} from './words.ts'

const endpoint = (more: Partial<Endpoint> = {}): Endpoint => ({
  type: 'wep',
  namespace: 'shop',
  name: 'cart-1',
  ips: ['10.0.0.1'],
  labels: {},
  hostNetwork: false,
  policies: [],
  protected: { ingress: true, egress: true },
  ...more,
})

describe('what policy covers', () => {
  it.each([
    [{ ingress: true, egress: true }, '● covered'],
    [{ ingress: true, egress: false }, '◐ egress open'],
    [{ ingress: false, egress: true }, '◑ ingress open'],
    [{ ingress: false, egress: false }, '○ open'],
  ])('is a word and a shape: %j', (covered, mark) => {
    const { sign, words } = protectionOf(endpoint({ protected: covered }))
    expect(`${sign} ${words}`).toBe(mark)
  })

  it('says why a pod on the host network is open', () =>
    expect(protectionOf(endpoint({ protected: { ingress: false, egress: false }, hostNetwork: true })).why).toContain(
      'network of its node',
    ))
})

it('tells zero denied from not known by the column, and marks neither', () => {
  expect(deniedOf(endpoint())).toBeUndefined()
  expect(deniedOf(endpoint({ denied: { connections: 0, packets: 0 } }))).toBeUndefined()
  expect(deniedOf(endpoint({ denied: { connections: 1284, packets: 3 } }))?.words).toBe('1,284 denied')
})

it('shows full label keys, and policies in their order', () => {
  expect(labelsText({ 'app.kubernetes.io/name': 'cart', canary: '' })).toBe('app.kubernetes.io/name=cart, canary')
  const policy = (name: string, more: object = {}) => ({
    id: name,
    kind: 'NetworkPolicy',
    namespace: 'shop',
    name,
    tier: 'app',
    staged: false,
    directions: ['ingress' as const],
    ...more,
  })
  expect(shortPolicyName(policy('app.cart'))).toBe('cart')
  expect(shortPolicyName(policy('application.cart'))).toBe('application.cart')
  expect(policiesText([policy('b'), policy('a', { staged: true })])).toBe('1 shop/b, 2 shop/a (staged)')
})

describe('the records of an object', () => {
  const matches = (kql: string, row: object) => {
    const parsed = parseKql(kql)
    if (!parsed.ok) throw new Error(parsed.errors[0].message)
    const bound = bind(parsed.filter, flowLog, { now: 0, zone: 'UTC' })
    if (!bound.ok) throw new Error(bound.errors[0].message)
    return compileMatch(bound.filter, flowLog)(row as never)
  }
  const pod = { source_type: 'wep', source_namespace: 'shop', source_name: 'cart-1' }

  it('are those in which a pod is at either end, and no namesake’s', () => {
    const kql = endpointKql(endpoint())
    expect(matches(kql, pod)).toBe(true)
    expect(matches(kql, { dest_type: 'wep', dest_namespace: 'shop', dest_name: 'cart-1' })).toBe(true)
    expect(matches(kql, { ...pod, source_namespace: 'other' })).toBe(false)
    expect(matches(kql, { ...pod, source_type: 'hep' })).toBe(false)
  })

  it('are found whatever characters its name holds', () => {
    const name = 'a "b" or (c) \\'
    expect(matches(endpointKql(endpoint({ name })), { ...pod, source_name: name })).toBe(true)
  })

  it('of a host endpoint are its node’s', () =>
    expect(
      matches(endpointKql(endpoint({ type: 'hep', name: 'n1-eth0', node: 'n1' })), {
        dest_type: 'hep',
        dest_name_aggr: 'n1',
      }),
    ).toBe(true))

  it('of a node are those that it reported', () => {
    expect(matches(nodeKql({ name: 'n1' }), { host: 'n1' })).toBe(true)
    expect(matches(nodeKql({ name: 'n1' }), { host: 'n2' })).toBe(false)
  })

  describe('of a network set', () => {
    const set = (more: Partial<NetworkSet>): NetworkSet => ({
      scope: more.namespace === undefined ? 'global' : 'namespace',
      name: 'apis',
      labels: {},
      nets: [],
      domains: [],
      ...more,
    })
    const named = { dest_type: 'ns', dest_name_aggr: 'apis' }

    it('are those that go to its domains, patterns included', () => {
      const kql = networkSetKql(set({ domains: ['api.stripe.com', '*.example.org'] }))
      expect(matches(kql, { dest_type: 'net', dest_domains: ['other.test', 'api.stripe.com'] })).toBe(true)
      expect(matches(kql, { dest_domains: ['a.b.example.org'] })).toBe(true)
      expect(matches(kql, { dest_domains: ['example.org.test', 'xapi.stripe.com'] })).toBe(false)
    })

    it('are those that its networks named, of its namespace alone', () => {
      const kql = networkSetKql(set({ namespace: 'data', nets: ['172.30.8.0/22'] }))
      expect(matches(kql, { ...named, dest_namespace: 'data' })).toBe(true)
      expect(matches(kql, { source_type: 'ns', source_name_aggr: 'apis', source_namespace: 'data' })).toBe(true)
      expect(matches(kql, { ...named, dest_namespace: 'shop' })).toBe(false)
      expect(matches(kql, { ...named, dest_namespace: '-' })).toBe(false)
    })

    it('are both of a set that holds both, and of a global one no namespace’s namesake', () => {
      const kql = networkSetKql(set({ nets: ['172.30.8.0/22'], domains: ['api.stripe.com'] }))
      expect(matches(kql, { ...named, dest_namespace: '-' })).toBe(true)
      expect(matches(kql, { dest_domains: ['api.stripe.com'] })).toBe(true)
      expect(matches(kql, { ...named, dest_namespace: 'data' })).toBe(false)
    })
  })
})

it('tells what network sets hold, and which hold nothing', () => {
  const both = { nets: ['10.0.0.0/8'], domains: ['a.test'] }
  const none = { nets: [], domains: [] }
  expect(heldText([both, { ...both, domains: [] }])).toBe('2 with networks, 1 with domains')
  expect(heldText([none])).toBe('1 empty')
})
