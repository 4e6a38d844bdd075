// Who has an address where several say they do, and where nobody saw when it changed hands.
import { describe, expect, it } from 'vitest'
import { createInventory } from './inventory.ts'
import { iso, nameAt, node, pod } from './testing.ts'

const ip = '10.0.0.2'
const running = (seconds: number) => ({ name: 'c', state: { running: { startedAt: iso(seconds) } } })
const terminated = (seconds?: number) => ({
  name: 'c',
  state: { terminated: seconds === undefined ? {} : { finishedAt: iso(seconds) } },
})

describe('an object that holds an address no more and still changes', () => {
  it('does not take it back: a pod of a lost node that is evicted', () => {
    const inventory = createInventory()
    inventory.put(pod('old', 'old', ip, { start: 100 }), 101)
    inventory.put(pod('new', 'new', ip, { start: 900 }), 905)
    inventory.put(pod('old', 'old', ip, { start: 100, deleted: 990 }), 960)
    expect([500, 920, 970, 2000].map((at) => nameAt(inventory, ip, at))).toEqual(['old', 'new', 'new', 'new'])
    expect(inventory.endpointAt(ip, 975, 965).name).toBe('new')
    inventory.remove('old', 1000)
    expect(nameAt(inventory, ip, 2000)).toBe('new')
  })
  it('does not take it back: a node that is not ready', () => {
    const inventory = createInventory()
    inventory.put(node('spot-1', ip, { created: 100 }), 0)
    inventory.put(node('spot-2', ip, { created: 900 }), 905)
    inventory.put(node('spot-1', ip, { created: 100, labels: { tainted: 'yes' } }), 940)
    expect([500, 910, 960].map((at) => nameAt(inventory, ip, at))).toEqual(['spot-1', 'spot-2', 'spot-2'])
    expect(inventory.nodeOf(ip, 960)).toBe('spot-2')
  })
  it('does not count for the time that another had it, where its end is told late', () => {
    const inventory = createInventory()
    inventory.put(pod('a', 'a', ip, { start: 1 }), 2)
    inventory.put(pod('b', 'b', ip, { start: 125 }), 131)
    inventory.remove('a', 140)
    const during = (since: number) => inventory.endpointAt(ip, since + 10, since).name
    expect([115, 122, 128, 130].map(during)).toEqual(['a', 'a', 'b', 'b'])
  })
})

describe('an object that changes often', () => {
  it('is known from its beginning on: a pod', () => {
    const inventory = createInventory()
    for (let i = 0; i < 200; i++) {
      inventory.put(pod('web', 'u', ip, { start: 100, labels: { i: String(i) } }), 100 + i * 10)
    }
    expect(nameAt(inventory, ip, 105)).toBe('web')
    expect(inventory.podAt('u', 105)?.name).toBe('web')
    expect(inventory.endpointAt(ip, 5000).labels).toEqual(['i=199'])
  })
  it('is one endpoint for as long as it is named the same', () => {
    const inventory = createInventory()
    for (let i = 0; i < 200; i++) {
      const statuses = [{ name: 'c', containerID: `${i}`, state: {} }]
      inventory.put(pod('web', 'u', ip, { start: 100, statuses }), 100 + i * 10)
    }
    const ids = [100, 1000, 3000].map((at) => inventory.endpointAt(ip, at).id)
    expect(new Set([...ids, inventory.podAt('u', 3000)!.id]).size).toBe(1)
  })
})

