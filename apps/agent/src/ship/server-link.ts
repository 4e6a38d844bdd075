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
import type { HttpLinkConfig } from './http-link.ts'
import { createHttpLink } from './http-link.ts'

export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
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

interface Problem {
  readonly detail?: string
  readonly hint?: string
}

function problemOf(status: number, body: Buffer): ServerError {
  let problem: Problem = {}
  try {
    problem = JSON.parse(body.toString()) as Problem
  } catch {}
  const words = [problem.detail, problem.hint].filter((part) => part !== undefined)
  return new ServerError(words.length > 0 ? words.join('; ') : `server answered ${status}`, status)
}

export function createServerLink(config: ServerLinkConfig): ServerLink {
  const http = createHttpLink(config)
  const common = {
    [agentHeader]: encodeURIComponent(config.agent),
    [instanceHeader]: config.instance,
  }
  const post = async (path: string, body: Uint8Array, type: string, signal: AbortSignal, timeoutMs: number) => {
    const answer = await http.post(path, body, { ...common, 'content-type': type }, { signal, timeoutMs })
    if (answer.status !== 200) throw problemOf(answer.status, answer.body)
    return JSON.parse(answer.body.toString()) as unknown
  }
  return {
    async sendFrames(pieces, signal) {
      const type = 'application/vnd.margay.frames'
      return framesAnswerSchema.parse(await post(framesPath, joinPieces(pieces), type, signal, framesTimeoutMs))
    },
    async hello(hello, signal) {
      const body = Buffer.from(JSON.stringify(hello))
      return helloAnswerSchema.parse(await post(helloPath, body, 'application/json', signal, helloTimeoutMs))
    },
    async look(signal) {
      return lookAnswerSchema.parse(await post(lookPath, new Uint8Array(), 'application/json', signal, lookTimeoutMs))
    },
    close: () => http.close(),
  }
}
