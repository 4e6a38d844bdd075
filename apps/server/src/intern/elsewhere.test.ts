// Rows of one node's agent about pods and hosts of another: they do not count. And rows of honest agents that look like it.
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { createInventory } from '../inventory/inventory.ts'
import { iso, node } from '../inventory/testing.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import { createAgents } from './agents.ts'

const now = 1_793_000_000
const hash = '81cdabfc720501d9e81b425b15921b4d'
const nodes = `
kind: Node
metadata: {name: n1, uid: node-n1}
status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}
---
kind: Node
metadata: {name: n2, uid: node-n2}
status: {addresses: [{type: InternalIP, address: 10.9.0.2}]}
`
interface PodOf {
  readonly uid: string
  readonly on?: string
  readonly ip: string
  readonly more?: string
  readonly start?: number
  readonly hostNetwork?: boolean
  readonly annotations?: string
}
const podOf = ({ uid, on, ip, more = '', start = now - 5_000, hostNetwork = false, annotations = '' }: PodOf) => `
kind: Pod
metadata: {name: ${uid}, namespace: shop, uid: ${uid}, annotations: {${annotations}}${more}}
spec: {hostNetwork: ${hostNetwork}${on === undefined ? '' : `, nodeName: ${on}`}}
status: {phase: Running, podIP: ${ip}, startTime: "${iso(start)}"}
`
const vault = podOf({ uid: 'vault', on: 'n2', ip: '10.77.2.7' })
const web = podOf({ uid: 'web', on: 'n1', ip: '10.77.1.1' })
const all = [nodes, vault, web].join('---')

const series = { reporter: 'src', proto: 'tcp', action: 'allow', dest_port: 443, outcome: 'established' }
const setUp = (yaml: string) => {
  const cluster = createJudgedCluster(yaml, now)
  const row = (agent: string, dimensions: Row, rest: Row): Row =>
    cluster.row({
      agent,
      series: { ...series, ...dimensions },
      rest: { start_time: now - 20, end_time: now - 10, num_flows: 1, num_flows_started: 1, ...rest },
    })
  return { ...cluster, row }
}
const outside = '198.51.100.7'
const from = (source_ip: string): Row => ({ source_ip, dest_ip: outside })
const to = (dest_ip: string): Row => ({ source_ip: outside, dest_ip })

describe('a row of a pod or host that is on another node', () => {
  it.each([
    ['source by its address', {}, from('10.77.2.7'), 'pod shop/vault'],
    ['source by its uid', { pod_uid: 'vault' }, from('10.77.2.7'), 'pod shop/vault'],
    ['source by its uid, from an own address', { pod_uid: 'vault' }, from('10.77.1.1'), 'pod shop/vault'],
    ['destination by its address', { reporter: 'dst' }, to('10.77.2.7'), 'pod shop/vault'],
    ['destination by its uid', { reporter: 'dst', pod_uid: 'vault' }, to('10.77.2.7'), 'pod shop/vault'],
    ['host', {}, from('10.9.0.2'), 'host n2'],
  ])('does not count, decides nothing and says why: %s', (_, dimensions, rest, name) => {
    const { row, judge } = setUp(all)
    const seen = row('n1', dimensions, rest)
    expect(seen).toMatchObject({ counts: false, evidence: 'unknown', host: 'n1' })
    expect(seen['evidence_conflict']).toBe(`reported by the agent of n1, ${name} is on n2`)
    expect(judge.state.judged).toBe(0)
  })
  it('counts where the agent of its own node sends the same', () => {
    const { row } = setUp(all)
    const lie = row('n1', {}, from('10.77.2.7'))
    const truth = row('n2', {}, from('10.77.2.7'))
    expect(lie).toMatchObject({ source_name: 'vault', counts: false })
    expect(truth).toMatchObject({ source_name: 'vault', counts: true, host: 'n2' })
    expect(truth).not.toHaveProperty('evidence_conflict')
  })
  it('does not count in a late row of a pod that is gone since', () => {
    const { row, remove } = setUp(all)
    remove('vault', now - 1_000)
    const late = { start_time: now - 2_000, end_time: now - 1_990 }
    expect(row('n1', {}, { ...from('10.77.2.7'), ...late })).toMatchObject({ source_name: 'vault', counts: false })
    expect(row('n1', {}, from('10.77.2.7'))).not.toHaveProperty('evidence_conflict')
  })
})

