import { describe, expect, it } from 'vitest'
import { readClusterObject } from '../objects/read-object.ts'
import { createInventory } from './inventory.ts'
import { readYaml } from './yaml-source.ts'

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

const read = (value: unknown) => {
  const object = readClusterObject(value)
  if (object.kind !== 'object') throw new Error(JSON.stringify(object))
  return object.object
}
const pod = (
  name: string,
  uid: string,
  ip: string,
  change: {
    phase?: string
    start?: number
    end?: number
    deleted?: number
    labels?: Record<string, string>
    hostNetwork?: boolean
  } = {},
) =>
  read({
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid,
      generateName: `${name.split('-')[0]}-`,
      labels: change.labels ?? {},
      ...(change.deleted === undefined ? {} : { deletionTimestamp: iso(change.deleted) }),
    },
    spec: { nodeName: 'n1', hostNetwork: change.hostNetwork ?? false },
    status: {
      phase: change.phase ?? 'Running',
      ...(ip === '' ? {} : { podIP: ip }),
      ...(change.start === undefined ? {} : { startTime: iso(change.start) }),
      containerStatuses: change.end === undefined ? [] : [{ state: { terminated: { finishedAt: iso(change.end) } } }],
    },
  })
const nameAt = (inventory: ReturnType<typeof createInventory>, ip: string, moment: number) => {
  const { name, nameAggr } = inventory.endpointAt(ip, moment)
  return name === '-' ? nameAggr : name
}

describe('an address over time', () => {
  it('is the finished job before and its successor after, also when asked later', () => {
    const inventory = createInventory()
    inventory.put(pod('job-1', 'u1', '10.77.0.2', { start: 1000 }), 1000)
    inventory.put(pod('job-1', 'u1', '10.77.0.2', { start: 1000, phase: 'Succeeded', end: 1100 }), 1105)
    inventory.put(pod('web-1', 'u2', '10.77.0.2', { start: 1110 }), 1112)
    expect([1050, 1099, 1105, 1110, 4700].map((at) => nameAt(inventory, '10.77.0.2', at))).toEqual([
      'job-1',
      'job-1',
      'pvt',
      'web-1',
      'web-1',
    ])
  })
  it('goes to the successor even if the job was only ever seen finished', () => {
    const inventory = createInventory()
    inventory.put(pod('web-1', 'u2', '10.77.0.2', { start: 1110 }), 1112)
    inventory.put(pod('job-1', 'u1', '10.77.0.2', { start: 1000, phase: 'Failed', end: 1100 }), 1200)
    expect([1050, 1150, 1300].map((at) => nameAt(inventory, '10.77.0.2', at))).toEqual(['job-1', 'web-1', 'web-1'])
  })
  it('is not wiped by the late end of an old uid of the same name', () => {
    const inventory = createInventory()
    inventory.put(pod('web-1', 'old', '10.77.0.2', { start: 1000 }), 1000)
    inventory.put(pod('web-1', 'new', '10.77.0.3', { start: 1200 }), 1200)
    inventory.remove('old', 1300)
    expect(nameAt(inventory, '10.77.0.3', 1400)).toBe('web-1')
    expect(nameAt(inventory, '10.77.0.2', 1250)).toBe('web-1')
    expect(nameAt(inventory, '10.77.0.2', 1400)).toBe('pvt')
  })
  it('is not wiped by the late end of an old uid that had the same address', () => {
    const inventory = createInventory()
    inventory.put(pod('a-1', 'old', '10.77.0.2', { start: 1000 }), 1000)
    inventory.put(pod('b-1', 'new', '10.77.0.2', { start: 1200 }), 1200)
    inventory.put(pod('a-1', 'old', '10.77.0.2', { start: 1000, phase: 'Succeeded' }), 1250)
    inventory.remove('old', 1300)
    expect([1100, 1249, 1400].map((at) => nameAt(inventory, '10.77.0.2', at))).toEqual(['a-1', 'b-1', 'b-1'])
  })
  it('has the labels of the moment', () => {
    const inventory = createInventory()
    inventory.put(pod('web-1', 'u', '10.77.0.2', { start: 1000, labels: { app: 'old' } }), 1000)
    inventory.put(pod('web-1', 'u', '10.77.0.2', { start: 1000, labels: { app: 'new' } }), 2000)
    expect(inventory.endpointAt('10.77.0.2', 1500).labels).toEqual(['app=old'])
    expect(inventory.endpointAt('10.77.0.2', 2500).labels).toEqual(['app=new'])
  })
  it('costs the same to ask however many pods had it, for the present', () => {
    const inventory = createInventory()
    for (let i = 0; i < 1000; i++) {
      inventory.put(pod(`w-${i}`, `u${i}`, '10.77.0.2', { start: 1000 + i }), 1000 + i)
      inventory.remove(`u${i}`, 1001 + i)
    }
    expect(nameAt(inventory, '10.77.0.2', 5000)).toBe('pvt')
    expect(nameAt(inventory, '10.77.0.2', 1999)).toBe('w-999')
  })
})

