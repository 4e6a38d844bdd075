// A question as it travels: its filter is KQL text, since printing and parsing KQL gives the same tree back.
import type { Filter, Question } from '@margay/query'
import { z } from 'zod'
import { remarkSchema } from './explain.ts'

const seconds = z.number().int().min(0).max(4_102_444_800)

export const momentSchema = z
  .union([
    z.strictObject({ at: seconds.describe('Unix seconds.') }),
    z.strictObject({ ago: seconds.describe('Seconds before now.') }),
  ])
  .describe('A moment, fixed or relative to the time of asking.')

export const rangeSchema = z
  .strictObject({ from: momentSchema, to: momentSchema })
  .describe('From (inclusive) to (exclusive).')

const groupKeySchema = z.union([
  z.strictObject({ field: z.string() }),
  z.strictObject({ timeBucket: z.number().int().min(1).describe('Width of the bucket, seconds.') }),
  z.strictObject({ counted: z.literal(true).describe('Whether the record is part of totals in this search.') }),
])

const measureSchema = z.union([
  z.strictObject({ rows: z.literal(true) }),
  z.strictObject({ sum: z.string() }),
  z.strictObject({ max: z.string() }),
  z.strictObject({ min: z.string() }),
  z.strictObject({ mean: z.string() }),
  z.strictObject({ distinct: z.string() }),
  z.strictObject({ quantile: z.string(), at: z.number().min(0).max(1) }),
  z.strictObject({ values: z.string(), limit: z.number().int().min(1).max(1000) }),
])

export const selectSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('rows'),
    fields: z.array(z.string()).optional(),
    sort: z.strictObject({ field: z.string(), descending: z.boolean() }),
    limit: z.number().int().min(1).max(10_000),
    cursor: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('groups'),
    by: z.array(groupKeySchema).max(24),
    measures: z.record(z.string(), measureSchema),
    sort: z.strictObject({ measure: z.string(), descending: z.boolean() }).optional(),
    limit: z.number().int().min(1).max(100_000),
  }),
])

export const questionSchema = z.strictObject({
  logType: z.string().describe('flows or dns.'),
  range: rangeSchema,
  query: z.string().max(65_536).default('').describe('Filter in KQL; empty for everything.'),
  zone: z.string().default('UTC').describe('IANA time zone in which dates of the filter are meant.'),
  reports: z
    .enum(['every', 'counted'])
    .default('every')
    .describe(
      'counted leaves out reports that would count a conversation twice; where the search holds one report of two, that one counts.',
    ),
  select: selectSchema,
})

export type QuestionRequest = z.input<typeof questionSchema>
export type DecodedQuestion = z.output<typeof questionSchema>

/** The question that a request asks, once its filter text is parsed. */
export function toQuestion(request: DecodedQuestion, filter: Filter): Question {
  const { logType, range, zone, reports, select } = request
  return { logType, range, filter, zone, reports, select } as Question
}

export const effortSchema = z.object({
  rowsRead: z.number(),
  elapsedMs: z.number(),
  source: z.string().describe('The table that answered: the log itself or a roll-up.'),
  from: z.number(),
  to: z.number(),
  exact: z.boolean(),
})

/** Rows in the published JSON form; 64-bit numbers are bare digits (parse with parseJsonExact). */
const rowSchema = z.record(z.string(), z.unknown())
const valueSchema = z.unknown()

export const answerSchema = z.object({
  answer: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('rows'), rows: z.array(rowSchema), cursor: z.string().optional() }),
    z.object({
      kind: z.literal('groups'),
      groups: z.array(z.object({ key: z.array(valueSchema), measures: z.record(z.string(), valueSchema) })),
      truncated: z.boolean(),
    }),
  ]),
  effort: effortSchema,
  /** What the linter says about the filter: nothing wrong, but perhaps not what was meant. */
  notes: z.array(remarkSchema).default([]),
})

export type AnswerResponse = z.output<typeof answerSchema>
