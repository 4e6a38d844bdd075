// What the tests of this package share: rows as short as a test wants them, and pictures from rows.
import type { Row } from '@margay/model'
import { buildPicture } from '../build.ts'
import type { Picture } from '../build.ts'
import { createGroupTable } from '../group-table.ts'
import { mergeReporters } from '../merge.ts'
import type { MergeOptions } from '../merge.ts'
import { defaultView } from '../view.ts'
import type { View } from '../view.ts'

const zeros = { num_flows: 0, packets_in: 0, packets_out: 0, bytes_in: 0, bytes_out: 0 }

/** A flow row between two workloads, `shop/cart` to `data/redis`, that says only what a graph reads. */
export function flow(source: string, dest: string, rest: Row = {}): Row {
  const [sourceNamespace, sourceName] = source.split('/')
  const [destNamespace, destName] = dest.split('/')
  return {
    reporter: 'src',
    action: 'allow',
    counts: true,
    origin: 'agent',
    proto: 'tcp',
    dest_port: 80,
    source_type: 'wep',
    source_namespace: sourceNamespace,
    source_name_aggr: sourceName,
    dest_type: 'wep',
    dest_namespace: destNamespace,
    dest_name_aggr: destName,
    ...zeros,
    num_flows: 1,
    ...rest,
  }
}

export function tableOf(rows: readonly Row[]) {
  const table = createGroupTable()
  for (const row of rows) table.addRow(row)
  return table
}

/** A search that may hold one report of two: some rows are stored and decided, the others came live and are not. */
export function searchOf(stored: readonly Row[], live: readonly Row[], view: Partial<View> = {}): Picture {
  const undecided = [tableOf(live)]
  return buildPicture(mergeReporters([tableOf(stored), ...undecided], { undecided }), { ...defaultView, ...view })
}

export const conversationsOf = (rows: readonly Row[], options: MergeOptions = {}) =>
  mergeReporters([tableOf(rows)], options)

/** As the page does it: services are told apart where the view asks for them. */
export const pictureOf = (rows: readonly Row[], view: Partial<View> = {}): Picture =>
  buildPicture(conversationsOf(rows, { services: view.level === 'service' }), { ...defaultView, ...view })