describe('an address in the interval of a row', () => {
  it('is the pod that lived within it, also when it ended before the interval did', () => {
    const inventory = createInventory()
    inventory.put(pod('job-1', 'u1', '10.77.0.2', { start: 1002 }), 1002)
    inventory.put(pod('job-1', 'u1', '10.77.0.2', { start: 1002, phase: 'Succeeded', end: 1003 }), 1004)
    inventory.remove('u1', 1006)
    expect(inventory.endpointAt('10.77.0.2', 1010, 1000).name).toBe('job-1')
    expect(inventory.endpointAt('10.77.0.2', 1020, 1010).nameAggr).toBe('pvt')
  })
  it('is the one who had it longest, where it changed hands', () => {
    const inventory = createInventory()
    inventory.put(pod('job-1', 'u1', '10.77.0.2', { start: 900 }), 900)
    inventory.put(pod('job-1', 'u1', '10.77.0.2', { start: 900, phase: 'Succeeded', end: 1008 }), 1008)
    inventory.put(pod('web-1', 'u2', '10.77.0.2', { start: 1008 }), 1009)
    expect(inventory.endpointAt('10.77.0.2', 1010, 1000).name).toBe('job-1')
    expect(inventory.endpointAt('10.77.0.2', 1020, 1010).name).toBe('web-1')
  })
  it('is the newest version of that pod', () => {
    const inventory = createInventory()
    inventory.put(pod('web-1', 'u', '10.77.0.2', { start: 900, labels: { app: 'old' } }), 900)
    inventory.put(pod('web-1', 'u', '10.77.0.2', { start: 900, labels: { app: 'new' } }), 1008)
    expect(inventory.endpointAt('10.77.0.2', 1010, 1000).labels).toEqual(['app=new'])
    expect(inventory.endpointAt('10.77.0.2', 1007, 1000).labels).toEqual(['app=old'])
  })
})

describe('that an address passed from one owner to another', () => {
  const watch = () => {
    let told = 0
    const inventory = createInventory({ onHandover: () => told++ })
    return { inventory, told: () => told }
  }
  const job = (change: object = {}) => pod('job-1', 'u1', '10.77.0.2', { start: 900, ...change })
  const web = (change: object = {}) => pod('web-1', 'u2', '10.77.0.2', { start: 1008, ...change })
  it('is told once, where it was shortly after', () => {
    const { inventory, told } = watch()
    inventory.put(job(), 900)
    inventory.put(job({ phase: 'Succeeded', end: 1008 }), 1008)
    expect(told()).toBe(0)
    inventory.put(web(), 1009)
    inventory.put(web({ labels: { app: 'web' } }), 1010)
    inventory.remove('u1', 1011)
    expect(told()).toBe(1)
  })
  it('is told where the one before is not known to have lost it', () => {
    const { inventory, told } = watch()
    inventory.put(job(), 900)
    inventory.put(web(), 1009)
    expect(told()).toBe(1)
  })
  it('is not told of an address that was nobody’s for longer than an interval lasts, or of the first owner', () => {
    const { inventory, told } = watch()
    inventory.put(job(), 900)
    inventory.remove('u1', 948)
    inventory.put(web(), 1009)
    expect(told()).toBe(0)
  })
})