describe('an address whose change of hands nobody saw', () => {
  it('is the new one since its containers run, though the old one was never said to end', () => {
    const inventory = createInventory()
    inventory.put(pod('a', 'a', ip, { start: 1 }), 2)
    inventory.put(pod('b', 'b', ip, { start: 98, statuses: [running(100)] }), 300, 50)
    inventory.remove('a', 300, 50)
    expect([60, 99, 100, 250, 400].map((at) => nameAt(inventory, ip, at))).toEqual(['a', 'a', 'b', 'b', 'b'])
  })
  it('is the new one since it started, or since nobody watched, where its containers say nothing', () => {
    const inventory = createInventory()
    for (const [address, unseenSince] of [
      [ip, 50],
      ['10.0.0.3', 150],
    ] as const) {
      inventory.put(pod(`a-${address}`, `a-${address}`, address, { start: 1 }), 2)
      inventory.put(pod(`b-${address}`, `b-${address}`, address, { start: 100 }), 300, unseenSince)
    }
    expect([99, 100, 299].map((at) => nameAt(inventory, ip, at))).toEqual([`a-${ip}`, `b-${ip}`, `b-${ip}`])
    expect([149, 150].map((at) => nameAt(inventory, '10.0.0.3', at))).toEqual(['a-10.0.0.3', 'b-10.0.0.3'])
  })
  it('stays with a pod that terminates until the containers of the next one run', () => {
    const inventory = createInventory()
    inventory.put(pod('a', 'a', ip, { start: 1 }), 2)
    inventory.put(pod('a', 'a', ip, { start: 1, deleted: 130 }), 100)
    inventory.put(pod('b', 'b', '', { start: 101, phase: 'Pending' }), 101)
    const conditions = [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: iso(131) }]
    inventory.put(pod('b', 'b', ip, { start: 101, statuses: [running(132)], conditions }), 133)
    inventory.remove('a', 133)
    expect([99, 105, 130, 131, 134].map((at) => nameAt(inventory, ip, at))).toEqual(['a', 'a', 'a', 'b', 'b'])
  })
  it('is not what a pod had before its sandbox was made anew', () => {
    const inventory = createInventory()
    inventory.put(pod('w', 'w', ip, { start: 100, statuses: [running(101)] }), 102)
    inventory.put(pod('w', 'w', '', { start: 100, statuses: [running(101)] }), 4998)
    inventory.put(pod('w', 'w', '10.0.0.9', { start: 100, statuses: [running(4999)] }), 5001)
    inventory.put(pod('x', 'x', '10.0.0.4', { start: 100 }), 102)
    inventory.put(pod('x', 'x', '10.0.0.5', { start: 100 }), 5000)
    expect([200, 4998, 4999, 5002].map((at) => nameAt(inventory, '10.0.0.9', at))).toEqual(['pvt', 'pvt', 'w', 'w'])
    expect([200, 4999, 5000].map((at) => nameAt(inventory, '10.0.0.5', at))).toEqual(['pvt', 'pvt', 'x'])
    expect(nameAt(inventory, ip, 200)).toBe('w')
  })
})

describe('clocks that differ', () => {
  it('do not keep the name of a pod away that starts by the other clock only later', () => {
    const inventory = createInventory()
    inventory.put(pod('job', 'u', ip, { start: 105 }), 101)
    expect([101, 103].map((at) => nameAt(inventory, ip, at))).toEqual(['job', 'job'])
    inventory.put(pod('job', 'u', ip, { start: 105, phase: 'Succeeded', end: 110 }), 106)
    expect([106, 107].map((at) => nameAt(inventory, ip, at))).toEqual(['job', 'pvt'])
  })
  it('do not keep the name of a node away', () => {
    const inventory = createInventory()
    inventory.put(node('n2', ip, { created: 105 }), 101)
    expect(nameAt(inventory, ip, 102)).toBe('n2')
  })
})

