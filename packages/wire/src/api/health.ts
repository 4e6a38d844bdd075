// What every part says of itself; the Collection page, `margay status` and the line that `npm start` prints read this.
import { z } from 'zod'

export const partStateSchema = z.enum(['ready', 'starting', 'degraded', 'failed', 'off'])

export const partSchema = z.object({
  name: z.string().describe('agent:NODE, receiver, intern, segments, store, live, …'),
  state: partStateSchema,
  says: z.string().describe('One sentence: what it does or why it does not.'),
  hint: z.string().optional(),
  queue: z
    .object({ length: z.number(), limit: z.number(), unit: z.enum(['rows', 'bytes', 'batches']).optional() })
    .optional(),
  lagSeconds: z.number().optional(),
  ratePerSecond: z.number().optional(),
  lost: z.array(z.object({ what: z.string(), count: z.number(), since: z.number() })).default([]),
  figures: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
})

export const collectorSchema = z.object({
  name: z.string(),
  title: z.string(),
  state: partStateSchema,
  says: z.string(),
  missingFields: z.array(z.string()).default([]).describe('Fields that stay absent while this collector is not ready.'),
})

export const sourceSchema = z.object({
  id: z.string(),
  kind: z.enum(['agent', 'import', 'demo', 'felix', 'goldmane', 'hubble']),
  host: z.string().optional(),
  version: z.string().optional(),
  state: partStateSchema,
  says: z.string(),
  lastSeen: z.number().optional().describe('Unix seconds of the last record.'),
  rowsPerSecond: z.number().default(0),
  rowsTotal: z.number().default(0),
  lost: z.array(z.object({ what: z.string(), count: z.number(), since: z.number() })).default([]),
  collectors: z.array(collectorSchema).default([]),
})

export const tableSchema = z.object({
  logType: z.string(),
  rows: z.number(),
  bytes: z.number(),
  oldest: z.number().optional(),
  newest: z.number().optional(),
})

export const healthSchema = z.object({
  state: partStateSchema,
  version: z.string(),
  demo: z.boolean().describe('The data are invented; every page says so.'),
  now: z.number().describe("The server's Unix seconds."),
  startedAt: z.number(),
  parts: z.array(partSchema),
  sources: z.array(sourceSchema),
  tables: z.array(tableSchema),
})

export type Collector = z.output<typeof collectorSchema>
export type Part = z.output<typeof partSchema>
export type Source = z.output<typeof sourceSchema>
export type Health = z.output<typeof healthSchema>
