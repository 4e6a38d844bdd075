// Which services nobody stands behind, as kube-proxy sees them: by port, by family of addresses and, where nodes send to their
// own endpoints alone, by node; and which addresses it does not take at all.
import { describe, expect, it } from 'vitest'
import { createInventory } from './inventory.ts'
import type { Taker } from './services.ts'
import { node, read } from './testing.ts'

const ports = [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30_080 }]
const service = (spec: Readonly<Record<string, unknown>>, status: unknown = {}) =>
  read({
    kind: 'Service',
    metadata: { name: 's', namespace: 'shop', uid: 'svc' },
    spec: { selector: { app: 'x' }, ports, ...spec },
    status,
  })
interface EndpointFacts {
  readonly ip: string
  readonly node?: string
  readonly ready?: boolean
}
const slice = (uid: string, addressType: string, endpoints: readonly EndpointFacts[]) =>
  read({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: uid, namespace: 'shop', uid, labels: { 'kubernetes.io/service-name': 's' } },
    addressType,
    endpoints: endpoints.map(({ ip, node: nodeName, ready = true }) => ({
      addresses: [ip],
      conditions: { ready },
      ...(nodeName !== undefined && { nodeName }),
    })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  })

function open(...objects: readonly ReturnType<typeof read>[]) {
  const inventory = createInventory()
  inventory.put(node('n1', '10.9.0.1'), 0)
  for (const object of objects) inventory.put(object, 100)
  return (ip: string, port = 80, taker?: Taker) => inventory.unbackedIn(ip, port, 'tcp', 200, 210, taker)
}

it('a service of two families is without endpoints in the one that has none', () => {
  const both = service({ clusterIPs: ['10.96.0.10', 'fd96::10'] })
  const six = slice('six', 'IPv6', [])
  const unbacked = open(both, slice('four', 'IPv4', [{ ip: '10.0.0.1' }]), six)
  expect([unbacked('10.96.0.10'), unbacked('fd96::10'), unbacked('FD96:0::10')]).toEqual([
    undefined,
    'everywhere',
    'everywhere',
  ])
  const other = open(
    both,
    slice('four', 'IPv4', [{ ip: '10.0.0.1', ready: false }]),
    slice('six', 'IPv6', [{ ip: 'fd00::1' }]),
  )
  expect([other('10.96.0.10'), other('fd96::10')]).toEqual(['everywhere', undefined])
})

it('a node port is without endpoints as its service is, at the address of a host', () => {
  const own = service({ type: 'NodePort', clusterIP: '10.96.0.10' })
  const without = open(own, slice('four', 'IPv4', []))
  expect([without('10.9.0.1', 30_080), without('10.9.0.1', 30_081), without('10.9.0.2', 30_080)]).toEqual([
    'everywhere',
    undefined,
    undefined,
  ])
  expect(open(own, slice('four', 'IPv4', [{ ip: '10.0.0.1' }]))('10.9.0.1', 30_080)).toBeUndefined()
})

