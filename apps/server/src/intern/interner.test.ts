// Names, services, `counts` and identities of rows, from frames as agents send them.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@margay/kit'
import type { Row } from '@margay/model'
import { logType } from '@margay/model'
import { createBlockBuilder } from '@margay/store'
import { createFrameBuilder, decodeFrame } from '@margay/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createInventory } from '../inventory/inventory.ts'
import { readYaml } from '../inventory/yaml-source.ts'
import { createAgentsFile } from './agents-file.ts'
import { createAgents } from './agents.ts'
import { createEpochs } from './epochs.ts'
import { createInterner } from './interner.ts'

const now = 1_793_000_100
const cluster = `
kind: Pod
metadata: {name: web-7d9f-abc, namespace: shop, uid: uid-web, generateName: web-7d9f-, labels: {app: web}}
spec: {nodeName: n1}
status: {phase: Running, podIP: 10.77.0.1}
---
kind: Pod
metadata: {name: db-0, namespace: data, uid: uid-db}
spec: {nodeName: n2}
status: {phase: Running, podIP: 10.77.0.2}
---
kind: Service
metadata: {name: db, namespace: data}
spec: {clusterIP: 10.96.0.10, ports: [{name: pg, port: 5432}]}
`

const quiet = createLogger({ level: 'error', form: 'json' }, { write: () => {} })

/** With a path, a server that keeps its agents there. */
function setUp(yaml = '', kept?: string) {
  const inventory = createInventory()
  for (const object of readYaml(yaml).objects) inventory.put(object, 0)
  const agents = createAgents(inventory)
  const file = kept === undefined ? undefined : createAgentsFile(kept, { agents, log: quiet })
  const epochs = createEpochs()
  let clock = now
  const interner = createInterner({ cluster: 'c1', maxSeries: 1000 }, { inventory, agents, now: () => clock })
  let sequence = 0
  const decode = (agent: string, dimensions: Row, rest: Row, log = 'flows') => {
    const builder = createFrameBuilder(logType(log)!)
    builder.define(sequence, dimensions)
    builder.add(sequence, { start_time: now - 20, end_time: now - 10, ...rest })
    const epoch = `${sequence++}`.padStart(16, '0')
    const frame = decodeFrame(builder.take({ agent, epoch, sequence: 0, provisional: false, madeAt: now }, []))
    interner.noteArrival(frame)
    return { frame, epoch: epochs.define(frame)! }
  }
  const row = (agent: string, dimensions: Row, rest: Row, log = 'flows'): Row => {
    const { frame, epoch } = decode(agent, dimensions, rest, log)
    const shown: Row[] = []
    interner.encode(frame, epoch, createBlockBuilder(logType(log)!), (one) => shown.push(one))
    return shown[0]!
  }
  const hello = (agent: string, at = now - 1000, addresses: string[] = []) =>
    agents.hello({ agent, host: agent, version: '1', since: at, addresses, watched: false, collectors: [] }, clock)
  return { inventory, agents, file, interner, row, decode, hello, setClock: (at: number) => (clock = at) }
}
const src = { reporter: 'src', proto: 'tcp', action: 'allow', dest_port: 5432 }
const dst = { ...src, reporter: 'dst' }

