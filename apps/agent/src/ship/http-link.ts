// HTTP/1.1 to the server over TCP, TLS or a unix socket, with connections kept alive. Knows no frames.
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export interface HttpAnswer {
  readonly status: number
  readonly body: Buffer
}

export interface HttpLink {
  /** Rejects when no whole answer came: refused, broken off, or silent for `timeoutMs`. */
  post(
    path: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    options: PostOptions,
  ): Promise<HttpAnswer>
  close(): void
}

export interface PostOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** The server's answers are small; more than this is not our server. */
const maxAnswerBytes = 4 * 1_048_576

/** `server` is `http://host:port`, `https://host:port` or `unix:/path`. */
export function createHttpLink(server: string): HttpLink {
  const socketPath = server.startsWith('unix:') ? server.slice('unix:'.length) : undefined
  const base = new URL(socketPath === undefined ? server : 'http://localhost')
  const isTls = base.protocol === 'https:'
  const agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const request = isTls ? httpsRequest : httpRequest
  return {
    post: (path, body, headers, { signal, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const call = request(
          new URL(path, base),
          {
            method: 'POST',
            agent,
            signal,
            timeout: timeoutMs,
            headers: { ...headers, 'content-length': String(body.length) },
            ...(socketPath === undefined ? {} : { socketPath }),
          },
          (answer) => {
            const parts: Buffer[] = []
            let bytes = 0
            answer.on('data', (part: Buffer) => {
              bytes += part.length
              if (bytes > maxAnswerBytes) call.destroy(new Error(`answer of ${server} is over ${maxAnswerBytes} bytes`))
              else parts.push(part)
            })
            answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }))
            answer.on('error', reject)
          },
        )
        call.on('timeout', () => call.destroy(new Error(`${server} did not answer in ${timeoutMs} ms`)))
        call.on('error', reject)
        call.end(body)
      }),
    close: () => agent.destroy(),
  }
}
