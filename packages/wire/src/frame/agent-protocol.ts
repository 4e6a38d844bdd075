// What agent and server say to each other around the frames, as JSON over HTTP/1.1.
//
//   POST /agent/v1/frames   a body of compressed frames; answered once all of them are durable, with one result a frame
//   POST /agent/v1/hello    who the agent is; held open until `watched` or `handover` differs from what the agent said, at
//                           most 20 s
//   POST /agent/v1/look     whether the agent would be taken, for its doctor; changes nothing
//
// Frames are at least once: the server drops what it has, and an agent keeps what was not acknowledged.
import { z } from 'zod'
import { collectorSchema } from '../api/health.ts'

export const framesPath = '/agent/v1/frames'
export const helloPath = '/agent/v1/hello'
export const lookPath = '/agent/v1/look'
/** Random per spool directory: tells two agents of one name apart. */
export const instanceHeader = 'margay-agent-instance'
export const agentHeader = 'margay-agent'

export const helloSchema = z.object({
  agent: z.string().min(1).max(253),
  /** Name of the machine or Kubernetes node. */
  host: z.string().min(1).max(253),
  version: z.string().max(64),
  /** Unix seconds since when this agent observes. */
  since: z.number().int().nonnegative(),
  /** The host's own addresses, so that its traffic is told from that of others. */
  addresses: z.array(z.string().max(64)).max(4096),
  watched: z.boolean(),
  /** Of the last answer, 0 before the first; agents of earlier releases send none and are told of none. */
  handover: z.number().int().nonnegative().optional(),
  /** What the agent's collectors say of themselves. */
  collectors: z.array(collectorSchema).max(64).default([]),
})
export type Hello = z.infer<typeof helloSchema>

/**
 * - `stored`: durable; the agent may forget the frame. Also said of a frame that was stored before.
 * - `shown`: a provisional frame was passed on.
 * - `define`: the epoch is not known (any more); send it again from its first frame. Nothing of this frame was kept.
 * - `refused`: this frame can never be taken; the agent counts it as lost.
 * - `later`: nothing is wrong with the frame; send it again.
 */
export const frameResultSchema = z.discriminatedUnion('result', [
  z.object({ result: z.literal('stored') }),
  z.object({ result: z.literal('shown') }),
  z.object({ result: z.literal('define'), epoch: z.string() }),
  z.object({ result: z.literal('refused'), code: z.string(), message: z.string() }),
  z.object({ result: z.literal('later') }),
])
export type FrameResult = z.infer<typeof frameResultSchema>

export const framesAnswerSchema = z.object({ results: z.array(frameResultSchema), watched: z.boolean() })
export type FramesAnswer = z.infer<typeof framesAnswerSchema>

/** `handover` is when an address last passed from one pod to another, Unix milliseconds; 0 where none did. */
export const helloAnswerSchema = z.object({
  server: z.string(),
  watched: z.boolean(),
  handover: z.number().int().nonnegative().default(0),
})
export type HelloAnswer = z.infer<typeof helloAnswerSchema>

/** `now` is the server's Unix milliseconds. */
export const lookAnswerSchema = z.object({ server: z.string(), now: z.number() })
export type LookAnswer = z.infer<typeof lookAnswerSchema>