describe('names', () => {
  const probe = { ...src, dest_port: 8080, local: true }
  const loopback = { source_ip: '127.0.0.1', dest_ip: '127.0.0.1' }

  it('are the pod at both ends of what it says to itself by a loopback address', () => {
    for (const reporter of ['src', 'dst'])
      expect(setUp(cluster).row('n1', { ...probe, reporter, pod_uid: 'uid-web' }, loopback)).toMatchObject({
        source_name: 'web-7d9f-abc',
        dest_name: 'web-7d9f-abc',
        dest_namespace: 'shop',
      })
  })

  it("are the host at the other end, where the pod is on its host's network", () => {
    const onHost = `{kind: Pod, metadata: {name: proxy, namespace: kube-system, uid: uid-proxy}, spec: {nodeName: n1, hostNetwork: true}, status: {phase: Running, podIP: 10.9.0.1}}`
    expect(setUp(onHost).row('n1', { ...probe, pod_uid: 'uid-proxy' }, loopback)).toMatchObject({
      source_name: 'proxy',
      dest_type: 'hep',
      dest_name_aggr: 'n1',
    })
  })

  it('are those of pods, by uid on the own side and by address on the other', () => {
    const row = setUp(cluster).row(
      'n1',
      { ...src, pod_uid: 'uid-web' },
      { source_ip: '10.77.0.1', dest_ip: '10.77.0.2' },
    )
    expect(row).toMatchObject({
      cluster: 'c1',
      host: 'n1',
      origin: 'agent',
      evidence: 'unknown',
      source_type: 'wep',
      source_namespace: 'shop',
      source_name: 'web-7d9f-abc',
      source_name_aggr: 'web-7d9f-*',
      'source_labels.labels': ['app=web'],
      dest_type: 'wep',
      dest_namespace: 'data',
      dest_name: 'db-0',
      dest_name_aggr: 'db-0',
      dest_service_name: '-',
      dest_service_port: '-',
    })
    expect(row).not.toHaveProperty('dialled_ip')
  })
  it('tell the service that was dialled, and none where the pod was dialled itself', () => {
    const { row } = setUp(cluster)
    const dialled = row('n1', src, {
      source_ip: '10.77.0.1',
      dest_ip: '10.77.0.2',
      dialled_ip: '10.96.0.10',
      dialled_port: 5432,
    })
    expect(dialled).toMatchObject({
      dest_service_name: 'db',
      dest_service_namespace: 'data',
      dest_service_port: 'pg',
      dest_service_port_num: 5432,
      dest_name: 'db-0',
    })
    expect(row('n1', src, { source_ip: '10.77.0.1', dest_ip: '10.77.0.2' }).dest_service_name).toBe('-')
  })
  it('tell a headless service by the endpoint that was dialled, and a service that nothing stands behind', () => {
    const headless = `
kind: Service
metadata: {name: db-peers, namespace: data}
spec: {clusterIP: None}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-peers-x, namespace: data, labels: {kubernetes.io/service-name: db-peers}}
endpoints: [{addresses: [10.77.0.2]}]
ports: [{name: peer, port: 5432}]
---${cluster}`
    const { row } = setUp(headless)
    const dialled = (dest_ip: string) => row('n1', src, { source_ip: '10.77.0.1', dest_ip })
    expect(dialled('10.77.0.2')).toMatchObject({ dest_service_name: 'db-peers', dest_service_port: 'peer' })
    expect(dialled('10.96.0.10')).toMatchObject({ dest_service_name: 'db', dest_type: 'net' })
  })
  it('are those of the interval: a pod that ended within it is named', () => {
    const { row, inventory } = setUp(cluster)
    const [job] = readYaml(`
kind: Pod
metadata: {name: job-1, namespace: shop, uid: uid-job}
status:
  {phase: Succeeded, podIP: 10.77.0.7, startTime: "${new Date((now - 19) * 1000).toISOString()}",
  containerStatuses: [{state: {terminated: {finishedAt: "${new Date((now - 18) * 1000).toISOString()}"}}}]}`).objects
    inventory.put(job!, now - 15)
    inventory.remove('uid-job', now - 12)
    expect(row('n1', src, { source_ip: '10.77.0.1', dest_ip: '10.77.0.7' }).dest_name).toBe('job-1')
    const later = { start_time: now - 10, end_time: now }
    expect(row('n1', src, { source_ip: '10.77.0.1', dest_ip: '10.77.0.7', ...later }).dest_name_aggr).toBe('pvt')
  })
  it('are never those of the pod that had the address before, where the kernel saw another', () => {
    const { row } = setUp(cluster)
    const seen = row('n1', { ...src, pod_uid: 'uid-unknown' }, { source_ip: '10.77.0.1', dest_ip: '10.77.0.2' })
    expect(seen).toMatchObject({ source_type: 'net', source_name_aggr: 'pvt' })
  })
  it('of a host are those of its one pod that declares the port', () => {
    const host = `
kind: Node
metadata: {name: n9}
status: {addresses: [{type: InternalIP, address: 192.168.1.9}]}
---
kind: Pod
metadata: {name: exporter, namespace: monitoring, uid: uid-exporter}
spec: {nodeName: n9, hostNetwork: true, containers: [{name: c, ports: [{containerPort: 5432}]}]}
status: {phase: Running, podIP: 192.168.1.9}
---${cluster}`
    const { row } = setUp(host)
    const dialled = (port: number) =>
      row('n1', { ...src, dest_port: port }, { source_ip: '10.77.0.1', dest_ip: '192.168.1.9' })
    expect(dialled(5432)).toMatchObject({ dest_type: 'wep', dest_name: 'exporter' })
    expect(dialled(10_250)).toMatchObject({ dest_type: 'hep', dest_name_aggr: 'n9' })
  })
  it('of network sets are those of the namespace at the other end', () => {
    const set = (name: string, namespace: string) => `
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: ${name}, namespace: ${namespace}}
spec: {nets: [198.51.100.0/24]}
---`
    const { row } = setUp(`${set('a', 'data')}${set('b', 'shop')}${cluster}`)
    const from = (source_ip: string) => row('n1', src, { source_ip, dest_ip: '198.51.100.1' })
    expect(from('10.77.0.1')).toMatchObject({ dest_type: 'ns', dest_namespace: 'shop', dest_name_aggr: 'b' })
    expect(from('10.77.0.2')).toMatchObject({ dest_namespace: 'data', dest_name_aggr: 'a' })
  })
  it('are host and container where there is no Kubernetes, and pub and pvt outside', () => {
    const { row, hello } = setUp()
    hello('box', now - 100, ['192.168.1.5'])
    const seen = row('box', { ...src, container: '0123456789ab' }, { source_ip: '172.17.0.2', dest_ip: '8.8.8.8' })
    expect(seen).toMatchObject({
      source_type: 'hep',
      source_name_aggr: 'box',
      source_namespace: '-',
      container: '0123456789ab',
      dest_type: 'net',
      dest_name_aggr: 'pub',
    })
    expect(row('box', src, { source_ip: '127.0.0.1', dest_ip: '127.0.0.1' })).toMatchObject({
      dest_type: 'hep',
      dest_name_aggr: 'box',
    })
    expect(row('box', src, { source_ip: '172.17.0.2', dest_ip: '192.168.1.5' }).dest_name_aggr).toBe('box')
    expect(row('box', src, { source_ip: '172.17.0.2', dest_ip: '10.1.1.1' }).dest_name_aggr).toBe('pvt')
  })
  it('are waited for while a pod is not known yet', () => {
    const { decode, interner, inventory } = setUp(cluster)
    const { frame, epoch } = decode(
      'n1',
      { ...src, pod_uid: 'uid-new' },
      { source_ip: '10.77.0.9', dest_ip: '10.77.0.2' },
    )
    expect(interner.isUnnamed(frame, epoch)).toBe(true)
    for (const object of readYaml(
      '{kind: Pod, metadata: {name: new-1, namespace: shop, uid: uid-new}, status: {podIP: 10.77.0.9}}',
    ).objects)
      inventory.put(object, 0)
    expect(interner.isUnnamed(frame, epoch)).toBe(false)
  })
  it('are not waited for again and again where they do not come', () => {
    const { decode, interner, setClock } = setUp(cluster)
    const waits = (uid: string) => {
      const { frame, epoch } = decode('n1', { ...src, pod_uid: uid }, { source_ip: '10.77.0.9', dest_ip: '10.77.0.2' })
      return interner.isUnnamed(frame, epoch)
    }
    expect(waits('uid-never')).toBe(true)
    setClock(now + 5)
    expect([waits('uid-never'), waits('uid-other')]).toEqual([false, true])
  })
  it('are those of the moment by our clock, where the agent that sees it is ahead', () => {
    const { row, inventory, setClock } = setUp(cluster)
    inventory.remove('uid-db', now - 20)
    const [next] = readYaml(`
kind: Pod
metadata: {name: next, namespace: data, uid: uid-next}
status: {phase: Running, podIP: 10.77.0.2, startTime: "${new Date((now - 20) * 1000).toISOString()}"}`).objects
    inventory.put(next!, now - 20)
    // By our clock the interval ended now, half a minute before the address was the next pod's.
    setClock(now - 40)
    const seen = row('n1', src, { source_ip: '10.77.0.1', dest_ip: '10.77.0.2', start_time: now - 10, end_time: now })
    expect(seen).toMatchObject({ dest_name: 'db-0', start_time: now - 10, end_time: now })
    setClock(now)
    const level = row('n2', src, { source_ip: '10.77.0.1', dest_ip: '10.77.0.2', start_time: now - 10, end_time: now })
    expect(level.dest_name).toBe('next')
  })
  it('of a host or an unknown pod are not the network set that their address lies in', () => {
    const wide = `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: rfc1918}
spec: {nets: [10.0.0.0/8]}
---${cluster}`
    const { row, hello } = setUp(wide)
    hello('n1', now - 100, ['10.244.1.1'])
    const from = (source_ip: string, more: Row = {}) =>
      row('n1', { ...src, ...more }, { source_ip, dest_ip: '10.77.0.2' })
    expect(from('10.244.1.1')).toMatchObject({ source_type: 'hep', source_name_aggr: 'n1' })
    expect(from('10.244.1.9', { pod_uid: 'uid-new' })).toMatchObject({ source_type: 'net', source_name_aggr: 'pvt' })
    const to = (agent: string, dest_ip: string) => row(agent, src, { source_ip: '10.77.0.1', dest_ip })
    expect(to('n1', '10.244.1.1')).toMatchObject({ dest_type: 'hep', dest_name_aggr: 'n1' })
    expect(to('n2', '10.244.1.1')).toMatchObject({ dest_type: 'hep', dest_name_aggr: 'n1' })
    expect(to('n2', '10.9.9.9')).toMatchObject({ dest_type: 'ns', dest_name_aggr: 'rfc1918' })
  })
  it("of a lookup's client are nobody's where the agent cannot have seen it", () => {
    const nodes = ['n1', 'n2'].map(
      (name, at) => `
kind: Node
metadata: {name: ${name}}
status: {addresses: [{type: InternalIP, address: 192.168.1.${at}}]}
---`,
    )
    const { row } = setUp(`${nodes.join('')}${cluster}`)
    const lookup = { qname: 'db.data', qtype: 'A', rcode: 'NoError' }
    const seenBy = (agent: string) => row(agent, lookup, { client_ip: '10.77.0.2', count: 1 }, 'dns')
    expect(seenBy('n1')).toMatchObject({ client_type: 'net', client_name_aggr: 'pvt', host: 'n1' })
    expect(seenBy('n2')).toMatchObject({ client_name: 'db-0' })
  })
  it('of a static pod are found by the uid of its cgroup, and nobody waits for them', () => {
    const hash = '81cdabfc720501d9e81b425b15921b4d'
    const etcd = `
kind: Node
metadata: {name: cp}
status: {addresses: [{type: InternalIP, address: 192.168.1.10}]}
---
kind: Pod
metadata: {name: etcd-cp, namespace: kube-system, uid: uid-mirror, annotations: {kubernetes.io/config.hash: ${hash}}}
spec: {nodeName: cp, hostNetwork: true}
status: {phase: Running, podIP: 192.168.1.10}`
    const { row, decode, interner } = setUp(etcd)
    const ends = { source_ip: '192.168.1.10', dest_ip: '192.168.1.10' }
    expect(row('cp', { ...src, pod_uid: hash }, ends)).toMatchObject({ source_type: 'wep', source_name: 'etcd-cp' })
    const { frame, epoch } = decode('cp', { ...src, pod_uid: hash }, ends)
    expect(interner.isUnnamed(frame, epoch)).toBe(false)
  })
  it('of a service are kept by connections that it was translated for, when it is gone or another has its address', () => {
    const { row, inventory } = setUp(cluster)
    inventory.remove('Service/data/db', now - 15)
    const [other] = readYaml(
      'kind: Service\nmetadata: {name: other, namespace: x}\nspec: {clusterIP: 10.96.0.10, ports: [{port: 5432}]}',
    ).objects
    inventory.put(other!, now - 12)
    const ends = { source_ip: '10.77.0.1', dest_ip: '10.77.0.2', dialled_ip: '10.96.0.10', dialled_port: 5432 }
    const service = (started: number, start_time: number, end_time: number) =>
      row('n1', src, { ...ends, num_flows_started: started, start_time, end_time }).dest_service_name
    expect(service(1, now - 20, now - 16)).toBe('db')
    expect(service(1, now - 20, now - 14)).toBe('db')
    expect(service(0, now - 14, now - 13)).toBe('db')
    expect(service(0, now - 14, now - 5)).toBe('db')
    expect(service(1, now - 14, now - 5)).toBe('other')
  })
  it('of a denied row say that the drop was observed', () => {
    expect(setUp().row('n1', { ...src, action: 'deny' }, { source_ip: '10.0.0.1', dest_ip: '10.0.0.2' }).evidence).toBe(
      'observed',
    )
  })
  it('of lookups are the client and its servers', () => {
    const row = setUp(cluster).row(
      'n1',
      { qtype: 'A', rcode: 'NOERROR', pod_uid: 'uid-web' },
      { client_ip: '10.77.0.1', 'servers.ip': ['10.77.0.2', '8.8.8.8'], qname: 'x.test', count: 1 },
      'dns',
    )
    expect(row).toMatchObject({
      type: 'LOG',
      client_name: 'web-7d9f-abc',
      client_namespace: 'shop',
      client_type: 'wep',
      'servers.ip': ['10.77.0.2', '8.8.8.8'],
      'servers.name': ['db-0', '-'],
      'servers.name_aggr': ['db-0', 'pub'],
      'servers.namespace': ['data', '-'],
      'servers.labels': [[], []],
    })
  })
})

