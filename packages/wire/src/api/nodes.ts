// Nodes: their addresses, what runs there, what goes in and out, and whether an agent tells of it.
import { z } from 'zod'
import { asOfParameters, asOfSchema, pageParameters, pageSchema, trafficParameters, trafficSchema } from './as-of.ts'

export const nodesSearchSchema = z.strictObject({
  ...asOfParameters,
  ...trafficParameters,
  name: z.string().max(256).optional().describe('Part of the name.'),
  ...pageParameters,
})

const rateSchema = z.object({
  packetsPerSecond: z.number(),
  connectionsPerSecond: z.number().describe('Connections that began.'),
})

const bothVerdictsSchema = z.object({ allowed: rateSchema, denied: rateSchema })

export const agentStateSchema = z.object({
  state: z
    .enum(['ready', 'degraded', 'silent', 'absent', 'unknown'])
    .describe('silent: says nothing any more; absent: none was heard of; unknown: of a past moment that nobody kept.'),
  says: z.string(),
  version: z.string().optional(),
  lastSeen: z.number().optional().describe('Unix seconds.'),
})

export const nodeSchema = z.object({
  name: z.string(),
  ips: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  isObject: z.boolean().describe('Whether the cluster has such a node; false: only an agent or flows tell of it.'),
  ready: z.boolean().optional().describe("The node's own condition. Absent where it is not told."),
  endpoints: z.number().int().optional().describe('Pods and host endpoints there. Absent where it is not known.'),
  traffic: z
    .object({ in: bothVerdictsSchema, out: bothVerdictsSchema })
    .optional()
    .describe('Rates at the endpoints there. Absent where nothing there reports.'),
  agent: agentStateSchema,
})

export const nodesSchema = asOfSchema.extend({
  traffic: trafficSchema,
  nodes: z.array(nodeSchema),
  ...pageSchema.shape,
})

export type Node = z.output<typeof nodeSchema>
export type NodesResponse = z.output<typeof nodesSchema>
