// Who a record's ends are.
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { createTestVersions } from '../../testing/versions.ts'
import { endsOfRow } from './flow-ends.ts'
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
    const { end, note: told } = endsOfRow(await stateOf(...objects), record).source
    expect(end.pod).toBe(expected)
    expect(told).toEqual(note === undefined ? undefined : expect.stringContaining(note))
  })
})

describe('a record of a workload with itself', () => {
  const web = (name: string, ip: string) => pod(`web-${name}`, ip, 'generateName: web-')
  const row = (source: string, dest: string): Row => ({
    source_type: 'wep',
    source_namespace: 'shop',
    source_name: source,
    source_name_aggr: 'web-*',
    dest_type: 'wep',
    dest_namespace: 'shop',
    dest_name: dest,
    dest_name_aggr: 'web-*',
  })
  const three = [web('c', '10.0.0.3'), web('a', '10.0.0.1'), web('b', '10.0.0.2')]

  it.each([
    ['of which none is named', three, row('-', '-'), ['shop/web-a', 'shop/web-b']],
    ['of which the source is named', three, row('web-a', '-'), ['shop/web-a', 'shop/web-b']],
    ['of which the destination is named', three, row('-', 'web-a'), ['shop/web-b', 'shop/web-a']],
    ['of which another is named', three, row('web-c', '-'), ['shop/web-c', 'shop/web-a']],
    ['of which one is gone, so that nothing is known of it', [three[1]!], row('-', '-'), ['shop/web-a', 'shop/web-*']],
    ['to that very pod', three, row('web-a', 'web-a'), ['shop/web-a', 'shop/web-a']],
  ])('is of two pods, %s', async (_, objects, record, expected) => {
    const { source, destination } = endsOfRow(await stateOf(...objects), record)
    expect([source.end.pod, destination.end.pod]).toEqual(expected)
  })
})