describe('a service of which nodes send to their own endpoints alone', () => {
  const onN2 = slice('four', 'IPv4', [{ ip: '10.0.0.1', node: 'n2' }])
  const [fromN1, intoN1, fromN2] = [
    { node: 'n1', isFromHere: true },
    { node: 'n1', isFromHere: false },
    { node: 'n2', isFromHere: true },
  ] as const

  it('has none on a node without, for what comes from within', () => {
    const unbacked = open(service({ clusterIP: '10.96.0.10', internalTrafficPolicy: 'Local' }), onN2)
    expect([fromN1, intoN1, fromN2, undefined].map((taker) => unbacked('10.96.0.10', 80, taker))).toEqual([
      'here',
      'here',
      undefined,
      undefined,
    ])
    expect(unbacked('10.9.0.1', 30_080, intoN1)).toBeUndefined()
  })
  it('has none on a node without, for what comes from beyond; what begins on the node goes anywhere', () => {
    const balanced = { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } }
    const own = service(
      { clusterIP: '10.96.0.10', externalIPs: ['203.0.113.8'], externalTrafficPolicy: 'Local' },
      balanced,
    )
    const unbacked = open(own, onN2)
    const dialled = [
      ['203.0.113.7', 80],
      ['203.0.113.8', 80],
      ['10.9.0.1', 30_080],
    ] as const
    for (const [ip, port] of dialled)
      expect([fromN1, intoN1].map((taker) => unbacked(ip, port, taker))).toEqual([undefined, 'here'])
    expect(unbacked('10.96.0.10', 80, intoN1)).toBeUndefined()
  })
  it('has none anywhere where no node has one', () => {
    const unbacked = open(
      service({ clusterIP: '10.96.0.10', internalTrafficPolicy: 'Local' }),
      slice('four', 'IPv4', []),
    )
    expect([fromN1, fromN2, undefined].map((taker) => unbacked('10.96.0.10', 80, taker))).toEqual(
      Array.from({ length: 3 }, () => 'everywhere'),
    )
  })
})

describe('an address that kube-proxy does not take', () => {
  const inventoryOf = (own: ReturnType<typeof read>) => {
    const inventory = createInventory()
    inventory.put(own, 100)
    inventory.put(slice('four', 'IPv4', []), 100)
    return inventory
  }
  it.each([
    ['an external name’s', { type: 'ExternalName', externalName: 'x.example', externalIPs: ['203.0.113.7'] }],
    ['a headless service’s', { clusterIP: 'None', externalIPs: ['203.0.113.7'] }],
  ])('is %s, whatever it lists', (_, spec) => {
    const inventory = inventoryOf(service(spec))
    expect(inventory.serviceAt('203.0.113.7', 80, 'tcp', 200)).toBeUndefined()
    expect(inventory.unbackedIn('203.0.113.7', 80, 'tcp', 200, 210)).toBeUndefined()
  })
  it('is that of a load balancer which wants to see what is sent there: it is dialled, and no node refuses it', () => {
    const ingress = [{ ip: '203.0.113.7', ipMode: 'Proxy' }]
    const inventory = inventoryOf(service({ clusterIP: '10.96.0.10' }, { loadBalancer: { ingress } }))
    expect(inventory.serviceAt('203.0.113.7', 80, 'tcp', 200)?.name).toBe('s')
    expect(inventory.unbackedIn('203.0.113.7', 80, 'tcp', 200, 210)).toBeUndefined()
    expect(inventory.backendsIn('203.0.113.7', 80, 'tcp', 200, 210)).toBeUndefined()
  })
})

it('what a service address is translated to is whoever takes traffic in its family, at the port that it has there', () => {
  const inventory = createInventory()
  inventory.put(service({ clusterIPs: ['10.96.0.10', 'fd96::10'], internalTrafficPolicy: 'Local' }), 100)
  inventory.put(slice('four', 'IPv4', [{ ip: '10.0.0.1' }, { ip: '10.0.0.2', ready: false }]), 100)
  inventory.put(slice('six', 'IPv6', [{ ip: 'fd00::1' }]), 100)
  inventory.put(slice('four', 'IPv4', [{ ip: '10.0.0.2' }]), 205)
  const at = (ip: string, since: number, until: number) => inventory.backendsIn(ip, 80, 'tcp', since, until)
  const port = 8080
  expect(at('10.96.0.10', 190, 200)).toEqual({
    service: 'shop/s',
    all: [{ ip: '10.0.0.1', port }],
    areRead: true,
    isLocal: true,
  })
  expect(at('10.96.0.10', 200, 210)?.all.map(({ ip }) => ip)).toEqual(['10.0.0.1', '10.0.0.2'])
  expect(at('fd96::10', 200, 210)?.all).toEqual([{ ip: 'fd00::1', port }])
  expect(at('10.9.0.1', 200, 210)).toBeUndefined()
})