describe('a pod whose address the API tells of late', () => {
  const pending = (start: number) => pod('web-1', 'u2', '', { start, phase: 'Pending' })
  it('has it since it started', () => {
    const inventory = createInventory()
    inventory.put(pending(1000), 1000)
    inventory.put(pod('web-1', 'u2', '10.77.0.2', { start: 1000 }), 1004)
    expect([999, 1000, 1004].map((at) => nameAt(inventory, '10.77.0.2', at))).toEqual(['pvt', 'web-1', 'web-1'])
  })
  it('has it since the one before lost it', () => {
    const inventory = createInventory()
    inventory.put(pod('old', 'u1', '10.77.0.2', { start: 900 }), 900)
    inventory.put(pending(1000), 1000)
    inventory.put(pod('old', 'u1', '10.77.0.2', { start: 900, phase: 'Succeeded', end: 1002 }), 1003)
    inventory.put(pod('web-1', 'u2', '10.77.0.2', { start: 1000 }), 1004)
    expect([1002, 1003, 1004].map((at) => nameAt(inventory, '10.77.0.2', at))).toEqual(['old', 'web-1', 'web-1'])
  })
  it('has it since the last word of one that is being deleted and is not gone yet', () => {
    const inventory = createInventory()
    inventory.put(pod('old', 'u1', '10.77.0.2', { start: 900 }), 900)
    inventory.put(pod('old', 'u1', '10.77.0.2', { start: 900, deleted: 1001 }), 1001)
    inventory.put(pending(990), 990)
    inventory.put(pod('web-1', 'u2', '10.77.0.2', { start: 990 }), 1004)
    inventory.remove('u1', 1030)
    expect([1000, 1001, 1010, 1040].map((at) => nameAt(inventory, '10.77.0.2', at))).toEqual([
      'old',
      'web-1',
      'web-1',
      'web-1',
    ])
  })
  it('that is being deleted loses it when its last container ended', () => {
    const inventory = createInventory()
    inventory.put(pod('old', 'u1', '10.77.0.2', { start: 900 }), 900)
    inventory.put(pod('old', 'u1', '10.77.0.2', { start: 900, deleted: 1001, end: 1002 }), 1005)
    expect([1002, 1003].map((at) => nameAt(inventory, '10.77.0.2', at))).toEqual(['old', 'pvt'])
  })
})

describe('a pod on the network of its host', () => {
  const node = (name: string, ip: string) =>
    read({ kind: 'Node', metadata: { name, uid: name }, status: { addresses: [{ type: 'InternalIP', address: ip }] } })
  const hostPod = (name: string, nodeName: string, ports: number[], phase = 'Running') =>
    read({
      kind: 'Pod',
      metadata: { name, namespace: 'kube-system', uid: `${name}-${nodeName}` },
      spec: {
        nodeName,
        hostNetwork: true,
        containers: [{ name: 'c', ports: ports.map((containerPort) => ({ containerPort })) }],
      },
      status: { phase, podIP: '192.168.1.1', startTime: iso(100) },
    })
  const inventory = createInventory()
  inventory.put(node('n1', '192.168.1.1'), 0)
  inventory.put(hostPod('proxy', 'n1', [10_256, 9100]), 200)
  inventory.put(hostPod('exporter', 'n1', [9100]), 200)
  inventory.put(hostPod('proxy', 'n2', [10_256]), 200)

  it('is named by a port that it alone declares on its node', () => {
    expect(inventory.hostPodAt('n1', 10_256, 'tcp', 300)?.name).toBe('proxy')
    expect(inventory.hostPodAt('n1', 10_256, 'udp', 300)).toBeUndefined()
    expect(inventory.hostPodAt('n1', 80, 'tcp', 300)).toBeUndefined()
  })
  it('is not named where another one declares the port too', () => {
    expect(inventory.hostPodAt('n1', 9100, 'tcp', 300)).toBeUndefined()
    inventory.remove('proxy-n1', 400)
    expect(inventory.hostPodAt('n1', 9100, 'tcp', 500)?.name).toBe('exporter')
    expect(inventory.hostPodAt('n1', 9100, 'tcp', 399)).toBeUndefined()
  })
})

