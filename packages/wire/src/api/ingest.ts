// The second door: NDJSON in the published formats. Good rows are kept, bad rows named.
import { z } from 'zod'

export const ingestResponseSchema = z.object({
  accepted: z.number().describe('Rows that are durable now.'),
  refused: z.number(),
  expiring: z
    .number()
    .default(0)
    .describe('Accepted rows that are older than rows are kept; the next round of retention drops them.'),
  /** The first hundred bad rows. */
  problems: z.array(z.object({ line: z.number().int(), field: z.string(), value: z.string(), problem: z.string() })),
  /** Members that are no field of the log type, with how often they came; they were left out of rows that were kept. */
  unknownFields: z.record(z.string(), z.number()),
  duplicate: z.boolean().describe("The request's Idempotency-Key was seen before; nothing was added."),
})

export type IngestResponse = z.output<typeof ingestResponseSchema>
