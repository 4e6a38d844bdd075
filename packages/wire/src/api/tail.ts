// The live stream: server-sent events. One connection carries several subscriptions, so a browser needs one stream.
import { z } from 'zod'

export const tailSubscriptionSchema = z.strictObject({
  id: z.string().max(64).describe('Chosen by the client; comes back with each event.'),
  logType: z.string(),
  query: z.string().max(65_536).default(''),
  zone: z.string().default('UTC'),
})

/** `GET /tail?subscriptions=[…]`: an event source of a browser can only send a GET. */
export const tailSearchSchema = z.strictObject({
  subscriptions: z.string().max(131_072).describe('JSON list of subscriptions: id, logType, query, zone.'),
})

export const tailRequestSchema = z.strictObject({ subscriptions: z.array(tailSubscriptionSchema).min(1).max(16) })

/** Events by their SSE `event:` name; `data:` is one JSON object. */
export const tailEvents = {
  /** Rows that match. `provisional` rows are the last second's deltas: shown, never stored, replaced by lasting ones. */
  rows: z.object({ id: z.string(), provisional: z.boolean(), rows: z.array(z.record(z.string(), z.unknown())) }),
  /** Every second at least: the stream is alive, this is how old its data are, and what was left out. */
  state: z.object({
    now: z.number(),
    lagSeconds: z.number(),
    dropped: z
      .number()
      .describe('Rows left out since the stream began, because the reader or the server was too slow.'),
  }),
} as const

export type TailSubscription = z.input<typeof tailSubscriptionSchema>
export type TailRows = z.output<(typeof tailEvents)['rows']>
export type TailState = z.output<(typeof tailEvents)['state']>
