// HTTP to an API server: whole JSON answers, and streams of lines. One answer that is slow is waited for; one that says
// nothing for long is given up. Knows no kinds and keeps no state but its sockets.
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { StringDecoder } from 'node:string_decoder'
import type { AccessSource } from './access.ts'

/** The API server's `Status`: it answered, and said no. */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError'
  readonly code: number
  readonly reason: string
  /** Milliseconds, where the server said when to come again. */
  readonly retryAfterMs: number | undefined

  constructor(code: number, reason: string, message: string, retryAfterMs?: number) {
    super(message)
    this.code = code
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Undefined for 304. */
  readonly body: unknown
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Given up when nothing comes for so long. */
  readonly idleMs?: number
}

export interface StreamEvents {
  /** It was accepted. */
  readonly open: () => void
  /** It is ended for having said nothing for long. */
  readonly silence: () => void
}

export interface ApiClient {
  /** The answer of a GET. Rejects with ApiStatusError over 399, and with the socket's error where there is no answer. */
  get(path: string, signal: AbortSignal, options?: GetOptions): Promise<Answer>
  /** The bytes of an answer, as they come. */
  bytes(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array>
  /**
   * Lines of an answer that goes on, each one JSON value. Ends when the server ends it, and once it has said nothing for
   * `idleMs`: whoever asks again finds out whether it is still there.
   */
  lines(path: string, signal: AbortSignal, idleMs: number, on: StreamEvents): AsyncGenerator<string>
  /** Ends every connection, idle or not; what is asked next makes new ones. */
  reset(): void
}

const usualIdleMs = 30_000
/** Far over the largest object that etcd takes. */
const maxLineLength = 32 * 1_048_576
/** A peer that went without a word is noticed by the kernel's probes after this and ten seconds more. */
const keepAliveMs = 15_000

interface StatusBody {
  readonly message?: unknown
  readonly reason?: unknown
  readonly code?: unknown
}

/** What a `Status` says, from an answer's body or from an ERROR event. */
export function statusError(code: number, body: unknown, retryAfter?: string): ApiStatusError {
  const { message, reason, code: own } = (typeof body === 'object' && body !== null ? body : {}) as StatusBody
  const seconds = Number(retryAfter)
  return new ApiStatusError(
    typeof own === 'number' && own > 0 ? own : code,
    typeof reason === 'string' ? reason : '',
    typeof message === 'string' && message !== '' ? message : `the API server answered ${code}`,
    retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined,
  )
}

async function readWhole(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text.slice(0, 200) }
  }
}

/** Cuts chunks into lines; a letter that is split between two chunks stays whole. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of response) {
    const parts = (rest + decoder.write(chunk as Buffer)).split('\n')
    rest = parts.pop()!
    if (rest.length > maxLineLength) throw new Error(`a line of the API server has over ${maxLineLength} bytes`)
    for (const line of parts) if (line !== '') yield line
  }
  // A last line without an end was cut off with its connection.
}

export function createClient(access: AccessSource): ApiClient {
  const options = { keepAlive: true, keepAliveMsecs: keepAliveMs, timeout: 60_000 }
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) } as const

  const fellSilent = new WeakSet<IncomingMessage>()

  const open = async (path: string, signal: AbortSignal, idleMs: number, headers: GetOptions['headers']) => {
    const { server, tls, authorization } = await access.current()
    const url = new URL(server + path)
    const agent = url.protocol === 'http:' ? agents['http:'] : agents['https:']
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest
    const sent = {
      accept: 'application/json',
      'user-agent': 'margay',
      ...headers,
      ...(authorization !== undefined && { authorization }),
    }
    const request = send(url, { ...tls, agent, signal, headers: sent, timeout: idleMs })
    request.end()
    return answerOf(request, idleMs)
  }
  const answerOf = (request: ClientRequest, idleMs: number) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const giveUp = () => request.destroy(new Error(`the API server said nothing for ${Math.round(idleMs / 1000)} s`))
      request.on('timeout', giveUp)
      request.on('socket', (socket) => socket.setKeepAlive(true, keepAliveMs))
      request.on('response', (response) => {
        request.on('timeout', () => fellSilent.add(response))
        resolve(response)
      })
      request.on('error', reject)
    })
  const checked = async (response: IncomingMessage): Promise<IncomingMessage> => {
    const status = response.statusCode ?? 0
    if (status < 400) return response
    if (status === 401) access.refused()
    throw statusError(status, readJson(await readWhole(response)), response.headers['retry-after'])
  }
  return {
    async get(path, signal, { headers, idleMs = usualIdleMs } = {}) {
      const response = await checked(await open(path, signal, idleMs, headers))
      const text = await readWhole(response)
      const { statusCode: status = 0, headers: given } = response
      return { status, headers: given, body: status === 304 ? undefined : (JSON.parse(text) as unknown) }
    },
    async *bytes(path, signal) {
      const response = await checked(await open(path, signal, usualIdleMs, undefined))
      for await (const chunk of response) yield chunk as Buffer
    },
    async *lines(path, signal, idleMs, on) {
      const response = await checked(await open(path, signal, idleMs, undefined))
      on.open()
      try {
        yield* linesOf(response)
      } catch (error) {
        if (!fellSilent.has(response)) throw error
        on.silence()
      } finally {
        response.destroy()
      }
    },
    reset() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}