it('names a server of names by the service that was asked, whichever pod answered', () => {
  const dns =
    '{apiVersion: v1, kind: Service, metadata: {namespace: kube-system, name: kube-dns, uid: uid-dns}, spec: {clusterIP: 10.96.0.53, ports: [{name: dns, port: 53, protocol: UDP}]}}'
  const lookup = { client_ip: '10.77.0.1', 'servers.ip': ['10.96.0.53'], qname: 'x.test', count: 1 }
  const row = setUp(`${cluster}\n---\n${dns}`).row('n1', { qtype: 'A', pod_uid: 'uid-web' }, lookup, 'dns')
  expect(row).toMatchObject({
    'servers.name': ['-'],
    'servers.name_aggr': ['kube-dns'],
    'servers.namespace': ['kube-system'],
  })
})

describe('counts', () => {
  const ends = { source_ip: '10.77.0.1', dest_ip: '10.77.0.2' }
  it('is true for the source, false for the destination of a covered source', () => {
    const { row, hello } = setUp(cluster)
    hello('n1')
    hello('n2')
    expect([row('n1', src, ends).counts, row('n2', dst, ends).counts]).toEqual([true, false])
  })
  it('is true for the destination where nobody reports the source', () => {
    const { row, hello } = setUp(cluster)
    hello('n2')
    expect(row('n2', dst, ends).counts).toBe(true)
    expect(row('n2', dst, { ...ends, source_ip: '203.0.113.1' }).counts).toBe(true)
  })
  it('is false for the destination of a leg inside one network namespace', () => {
    expect(setUp().row('box', { ...dst, local: true }, { source_ip: '127.0.0.1', dest_ip: '127.0.0.1' }).counts).toBe(
      false,
    )
  })
  it('knows two containers of one host without Kubernetes', () => {
    const { row, hello } = setUp()
    hello('box')
    const between = { source_ip: '172.17.0.2', dest_ip: '172.17.0.3' }
    expect([row('box', src, between).counts, row('box', dst, between).counts]).toEqual([true, false])
  })
  it('moves to the destination in a gap of the source agent, and the spool of that agent does not count twice', () => {
    const { row, hello, setClock } = setUp(cluster)
    hello('n1')
    hello('n2')
    for (const at of [now + 30, now + 60]) {
      setClock(at)
      hello('n2')
    }
    const later = { ...ends, start_time: now + 40, end_time: now + 50 }
    expect(row('n2', dst, later).counts).toBe(true)
    setClock(now + 90)
    hello('n1')
    expect(row('n1', src, later).counts).toBe(false)
    expect(row('n1', src, { ...later, dest_ip: '8.8.8.8' }).counts).toBe(true)
  })
})