describe('headless services', () => {
  const headless = (name: string) =>
    read({
      kind: 'Service',
      metadata: { name, namespace: 'data', uid: `svc-${name}` },
      spec: { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'pg', port: 5432 }] },
    })
  const slice = (service: string, addresses: string[], ready?: boolean) =>
    read({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${service}-x`,
        namespace: 'data',
        uid: `slice-${service}`,
        labels: { 'kubernetes.io/service-name': service },
      },
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
      ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
    })
  it('are known by the endpoints that are dialled, whichever of the two objects comes first', () => {
    for (const objects of [
      [headless('db'), slice('db', ['10.77.0.5'])],
      [slice('db', ['10.77.0.5']), headless('db')],
    ]) {
      const inventory = createInventory()
      for (const object of objects) inventory.put(object, 100)
      expect(inventory.serviceAt('10.77.0.5', 5432, 'tcp', 200)).toMatchObject({
        name: 'db',
        namespace: 'data',
        portName: 'pg',
        port: 5432,
      })
      expect(inventory.serviceAt('10.77.0.6', 5432, 'tcp', 200)).toBeUndefined()
    }
  })
  it('give up endpoints that left, are not ready, or whose service is gone', () => {
    const inventory = createInventory()
    inventory.put(headless('db'), 100)
    inventory.put(slice('db', ['10.77.0.5', '10.77.0.6']), 100)
    inventory.put(slice('db', ['10.77.0.6']), 200)
    expect(inventory.serviceAt('10.77.0.5', 5432, 'tcp', 150)?.name).toBe('db')
    expect(inventory.serviceAt('10.77.0.5', 5432, 'tcp', 250)).toBeUndefined()
    inventory.put(slice('db', ['10.77.0.6'], false), 300)
    expect(inventory.serviceAt('10.77.0.6', 5432, 'tcp', 350)).toBeUndefined()
    inventory.put(slice('db', ['10.77.0.6'], true), 400)
    inventory.remove('svc-db', 500)
    expect(inventory.serviceAt('10.77.0.6', 5432, 'tcp', 450)?.name).toBe('db')
    expect(inventory.serviceAt('10.77.0.6', 5432, 'tcp', 550)).toBeUndefined()
  })
  it('are not named where two name the endpoint, nor are services that have an address of their own', () => {
    const inventory = createInventory()
    inventory.put(headless('db'), 100)
    inventory.put(headless('all'), 100)
    inventory.put(slice('db', ['10.77.0.5']), 100)
    inventory.put(slice('all', ['10.77.0.5']), 100)
    expect(inventory.serviceAt('10.77.0.5', 5432, 'tcp', 200)).toBeUndefined()
    inventory.remove('svc-all', 300)
    expect(inventory.serviceAt('10.77.0.5', 5432, 'tcp', 400)?.name).toBe('db')
    inventory.put(slice('clustered', ['10.77.0.9']), 100)
    expect(inventory.serviceAt('10.77.0.9', 5432, 'tcp', 400)).toBeUndefined()
  })
})

describe('a shared address', () => {
  it('is the host; its pods are told apart by uid', () => {
    const inventory = createInventory()
    inventory.put(
      read({
        kind: 'Node',
        metadata: { name: 'n1' },
        status: {
          addresses: [
            { type: 'InternalIP', address: '192.168.1.1' },
            { type: 'Hostname', address: 'n1' },
          ],
        },
      }),
      0,
    )
    inventory.put(pod('proxy-a', 'ua', '192.168.1.1', { hostNetwork: true }), 0)
    inventory.put(pod('proxy-b', 'ub', '192.168.1.1', { hostNetwork: true }), 0)
    expect(inventory.endpointAt('192.168.1.1', 10)).toMatchObject({ type: 'hep', nameAggr: 'n1' })
    expect([inventory.podAt('ua', 10)?.name, inventory.podAt('ub', 10)?.name]).toEqual(['proxy-a', 'proxy-b'])
    expect(inventory.nodeOf('192.168.1.1', 10)).toBe('n1')
  })
})

describe('services', () => {
  const service = read({
    kind: 'Service',
    metadata: { name: 's', namespace: 'shop' },
    spec: {
      clusterIP: '10.96.0.10',
      externalIPs: ['203.0.113.9'],
      ports: [
        { name: 'http', port: 80, nodePort: 30_080 },
        { name: 'udp-a', port: 53, protocol: 'UDP' },
        { name: 'b', port: 53 },
      ],
    },
  })
  it('are found by what a client dialled, protocol and node port included', () => {
    const inventory = createInventory()
    inventory.put(
      read({
        kind: 'Node',
        metadata: { name: 'n1' },
        status: { addresses: [{ type: 'InternalIP', address: '192.168.1.1' }] },
      }),
      0,
    )
    inventory.put(service, 0)
    expect(inventory.serviceAt('10.96.0.10', 80, 'tcp', 5)).toMatchObject({
      name: 's',
      namespace: 'shop',
      portName: 'http',
      port: 80,
    })
    expect(inventory.serviceAt('203.0.113.9', 80, 'tcp', 5)?.name).toBe('s')
    expect(inventory.serviceAt('192.168.1.1', 30_080, 'tcp', 5)?.port).toBe(80)
    expect(inventory.serviceAt('10.96.0.10', 53, 'udp', 5)?.portName).toBe('*')
    expect(inventory.serviceAt('10.96.0.10', 80, 'udp', 5)).toBeUndefined()
    expect(inventory.serviceAt('10.77.0.2', 8080, 'tcp', 5)).toBeUndefined()
  })
  it('are their workload where everything behind them is of one, whichever pod would have answered', () => {
    const inventory = createInventory()
    const slice = (...addresses: readonly string[]) =>
      read({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 's-1', namespace: 'shop', uid: 's-1', labels: { 'kubernetes.io/service-name': 's' } },
        endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: false } })),
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      })
    const behind = (moment: number) => inventory.workloadBehind('10.96.0.10', 80, 'tcp', moment)
    inventory.put(service, 0)
    expect(behind(5)).toBeUndefined()
    inventory.put(pod('web-a', 'u1', '10.77.0.5', { labels: { app: 'web', one: 'a' } }), 10)
    inventory.put(pod('web-b', 'u2', '10.77.0.6', { labels: { app: 'web', one: 'b' } }), 10)
    inventory.put(pod('old-a', 'u3', '10.77.0.7'), 10)
    inventory.put(slice('10.77.0.5', '10.77.0.6'), 20)
    const found = behind(25)
    expect(found).toMatchObject({
      type: 'wep',
      namespace: 'shop',
      name: '-',
      nameAggr: 'web-*',
      labels: ['app=web'],
    })
    expect(behind(26)).toBe(found)
    inventory.put(slice('10.77.0.5', '10.77.0.7'), 30)
    expect([behind(25), behind(35)]).toEqual([found, undefined])
    inventory.remove('s-1', 40)
    expect(behind(45)).toBeUndefined()
    expect(inventory.workloadBehind('10.77.0.5', 80, 'tcp', 25)).toBeUndefined()
  })
  it('give an address up that they lose', () => {
    const inventory = createInventory()
    inventory.put(service, 0)
    inventory.put(
      read({
        kind: 'Service',
        metadata: { name: 's', namespace: 'shop' },
        spec: { clusterIP: '10.96.0.11', ports: [{ port: 80 }] },
      }),
      100,
    )
    expect(inventory.serviceAt('10.96.0.10', 80, 'tcp', 50)?.name).toBe('s')
    expect(inventory.serviceAt('10.96.0.10', 80, 'tcp', 150)).toBeUndefined()
  })
})

describe('networks', () => {
  const set = (name: string, nets: string[], namespace?: string) =>
    read({
      apiVersion: 'projectcalico.org/v3',
      kind: namespace ? 'NetworkSet' : 'GlobalNetworkSet',
      metadata: { name, ...(namespace ? { namespace } : {}) },
      spec: { nets },
    })
  const named = (inventory: ReturnType<typeof createInventory>, ip: string, namespace?: string) => {
    const { type, nameAggr, namespace: own } = inventory.endpointAt(ip, 5, 5, namespace)
    return `${type} ${own} ${nameAggr}`
  }

  it('are sets by longest prefix, else pvt and pub', () => {
    const inventory = createInventory()
    inventory.put(set('wide', ['198.51.0.0/16', 'fd00::/8']), 0)
    inventory.put(set('narrow', ['198.51.100.0/24']), 0)
    expect(['198.51.100.7', '198.51.7.7', 'fd00::1', '10.0.0.1', '8.8.8.8'].map((ip) => named(inventory, ip))).toEqual([
      'ns - narrow',
      'ns - wide',
      'ns - wide',
      'net - pvt',
      'net - pub',
    ])
  })

  it("are sets of the workload's own namespace first, then global ones, then others, then by name", () => {
    const inventory = createInventory()
    inventory.put(set('global', ['198.51.100.0/30']), 0)
    inventory.put(set('own', ['198.51.0.0/16'], 'shop'), 0)
    inventory.put(set('others', ['198.51.100.0/28', '203.0.113.0/24'], 'data'), 0)
    inventory.put(set('b', ['203.0.113.0/24'], 'web'), 0)
    expect(named(inventory, '198.51.100.1', 'shop')).toBe('ns shop own')
    expect(named(inventory, '198.51.100.1', 'else')).toBe('ns - global')
    expect(named(inventory, '198.51.100.9', 'else')).toBe('ns data others')
    expect(named(inventory, '203.0.113.1', 'else')).toBe('ns data others')
    expect(named(inventory, '203.0.113.1', 'web')).toBe('ns web b')
    expect(inventory.dependsOnNamespace).toBe(true)
  })

  it('end with their set', () => {
    const inventory = createInventory()
    const gone = set('gone', ['198.51.100.0/24'], 'shop')
    inventory.put(gone, 0)
    inventory.remove(gone.uid, 4)
    expect(named(inventory, '198.51.100.1', 'shop')).toBe('net - pub')
  })
})

describe('YAML files', () => {
  it('give their objects and name what cannot be read', () => {
    const text =
      'kind: Pod\nmetadata: {name: a-1, namespace: shop}\nstatus: {podIP: 10.0.0.1}\n---\nkind: Event\nmetadata: {name: d}\n---\nkind: Node\n---\nkind: List\nitems:\n- {kind: Namespace, metadata: {name: shop}}\n'
    const { objects, problems } = readYaml(text)
    expect(objects.map(({ kind }) => kind)).toEqual(['Pod', 'Namespace'])
    expect(problems).toEqual([expect.stringMatching(/^Node without name: metadata/)])
  })
})
