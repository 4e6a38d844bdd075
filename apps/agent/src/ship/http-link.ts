// HTTP/1.1 to the server over TCP, TLS or a unix socket, with connections kept alive. Knows no frames. What shows who we are
// and whom we trust is in files that others renew; each is read again when it changed.
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { createFollowedFile } from './followed-file.ts'

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

export interface HttpLinkConfig {
  /** `http://host:port`, `https://host:port` or `unix:/path`. */
  readonly server: string
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
  /** PEM file; the public authorities where it is left out. */
  readonly ca?: string | undefined
}

/** The connections to a TLS server, made anew when the authority's file changed. */
function createTlsAgent(path: string | undefined): { readonly agent: () => HttpsAgent; readonly close: () => void } {
  const file = path === undefined ? undefined : createFollowedFile(path)
  let ca: string | undefined
  let agent: HttpsAgent | undefined
  return {
    agent() {
      const now = file?.read()
      if (agent && now === ca) return agent
      agent?.destroy()
      ca = now
      return (agent = new HttpsAgent({ keepAlive: true, ...(ca !== undefined && { ca }) }))
    },
    close: () => agent?.destroy(),
  }
}

export function createHttpLink({ server, token, tokenFile, ca }: HttpLinkConfig): HttpLink {
  const socketPath = server.startsWith('unix:') ? server.slice('unix:'.length) : undefined
  const base = new URL(socketPath === undefined ? server : 'http://localhost')
  const isTls = base.protocol === 'https:'
  const plain = new HttpAgent({ keepAlive: true })
  const secure = createTlsAgent(ca)
  const request = isTls ? httpsRequest : httpRequest
  const file = tokenFile === undefined ? undefined : createFollowedFile(tokenFile)
  const authorization = (): Record<string, string> => {
    const now = file?.read().trim() ?? token
    return now === undefined ? {} : { authorization: `Bearer ${now}` }
  }
  return {
    post: (path, body, headers, { signal, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const call = request(
          new URL(path, base),
          {
            method: 'POST',
            agent: isTls ? secure.agent() : plain,
            signal,
            timeout: timeoutMs,
            headers: { ...headers, ...authorization(), 'content-length': String(body.length) },
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
    close() {
      plain.destroy()
      secure.close()
    },
  }
}
