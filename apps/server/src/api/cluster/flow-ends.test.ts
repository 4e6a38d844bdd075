// Who a record's end is, and who is meant by an end that somebody wrote.
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { createTestVersions } from '../../testing/versions.ts'
import { endOfRow, readEnd } from './flow-ends.ts'
import { createClusterStates } from './state.ts'

const at = 1_793_000_000

const pod = (name: string, ip: string, more: string) =>
  `{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: ${name}, ${more} }, status: { podIP: ${ip} } }`

async function stateOf(...objects: readonly string[]) {
  const versions = createTestVersions()
  versions.apply(objects.join('\n---\n'), at)
  return createClusterStates(versions).of()
}

describe('a record’s end of many pods', () => {
  const objects = [
    pod('backup-api-6d4c-x', '10.0.0.1', 'generateName: backup-api-6d4c-'),
    pod('backup-28000000-b', '10.0.0.2', 'generateName: backup-28000000-'),
    pod('backup-28000001-a', '10.0.0.3', 'generateName: backup-28000001-'),
    pod(
      'db-0',
      '10.0.0.4',
      'ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: db, controller: true }]',
    ),
    pod('db-probe', '10.0.0.5', 'labels: { app: probe }'),
  ]
  const row = (name: string, ip?: string): Row => ({
    source_type: 'wep',
    source_namespace: 'shop',
    source_name: '-',
    source_name_aggr: name,
    source_ip: ip,
  })

  it.each([
    ['runs of a cron job', row('backup-*'), 'shop/backup-28000000-b', 'judged as backup-28000000-b, one of 2'],
    ['one run, as others log it', row('backup-28000001-*'), 'shop/backup-28000001-a', 'one of 1'],
    ['the run that has the address', row('backup-*', '10.0.0.3'), 'shop/backup-28000001-a', undefined],
    ['no stranger that has the address now', row('backup-*', '10.0.0.1'), 'shop/backup-28000000-b', 'one of 2'],
    ['a workload that begins with another’s name', row('backup-api-6d4c-*'), 'shop/backup-api-6d4c-x', 'one of 1'],
    ['pods whose maker alone is told', row('db-*'), 'shop/db-0', 'one of 1'],
    ['a workload without living pods', row('bac-*', '10.0.0.1'), 'shop/bac-*', undefined],
  ])('is %s', async (_, record, expected, note) => {
    const { end, note: told } = endOfRow(await stateOf(...objects), record, 'source')
    expect(end.pod).toBe(expected)
    expect(told).toEqual(note === undefined ? undefined : expect.stringContaining(note))
  })
})

describe('an address that somebody wrote', () => {
  const node =
    '{ apiVersion: v1, kind: Node, metadata: { name: n1 }, spec: { podCIDRs: [10.2.0.0/16] }, status: { addresses: [{ type: InternalIP, address: 10.9.0.1 }] } }'
  const note = (ip: string) =>
    `no pod, host or node known of that moment has ${ip}; judged as an address outside the cluster`

  it.each([
    ['is nobody’s and may have been a pod’s', '10.0.0.77', note('10.0.0.77')],
    ['is of the space that clouds share out', '100.64.1.2', note('100.64.1.2')],
    ['is unique in its site', 'fd00::7', note('fd00::7')],
    ['is a pod’s', '10.0.0.1', undefined],
    ['is a node’s', '10.9.0.1', undefined],
    ['is of a node’s block for pods, of which evaluation says so', '10.2.0.7', undefined],
    ['is in the Internet', '203.0.113.9', undefined],
  ])('is told to be judged as one outside where it cannot be known: %s', async (_, ip, expected) => {
    const state = await stateOf(pod('web', '10.0.0.1', 'labels: { app: web }'), node)
    expect((await readEnd(state, 'source', ip)).note).toBe(expected)
  })
})
