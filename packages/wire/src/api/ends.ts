// Both ends of a connection that went wrong: what each end and the way between them saw of it, which of it decided, and
// all of that in one sentence. The server finds the other end's records when it is asked, so nothing is joined at rest.
import { z } from 'zod'
import { rangeSchema } from './question.ts'

const limit = z.number().int().min(1).max(100).default(10).describe('Connections to answer for, the newest first.')

export const endsRequestSchema = z
  .union([
    z.strictObject({
      record: z
        .record(z.string(), z.unknown())
        .describe('A flow record in the published form, as a question gives it.'),
      limit,
    }),
    z.strictObject({
      range: rangeSchema,
      query: z.string().max(65_536).default('').describe('Filter in KQL; empty for everything.'),
      zone: z.string().default('UTC').describe('IANA time zone in which dates of the filter are meant.'),
      limit,
    }),
  ])
  .describe('One record, or the newest failed and slow connections of a search.')

export const placeSchema = z.enum(['source', 'way', 'destination', 'unknown'])

/** What became of a connection; each has its sentence. */
export const fateSchema = z.enum([
  'denied',
  'rejected',
  'dropped',
  'nobody_listens',
  'refused',
  'queue_full',
  'lost_on_the_way',
  'answer_lost',
  'not_answered',
  'no_answer_outside',
  'reset_by_source',
  'reset_by_destination',
  'reset_unseen',
  'fell_silent',
  'slow_handshake',
  'slow_network',
  'cannot_tell',
])

export const yesNoSchema = z.enum(['yes', 'no', 'unknown'])

const decisionSchema = z.object({
  where: placeSchema,
  by: z
    .enum(['policy', 'rule', 'kernel', 'program', 'network', 'unknown'])
    .describe('policy: a named one; rule: netfilter, whose rule is not known by name; kernel: for its own reason.'),
  policy: z.string().optional().describe('The stored text of the hit that decided.'),
  dropReason: z.string().optional().describe("The kernel's own name of the reason."),
})

const endSchema = z.object({
  name: z.string().describe('As people call it: namespace/pod, host, or address.'),
  ip: z.string(),
  port: z.number().int().optional(),
  host: z.string().optional().describe('Node whose agent reports for it, where there is one.'),
})

export const evidenceSchema = z.object({
  at: placeSchema,
  host: z.string().optional(),
  time: z.number().optional().describe('Unix milliseconds at which it began there.'),
  from: z
    .enum(['exemplar', 'record', 'silence', 'coverage', 'policy', 'dns'])
    .describe(
      'exemplar: this connection by its five-tuple; record: a record of the pair; silence: an agent that reports and saw nothing; coverage: no agent, or a gap; policy: evaluated; dns: lookups before it.',
    ),
  text: z.string(),
})

export const connectionEndsSchema = z.object({
  start: z.number().describe('Unix milliseconds.'),
  proto: z.string(),
  source: endSchema,
  dest: endSchema,
  dialled: z.object({ ip: z.string(), port: z.number().int().optional() }).optional(),
  fate: fateSchema,
  left: yesNoSchema.describe('Whether its packets left the node of the source.'),
  arrived: yesNoSchema.describe('Whether they reached the node of the destination.'),
  decided: decisionSchema,
  sentence: z.string(),
  fix: z.string().optional().describe('The smallest change that would admit it, where a policy decided.'),
  evidence: z.array(evidenceSchema),
  sure: z.boolean().describe('False where an agent is missing, was silent, or the exemplars were cut.'),
})

export const endsSchema = z.object({
  connections: z.array(connectionEndsSchema),
  more: z.number().int().describe('Failed and slow connections of the same search or record beyond these.'),
  exact: z
    .boolean()
    .describe(
      'Whether there are exactly so many more. False: at least, since lists of exemplars were cut or the search is wide.',
    ),
})

export type EndsRequest = z.input<typeof endsRequestSchema>
export type DecodedEndsRequest = z.output<typeof endsRequestSchema>
export type EndsResponse = z.output<typeof endsSchema>
export type ConnectionEnds = z.output<typeof connectionEndsSchema>
export type EndsEvidence = z.output<typeof evidenceSchema>
export type Fate = z.output<typeof fateSchema>
export type Place = z.output<typeof placeSchema>