describe('a row of an honest agent', () => {
  const honest = (row: Row) => {
    // A refusal may be at odds with the policies all the same.
    expect(row['evidence_conflict'] ?? '').not.toContain('reported by the agent of')
    return expect(row['counts'])
  }
  it.each([
    [
      "is of a pod on its host's network",
      podOf({ uid: 'proxy', on: 'n1', ip: '10.9.0.1', hostNetwork: true }),
      'proxy',
    ],
    [
      'is of a static pod',
      podOf({
        uid: 'm',
        on: 'n1',
        ip: '10.9.0.1',
        hostNetwork: true,
        annotations: `kubernetes.io/config.hash: ${hash}`,
      }),
      hash,
    ],
    ['is of a pod whose node is not told', podOf({ uid: 'file', ip: '10.9.0.1' }), 'file'],
    ['is of a pod that nobody knows yet', web, 'unknown'],
  ])('%s', (_, pod, uid) => {
    honest(setUp([all, pod].join('---')).row('n1', { pod_uid: uid }, from('10.9.0.1'))).toBe(true)
  })
  it('is of a static pod whose uid is the same on each node', () => {
    const annotations = `kubernetes.io/config.hash: ${hash}`
    const mirror = (on: string, ip: string) => podOf({ uid: `m-${on}`, on, ip, hostNetwork: true, annotations })
    const { row } = setUp([nodes, mirror('n1', '10.9.0.1'), mirror('n2', '10.9.0.2')].join('---'))
    for (const [agent, ip] of [
      ['n1', '10.9.0.1'],
      ['n2', '10.9.0.2'],
    ] as const)
      honest(row(agent, { pod_uid: hash }, from(ip))).toBe(true)
  })
  it('is of an agent whose name is no node of the inventory', () => {
    honest(setUp(all).row('ip-10-9-0-2.internal', {}, from('10.77.2.7'))).toBe(true)
    honest(setUp([vault, web].join('---')).row('n1', {}, from('10.77.2.7'))).toBe(true)
  })
  it('is of a node that has the address of one that is gone, and says so only later', () => {
    const { row, put } = setUp(nodes)
    put('{kind: Node, metadata: {name: n3, uid: node-n3}, status: {addresses: []}}')
    honest(row('n3', {}, from('10.9.0.2'))).toBe(true)
    put(
      '{kind: Node, metadata: {name: n3, uid: node-n3}, status: {addresses: [{type: InternalIP, address: 10.9.0.2}]}}',
    )
    honest(row('n3', {}, from('10.9.0.2'))).toBe(true)
  })
  it('is of an address that two nodes have', () => {
    const shared = podOf({ uid: 'same', on: 'n1', ip: '10.77.2.7', start: now - 4_000 })
    honest(setUp([all, shared].join('---')).row('n2', {}, from('10.77.2.7'))).toBe(true)
    honest(setUp([all, shared].join('---')).row('n1', {}, from('10.77.2.7'))).toBe(true)
  })
  it('is of a pod whose address was of one on another node a moment ago, known or not', () => {
    const next = podOf({ uid: 'next', on: 'n1', ip: '10.77.2.7', start: now - 15 })
    const ended = setUp(all)
    ended.remove('vault', now - 18)
    honest(ended.row('n1', { pod_uid: 'next' }, from('10.77.2.7'))).toBe(true)
    honest(ended.row('n1', {}, from('10.77.2.7'))).toBe(true)
    ended.put(next, now - 8)
    honest(ended.row('n1', { pod_uid: 'next' }, from('10.77.2.7'))).toBe(true)
    honest(ended.row('n1', {}, from('10.77.2.7'))).toBe(true)
  })
  it('is of an address whose pod on another node is being deleted', () => {
    const { row, put } = setUp(all)
    put(podOf({ uid: 'vault', on: 'n2', ip: '10.77.2.7', more: `, deletionTimestamp: "${iso(now - 30)}"` }), now - 29)
    honest(row('n1', {}, from('10.77.2.7'))).toBe(true)
  })
  it('is of an address whose pod was on a node that is gone', () => {
    const { row, remove } = setUp(all)
    remove('node-n2', now - 40)
    honest(row('n1', {}, from('10.77.2.7'))).toBe(true)
  })
  it('is late, and of its pod that has ended since', () => {
    const { row, remove } = setUp(all)
    remove('web', now - 1_000)
    const late = { start_time: now - 2_000, end_time: now - 1_990 }
    honest(row('n1', { pod_uid: 'web' }, { ...from('10.77.1.1'), ...late })).toBe(true)
    honest(row('n1', {}, { ...from('10.77.1.1'), ...late })).toBe(true)
  })
  it.each([
    ['was dropped on its way through the node', { reporter: 'fwd' }, from('10.77.2.7')],
    [
      "was refused on its way by the node's rules for the destination",
      { reporter: 'dst', marks: ['nflog 1 DPI|x'] },
      to('10.77.2.7'),
    ],
  ])('%s', (_, dimensions, rest) => {
    honest(setUp(all).row('n1', { action: 'deny', outcome: 'dropped', ...dimensions }, rest))
  })
})

describe('the addresses of a hello', () => {
  it('are left out and counted once where they are of another node', () => {
    const inventory = createInventory()
    inventory.put(node('n1', '10.9.0.1'), 0)
    inventory.put(node('n2', '10.9.0.2'), 0)
    const agents = createAgents(inventory)
    const hello = (agent: string, addresses: string[]) =>
      agents.hello({ agent, host: agent, version: '1', since: 1, addresses, watched: false, collectors: [] }, now)
    expect(hello('n1', ['10.9.0.1', '10.9.0.2', '192.0.2.1'])).toBe(1)
    expect(hello('n1', ['10.9.0.1', '10.9.0.2', '192.0.2.1'])).toBe(0)
    expect(['10.9.0.1', '10.9.0.2', '192.0.2.1'].map((ip) => agents.isLocal('n1', ip, now))).toEqual([
      true,
      false,
      true,
    ])
    expect(hello('outside', ['10.9.0.2'])).toBe(0)
  })
})
