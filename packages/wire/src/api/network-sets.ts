// Network sets: networks and domains under names and labels that policies select by.
import { z } from 'zod'
import { asOfParameters, asOfSchema, pageParameters, pageSchema } from './as-of.ts'

export const networkSetsSearchSchema = z.strictObject({
  ...asOfParameters,
  name: z.string().max(256).optional().describe('Part of the name.'),
  namespace: z.string().max(256).optional(),
  contains: z.string().max(64).optional().describe('Only those with a network in which this address lies.'),
  ...pageParameters,
})

export const networkSetSchema = z.object({
  scope: z.enum(['namespace', 'global']),
  namespace: z.string().optional(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  nets: z.array(z.string()),
  domains: z.array(z.string()),
})

export const networkSetsSchema = asOfSchema.extend({
  networkSets: z.array(networkSetSchema),
  ...pageSchema.shape,
})

export type NetworkSet = z.output<typeof networkSetSchema>
export type NetworkSetsResponse = z.output<typeof networkSetsSchema>
