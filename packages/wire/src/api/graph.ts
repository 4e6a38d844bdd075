// What the graph is built from: flows grouped by both ends, as columns. The building (merging reporters, levels,
// expansion) is done by packages/graph where it is looked at, so that opening a box asks nobody.
import { z } from 'zod'
import { effortSchema, rangeSchema } from './question.ts'

export const graphRequestSchema = z.strictObject({
  range: rangeSchema,
  query: z.string().max(65_536).default(''),
  zone: z.string().default('UTC'),
  /** Fields to group by, beside the ones every edge has; such as process_name or source_name. */
  extra: z.array(z.string()).max(8).default([]),
  limit: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(30_000)
    .describe('Groups at the most; the heaviest by bytes are kept.'),
})

/** A text column as its distinct values and one code a group; a number column as it is. Absent is null; a list is one text by its first value in text order. */
const columnSchema = z.union([
  z.object({
    values: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
    codes: z.array(z.number().int()),
  }),
  z.object({ numbers: z.array(z.unknown()).describe('Integers; over 2^53 exact with parseJsonExact.') }),
])

export const graphSchema = z.object({
  groups: z.number().int(),
  columns: z.record(z.string(), columnSchema),
  truncated: z
    .boolean()
    .describe('Groups over the limit are not here, but for the denials, which are; totals below are of all.'),
  totals: z.record(z.string(), z.unknown()),
  effort: effortSchema,
})

export type GraphRequest = z.input<typeof graphRequestSchema>
export type GraphResponse = z.output<typeof graphSchema>

/** What every edge is grouped by; `counts` is of the search, not of the whole log. All are part of the roll-ups, so a graph of a day asks no raw rows. */
export const graphKeys: readonly string[] = [
  'reporter',
  'counts',
  'action',
  'outcome',
  'source_namespace',
  'source_name_aggr',
  'source_type',
  'dest_namespace',
  'dest_name_aggr',
  'dest_type',
  'dest_service_name',
  'dest_port',
  'proto',
]

/** What is summed for every edge: columns of `numbers`, and the members of `totals`. */
export const graphMeasures: { readonly [name: string]: { readonly sum: string } | { readonly rows: true } } = {
  rows: { rows: true },
  bytes_in: { sum: 'bytes_in' },
  bytes_out: { sum: 'bytes_out' },
  packets_in: { sum: 'packets_in' },
  packets_out: { sum: 'packets_out' },
  num_flows: { sum: 'num_flows' },
  num_flows_started: { sum: 'num_flows_started' },
  num_flows_completed: { sum: 'num_flows_completed' },
  tcp_total_retransmissions: { sum: 'tcp_total_retransmissions' },
  tcp_lost_packets: { sum: 'tcp_lost_packets' },
}
