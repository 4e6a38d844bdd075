// HTTPS as a client of the installed product speaks it: with the authority of its certificate, and with a token.
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { until } from './command.ts'

export interface Asked {
  readonly authority: string
  readonly token?: string | undefined
  readonly body?: object | undefined
  readonly signal?: AbortSignal
}

export interface Answered {
  readonly status: number
  readonly text: string
}

/** Sends a request and resolves with the head of its answer, whose body is the caller's to read. */
function open(url: string, { authority, token, body, signal }: Asked): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    }
    const method = body ? 'POST' : 'GET'
    const call = request(url, { ca: authority, headers, method, agent: false, ...(signal && { signal }) }, resolve)
    call.on('error', reject)
    call.end(body && JSON.stringify(body))
  })
}

async function askOnce(url: string, asked: Asked): Promise<Answered> {
  const answer = await open(url, asked)
  let text = ''
  for await (const part of answer.setEncoding('utf8')) text += part as string
  return { status: answer.statusCode ?? 0, text }
}

/** What a forwarded port says while the pod behind it is being replaced. */
const isPassing = (error: unknown) =>
  ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes((error as { code?: string }).code ?? '')

/** Asks, and asks again while nobody is there. */
export async function ask(url: string, asked: Asked): Promise<Answered> {
  let last: unknown
  const attempt = () =>
    askOnce(url, asked).catch((error: unknown) => {
      if (!isPassing(error)) throw error
      last = error
      return undefined
    })
  return until(`an answer from ${url}`, attempt, { why: () => String(last), everyMs: 250 })
}

export interface ServerSentEvent {
  readonly name: string
  readonly data: string
  /** Unix milliseconds at which it had arrived. */
  readonly at: number
}

/** Events of a stream as they arrive, until the signal ends it. */
export async function* events(url: string, asked: Asked): AsyncGenerator<ServerSentEvent> {
  const answer = await open(url, asked)
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
  let text = ''
  for await (const part of answer.setEncoding('utf8')) {
    const at = Date.now()
    const blocks = (text + (part as string)).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const data = field('data')
      if (data !== undefined) yield { name: field('event') ?? 'message', data, at }
    }
  }
}
