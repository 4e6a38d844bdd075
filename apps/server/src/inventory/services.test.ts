import { describe, expect, it } from 'vitest'
import { createInventory } from './inventory.ts'
import { iso, node, pod, read } from './testing.ts'

const service = (name: string, spec: Readonly<Record<string, unknown>>, created = 0) =>
  read({
    kind: 'Service',
    metadata: { name, namespace: 'shop', uid: `svc-${name}`, creationTimestamp: iso(created) },
    spec,
  })
const slice = (conditions: Readonly<Record<string, boolean>>) =>
  read({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'db-x', namespace: 'shop', uid: 'slice', labels: { 'kubernetes.io/service-name': 'db' } },
    endpoints: [{ addresses: ['10.77.0.5'], conditions }],
    ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
  })

describe('an endpoint of a headless service', () => {
  it.each([
    [{ ready: true, serving: true }, 'db'],
    [{ ready: false, serving: true, terminating: true }, 'db'],
    [{ ready: false, serving: false, terminating: true }, undefined],
    [{ ready: false, serving: false }, undefined],
    [{ ready: false }, undefined],
    [{}, 'db'],
  ])('with %j is of service %s', (conditions, expected) => {
    const inventory = createInventory()
    inventory.put(service('db', { clusterIP: 'None', ports: [{ name: 'pg', port: 5432 }] }), 100)
    inventory.put(slice(conditions), 100)
    expect(inventory.serviceAt('10.77.0.5', 5432, 'tcp', 200)?.name).toBe(expected)
  })
  it('keeps its service while that is made anew under another uid', () => {
    const inventory = createInventory()
    const headless = { clusterIP: 'None', ports: [{ name: 'pg', port: 5432 }] }
    inventory.put(service('db', headless), 100)
    inventory.put(slice({}), 100)
    const again = service('db', headless)
    inventory.put({ ...again, uid: 'other' }, 200)
    inventory.remove('svc-db', 201)
    expect(inventory.serviceAt('10.77.0.5', 5432, 'tcp', 300)?.name).toBe('db')
  })
})

describe('a service that changes often', () => {
  it('is known from its beginning on, and is one service for as long as its ports are', () => {
    const inventory = createInventory()
    const at = (moment: number) => inventory.serviceAt('10.96.0.30', 80, 'tcp', moment)
    for (let i = 0; i < 200; i++) {
      const ports = [{ name: 'web', port: 80, nodePort: 30_000 + i }]
      inventory.put(service('hot', { clusterIP: '10.96.0.30', ports }), 100 + i)
    }
    expect([at(100)?.name, at(5000)?.id]).toEqual(['hot', at(100)?.id])
    for (let i = 0; i < 200; i++) {
      inventory.put(service('hot', { clusterIP: '10.96.0.30', ports: [{ name: `p${i}`, port: 80 }] }), 1000 + i)
    }
    expect([at(100)?.name, at(5000)?.portName]).toEqual(['hot', 'p199'])
  })
})

describe('a connection that was translated for a service', () => {
  const ports = [{ name: 'https', port: 443, nodePort: 30_443 }]
  const inventory = createInventory()
  inventory.put(node('n1', '192.168.1.10'), 0)
  inventory.put(service('lb', { clusterIP: '10.96.0.20', ports }, 50), 50)
  inventory.remove('svc-lb', 200)
  inventory.put(service('other', { clusterIP: '10.96.0.20', ports }, 210), 210)
  it.each([
    [100, 'lb'],
    [205, 'lb'],
    [215, 'other'],
  ])('was there at %i is of %s', (moment, expected) => {
    expect(inventory.translatedAt('10.96.0.20', 443, 'tcp', moment)?.name).toBe(expected)
    expect(inventory.translatedAt('192.168.1.10', 30_443, 'tcp', moment)?.name).toBe(expected)
  })
  it('begins with none once the service is gone', () => {
    expect(inventory.serviceAt('10.96.0.20', 443, 'tcp', 205)).toBeUndefined()
  })
})

describe('a service of many slices', () => {
  const sliceOf = (uid: string, ip: string, ready = true) =>
    read({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: uid, namespace: 'shop', uid, labels: { 'kubernetes.io/service-name': 'many' } },
      endpoints: [{ addresses: [ip], conditions: { ready } }],
      ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
    })
  const many = service('many', { clusterIP: '10.96.0.40', selector: { app: 'x' }, ports: [{ name: 'web', port: 80 }] })

  it('is backed by one that is ready all the while, however often another one changes', () => {
    const inventory = createInventory()
    inventory.put(many, 100)
    inventory.put(sliceOf('steady', '10.0.0.1'), 100)
    for (let at = 200; at < 600; at += 4) {
      inventory.put(sliceOf('flaps', '10.0.0.2'), at)
      inventory.put(sliceOf('flaps', '10.0.0.2', false), at + 2)
    }
    expect(inventory.unbackedIn('10.96.0.40', 80, 'tcp', 600, 610)).toBeUndefined()
  })
  it('is not one workload where the oldest slice names a pod of another', () => {
    const inventory = createInventory()
    inventory.put(many, 100)
    for (let at = 0; at < 100; at++) {
      const ip = `10.1.0.${at}`
      inventory.put(pod(`w-${at}`, `w-${at}`, ip, { start: 50, generateName: at === 0 ? 'old-' : 'web-' }), 100)
      inventory.put(sliceOf(`s-${at}`, ip), 100 + at)
    }
    expect(inventory.workloadBehind('10.96.0.40', 80, 'tcp', 300)).toBeUndefined()
  })
})