describe('counts after a restart of the server', () => {
  const ends = { source_ip: '10.77.0.1', dest_ip: '10.77.0.2' }
  const later = { ...ends, start_time: now + 40, end_time: now + 50 }
  let dir: string
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'margay-agents-'))))
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  /** A server that another one with the same directory came before, at a moment. */
  const restarted = (at: number) => {
    const next = setUp(cluster, join(dir, 'agents.json'))
    next.setClock(at)
    next.file!.restore(at)
    return next
  }

  it.each(['before', 'after'])('does not count the spool of an agent whose gap ended %s it', (when) => {
    const first = setUp(cluster, join(dir, 'agents.json'))
    first.hello('n1')
    for (const at of [now, now + 30, now + 60]) {
      first.setClock(at)
      first.hello('n2')
    }
    expect(first.row('n2', dst, later).counts).toBe(true)
    if (when === 'before') first.hello('n1')
    first.file!.save(now)
    const second = restarted(now + 70)
    second.hello('n2')
    second.hello('n1')
    expect(second.row('n1', src, later).counts).toBe(false)
    expect(second.row('n2', dst, { ...ends, start_time: now + 65, end_time: now + 75 }).counts).toBe(false)
  })
  it('goes on believing in an agent that has not said hello yet, and takes its own absence for no gap', () => {
    const first = setUp(cluster, join(dir, 'agents.json'))
    first.hello('n1')
    first.hello('n2')
    first.file!.save(now)
    const second = restarted(now + 600)
    expect(second.agents.list()).toEqual([])
    second.hello('n2')
    expect(second.row('n2', dst, later).counts).toBe(false)
    expect(second.row('n1', src, later).counts).toBe(true)
    second.setClock(now + 640)
    second.hello('n2')
    expect(second.row('n2', dst, { ...ends, start_time: now + 620, end_time: now + 635 }).counts).toBe(true)
  })
  it('writes what changed, and now and then what did not, so that the living are not forgotten', () => {
    const path = join(dir, 'agents.json')
    const first = setUp(cluster, path)
    first.hello('n1')
    first.file!.save(now)
    rmSync(path)
    first.setClock(now + 20)
    first.hello('n1')
    first.file!.save(now + 20)
    expect(existsSync(path)).toBe(false)
    first.hello('n1', now - 1000, ['10.77.0.9'])
    first.file!.save(now + 20)
    expect(existsSync(path)).toBe(true)
    rmSync(path)
    first.file!.save(now + 7_200)
    expect(existsSync(path)).toBe(true)
  })
  it('forgets who was silent for longer than a spool lasts, and does without a file that is damaged', () => {
    const first = setUp(cluster, join(dir, 'agents.json'))
    first.hello('n1')
    first.file!.save(now)
    expect(restarted(now + 8 * 86_400).agents.kept()).toEqual([])
    expect(restarted(now).agents.kept()).toHaveLength(1)
    writeFileSync(join(dir, 'agents.json'), '[{')
    expect(restarted(now).agents.kept()).toEqual([])
  })
})

describe('rows that cannot be stored', () => {
  it.each([[1000], [now + 90_000]])('of the time %s are left out and counted', (time) => {
    const { decode, interner } = setUp()
    const { frame, epoch } = decode('n1', src, { start_time: time, end_time: time })
    const { rows, leftOut } = interner.encode(frame, epoch, createBlockBuilder(logType('flows')!))
    expect([rows, [...leftOut]]).toEqual([0, [['time_far_off', 1]]])
  })
})
