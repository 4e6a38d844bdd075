// Every error of the API: problem+JSON (RFC 9457) with a stable code and what to do next.
import { z } from 'zod'

export const problemSchema = z.object({
  type: z.string().describe('A page that explains the code.'),
  status: z.number().int(),
  code: z.string().describe('Stable, for programs: query_syntax, unknown_field, …'),
  title: z.string(),
  detail: z.string(),
  hint: z.string().optional().describe('What to do next.'),
  at: z
    .object({ from: z.number().int(), to: z.number().int() })
    .optional()
    .describe('Characters of the query that it is about.'),
})

export type Problem = z.output<typeof problemSchema>
