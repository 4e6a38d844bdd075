// All rows of a question as a file. It is a GET so that a link or `curl -O` can fetch it; hence the flat parameters.
import { z } from 'zod'

const seconds = z.coerce.number().int().min(0).max(4_102_444_800)

export const exportRequestSchema = z.strictObject({
  logType: z.string().describe('flows or dns.'),
  query: z.string().max(65_536).default('').describe('Filter in KQL.'),
  zone: z.string().default('UTC').describe('IANA time zone in which dates of the filter are meant.'),
  from: seconds.optional().describe('Unix seconds, inclusive. An hour ago where absent.'),
  to: seconds.optional().describe('Unix seconds, exclusive. The time of asking where absent.'),
  fields: z.string().optional().describe('Names with commas between them; all fields where absent.'),
  limit: z.coerce.number().int().min(1).optional().describe('Rows at the most; all where absent.'),
  sort: z.string().optional().describe('Field to sort by; the time field where absent.'),
  order: z.enum(['ascending', 'descending']).default('ascending'),
  /** CSV only. A spreadsheet runs a cell that starts with = + - @ as a formula; the apostrophe makes it text. */
  formulas: z
    .enum(['harmless', 'raw'])
    .default('harmless')
    .describe('CSV: put an apostrophe before texts that a spreadsheet would run; raw leaves them as they are.'),
})

export type ExportRequest = z.input<typeof exportRequestSchema>
