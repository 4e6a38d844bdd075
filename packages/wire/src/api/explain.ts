// What the query bar asks while somebody types: does the text stand, what would it mean, and is it perhaps not what was meant.
import { z } from 'zod'

export const explainRequestSchema = z.strictObject({
  logType: z.string().describe('flows or dns.'),
  query: z.string().max(65_536).default(''),
  zone: z.string().default('UTC').describe('IANA time zone in which dates of the filter are meant.'),
})

export const remarkSchema = z.object({
  from: z.number().int().optional().describe('First character of the query that it is about.'),
  to: z.number().int().optional().describe('The character after the last.'),
  message: z.string(),
  hint: z.string().optional().describe('What to write instead.'),
})

export const explainSchema = z.object({
  ok: z.boolean().describe('The query can be asked.'),
  errors: z.array(remarkSchema),
  notes: z.array(remarkSchema).describe('Nothing wrong, but perhaps not what was meant.'),
  canonical: z.string().optional().describe('The same filter in its plainest spelling.'),
})

export type ExplainRequest = z.input<typeof explainRequestSchema>
export type ExplainResponse = z.output<typeof explainSchema>
