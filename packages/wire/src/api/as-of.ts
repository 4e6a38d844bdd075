// What the lists of a cluster's objects share: the moment that is asked about, the time of the traffic beside it, pages, and
// what the answer says of all three. What must stay true: whatever is not known is left out and named in `unknown`; a zero
// is always a zero that was counted.
import { z } from 'zod'

const lastMoment = 4_102_444_800

/** Unix seconds in an address: text there, a number in our programs. */
export const momentParameter = z.coerce.number().int().min(0).max(lastMoment)

/** A flag in an address. */
export const flagParameter = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
  .default(false)

/** Parameters of everything that is asked of objects. */
export const asOfParameters = {
  at: momentParameter.optional().describe('Unix seconds: the objects as they were then. Absent: as they are now.'),
} as const

/** Parameters of lists that tell of traffic too. */
export const trafficParameters = {
  from: momentParameter
    .optional()
    .describe('Unix seconds: traffic from then on. Absent: from an hour before the end on.'),
  to: momentParameter.optional().describe('Unix seconds: traffic before then. Absent: up to the moment asked about.'),
} as const

export const pageParameters = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Items of one page.'),
  cursor: z.string().max(512).optional().describe('Where the page before ended, as its answer said.'),
} as const

/** A fact that would have to be known, and how to make it so. */
export const unknownSchema = z.object({
  what: z.string().describe('What is not known, such as: who the endpoints are.'),
  why: z.string(),
  hint: z.string().optional().describe('What to do so that it is.'),
})

/** What every answer about objects says of itself. */
export const asOfSchema = z.object({
  at: z.number().int().describe('Unix seconds: the moment whose objects the answer is about.'),
  objects: z.number().int().describe('Objects that were known of that moment; 0 means that nobody told of any.'),
  unknown: z.array(unknownSchema).describe('Facts that the answer lacks. Empty: nothing is missing.'),
})

export const pageSchema = z.object({
  total: z.number().int().describe('Items that match, on all pages.'),
  cursor: z.string().optional().describe('Present where more follow.'),
})

/** The traffic that the figures are of. */
export const trafficSchema = z.object({
  from: z.number().int().describe('Unix seconds, inclusive.'),
  to: z.number().int().describe('Unix seconds, exclusive.'),
})

/** A counter: over 2^53 exact with parseJsonExact. */
export const counterSchema = z.union([z.number(), z.bigint()])

/** What an object is called, and as what kubectl knows it. */
export const objectNameSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().optional().describe('Absent where the kind has none.'),
  name: z.string(),
})

export type Unknown = z.output<typeof unknownSchema>
export type AsOf = z.output<typeof asOfSchema>
export type Counter = z.output<typeof counterSchema>
export type ObjectName = z.output<typeof objectNameSchema>