describe('a pod that ends', () => {
  const deleted = { start: 1, deleted: 130 }
  it.each([
    ['found at a first look', 0],
    ['told of when it had ended', 500],
  ])('has the address that it had until then, %s', (_, at) => {
    const inventory = createInventory()
    inventory.put(pod('job', 'job', ip, { start: 100, phase: 'Succeeded', end: 200 }), at)
    inventory.put(pod('next', 'next', ip, { start: 300 }), at)
    expect([99, 100, 200, 201, 300].map((moment) => nameAt(inventory, ip, moment))).toEqual([
      'pvt',
      'job',
      'job',
      'pvt',
      'next',
    ])
  })
  it('and was found like that without a word of when has no address that anybody knows of', () => {
    const inventory = createInventory()
    inventory.put(pod('job', 'job', ip, { start: 100, phase: 'Failed', statuses: [terminated()] }), 0)
    expect([99, 100, 5000].map((moment) => nameAt(inventory, ip, moment))).toEqual(['pvt', 'pvt', 'pvt'])
  })
  it('keeps its address while a sidecar still runs', () => {
    const inventory = createInventory()
    inventory.put(pod('w', 'w', ip, { start: 1 }), 2)
    const statuses = [terminated(101)]
    inventory.put(pod('w', 'w', ip, { ...deleted, statuses, initStatuses: [running(1)] }), 102)
    expect(nameAt(inventory, ip, 110)).toBe('w')
    inventory.put(pod('w', 'w', ip, { ...deleted, statuses, initStatuses: [terminated(120)] }), 122)
    expect([120, 121].map((at) => nameAt(inventory, ip, at))).toEqual(['w', 'pvt'])
  })
  it('keeps it until it is told, where one of its containers does not say when it ended', () => {
    const inventory = createInventory()
    inventory.put(pod('w', 'w', ip, { start: 1 }), 2)
    inventory.put(pod('w', 'w', ip, { start: 1, phase: 'Failed', statuses: [terminated(10), terminated()] }), 100)
    expect([50, 100, 101].map((at) => nameAt(inventory, ip, at))).toEqual(['w', 'w', 'pvt'])
  })
  it('of which one container never ran ended with the others', () => {
    const inventory = createInventory()
    inventory.put(pod('w', 'w', ip, { start: 1 }), 2)
    const statuses = [terminated(10), { name: 'never', state: { waiting: { reason: 'Blocked' } } }]
    inventory.put(pod('w', 'w', ip, { start: 1, phase: 'Failed', statuses }), 100)
    expect([10, 11].map((at) => nameAt(inventory, ip, at))).toEqual(['w', 'pvt'])
  })
})

describe('a static pod', () => {
  const hash = '0123456789abcdef0123456789abcdef'
  const mirror = (uid: string, runsAs = hash) =>
    pod('etcd-ip-10-0-0-1.ec2.internal', uid, '192.168.1.1', {
      start: 100,
      hostNetwork: true,
      annotations: { 'kubernetes.io/config.hash': runsAs, 'kubernetes.io/config.source': 'file' },
    })
  it('is known by the uid that its kubelet runs it under', () => {
    const inventory = createInventory()
    inventory.put(mirror('m1'), 0)
    expect(inventory.podAt(hash, 200)).toBe(inventory.podAt('m1', 200))
    expect(inventory.podAt(hash, 200)).toMatchObject({ uid: 'm1', nameAggr: 'etcd-ip-10-0-0-1.ec2.internal' })
  })
  it('stays known while its mirror is made anew, and is known by another uid once its file changed', () => {
    const inventory = createInventory()
    inventory.put(mirror('m1'), 0)
    inventory.remove('m1', 200)
    expect(inventory.podAt(hash, 210)?.uid).toBe('m1')
    inventory.put(mirror('m2'), 220)
    expect(inventory.podAt(hash, 230)?.uid).toBe('m2')
    const other = 'fedcba9876543210fedcba9876543210'
    inventory.put(mirror('m3', other), 300)
    expect([inventory.podAt(other, 310)?.uid, inventory.podAt(hash, 310)?.uid]).toEqual(['m3', 'm2'])
  })
})

describe('the aggregated name', () => {
  it.each([
    ['is the generated prefix', 'web-7d9f-abc', 'web-7d9f-', 'web-7d9f-*'],
    ['is the prefix as it was given', 'gen-abc', 'gen', 'gen*'],
    ['is the whole name of a pod that was named by whoever made it', 'spark-pi-driver', undefined, 'spark-pi-driver'],
  ])('%s', (_, name, generateName, expected) => {
    const inventory = createInventory()
    const owners = [{ kind: 'Owner', name: 'some-owner', uid: 'o', controller: true }]
    inventory.put(pod(name, 'u', ip, { start: 1, generateName, owners }), 2)
    expect(inventory.endpointAt(ip, 5).nameAggr).toBe(expected)
  })
})

it('an address is the same in every spelling', () => {
  const inventory = createInventory()
  inventory.put(pod('web', 'u', ip, { start: 1 }), 2)
  inventory.put(pod('six', 'v', 'fd00:0:0::5', { start: 1 }), 2)
  expect(['::ffff:10.0.0.2', '::FFFF:0a00:2'].map((text) => nameAt(inventory, text, 5))).toEqual(['web', 'web'])
  expect(['fd00::5', 'FD00:0:0:0:0:0:0:5'].map((text) => nameAt(inventory, text, 5))).toEqual(['six', 'six'])
})
