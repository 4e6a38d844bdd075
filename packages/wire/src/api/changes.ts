// What changed in a range, for the marks of the ribbon: policies, rollouts, nodes, agents. Said as what followed what, never
// as what caused what.
import { z } from 'zod'
import { momentParameter, unknownSchema } from './as-of.ts'

export const changeKinds = ['policy', 'rollout', 'node', 'agent', 'other'] as const

export const changesSearchSchema = z.strictObject({
  from: momentParameter.describe('Unix seconds, inclusive.'),
  to: momentParameter.describe('Unix seconds, exclusive.'),
  namespace: z.string().max(256).optional().describe('Only of this namespace, and what has none.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
})

export const changeSchema = z.object({
  number: z.number().int().describe('The mark: counted from 1 in the order of time, the same wherever it is drawn.'),
  time: z.number().int().describe('Unix seconds.'),
  until: z.number().int().optional().describe('Where it lasted: the end of a rollout, the return of an agent.'),
  kind: z.enum(changeKinds),
  phrase: z.string().describe('What changed, in a few words: "shop/db now denies ops", "rollout of shop/web".'),
  object: z
    .object({ apiVersion: z.string(), kind: z.string(), namespace: z.string().optional(), name: z.string() })
    .optional(),
  policy: z.string().optional().describe('Id of GET /policies/{id}, where it is one.'),
  generation: z.number().int().optional(),
  who: z.string().optional().describe('Absent where nobody tells.'),
  details: z.array(z.string()).describe('Each a line: what is different, pods that went and came.'),
})

export const changesSchema = z.object({
  from: z.number().int(),
  to: z.number().int(),
  changes: z.array(changeSchema).describe('In the order of time.'),
  total: z.number().int().describe('Changes in the range; over the limit the newest are told.'),
  truncated: z
    .boolean()
    .describe(
      'More objects changed than are read for one answer: the total is at least that, and `unknown` says since when.',
    ),
  unknown: z.array(unknownSchema),
})

export type Change = z.output<typeof changeSchema>
export type ChangesResponse = z.output<typeof changesSchema>
