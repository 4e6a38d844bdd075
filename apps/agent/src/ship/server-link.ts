// The server as the agent sees it: frames in, results out. Turns HTTP's ways to fail into one error with a sentence.
import type { FramesAnswer, Hello, HelloAnswer, LookAnswer } from '@margay/wire'
import {
  agentHeader,
  framesAnswerSchema,
  framesPath,
  helloAnswerSchema,
  helloPath,
  instanceHeader,
  joinPieces,
  lookAnswerSchema,
  lookPath,
} from '@margay/wire'
import { z } from 'zod'
import type { HttpLinkConfig, PostOptions } from './http-link.ts'
import { createHttpLink } from './http-link.ts'

interface Problem {
  readonly detail?: string | undefined
  readonly hint?: string | undefined
}

export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly status: number
  /** What the server says that is wrong, and what to do about it; the message has both. */
  readonly detail: string
  readonly hint: string | undefined

  constructor(status: number, { detail = `server answered ${status}`, hint }: Problem) {
    super(hint === undefined ? detail : `${detail}; ${hint}`)
    this.status = status
    this.detail = detail
    this.hint = hint
  }
}

export interface ServerLink {
  /** Rejects with a ServerError where the server answers with an error, with another error where it does not answer. */
  sendFrames(pieces: readonly Uint8Array[], signal: AbortSignal): Promise<FramesAnswer>
  hello(hello: Hello, signal: AbortSignal): Promise<HelloAnswer>
  /** Whether the server would take this agent; rejects as the others do. */
  look(signal: AbortSignal): Promise<LookAnswer>
  close(): void
}

export interface ServerLinkConfig extends HttpLinkConfig {
  readonly agent: string
  readonly instance: string
}

/** A segment takes two seconds, a wait for the inventory five; ten times that is no answer. */
const framesTimeoutMs = 70_000
/** The server holds a hello for 20 s. */
const helloTimeoutMs = 40_000
/** The Kubernetes API may have to be asked first, which gets ten seconds. */
const lookTimeoutMs = 15_000

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

const problemSchema = z.object({ detail: z.string().optional(), hint: z.string().optional() })

function problemOf(status: number, body: Buffer): ServerError {
  const read = problemSchema.safeParse(parseJson(body))
  return new ServerError(status, read.data ?? {})
}

/** Something answers, and not as a server of ours does. */
export class ForeignAnswerError extends Error {
  override readonly name = 'ForeignAnswerError'
}

export function createServerLink(config: ServerLinkConfig): ServerLink {
  const http = createHttpLink(config)
  const common = {
    [agentHeader]: encodeURIComponent(config.agent),
    [instanceHeader]: config.instance,
  }
  async function post<T>(schema: z.ZodType<T>, path: string, body: Uint8Array, type: string, limits: PostOptions) {
    const answer = await http.post(path, body, { ...common, 'content-type': type }, limits)
    if (answer.status !== 200) throw problemOf(answer.status, answer.body)
    const read = schema.safeParse(parseJson(answer.body))
    if (read.success) return read.data
    throw new ForeignAnswerError(`the answer to ${path} is not that of a Margay server`, { cause: read.error })
  }
  return {
    async sendFrames(pieces, signal) {
      const type = 'application/vnd.margay.frames'
      return post(framesAnswerSchema, framesPath, joinPieces(pieces), type, { signal, timeoutMs: framesTimeoutMs })
    },
    async hello(hello, signal) {
      const body = Buffer.from(JSON.stringify(hello))
      return post(helloAnswerSchema, helloPath, body, 'application/json', { signal, timeoutMs: helloTimeoutMs })
    },
    async look(signal) {
      return post(lookAnswerSchema, lookPath, new Uint8Array(), 'application/json', {
        signal,
        timeoutMs: lookTimeoutMs,
      })
    },
    close: () => http.close(),
  }
}
