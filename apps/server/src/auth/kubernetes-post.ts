// Reviews are posted to the API server by the way that the inventory reads it: as a pod's service account, or by a kubeconfig.
import type { IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import { Agent, request } from 'node:https'
import { FatalError } from '@margay/kit'
import type { Access, AccessSource, KubernetesConfig } from '../kubernetes/index.ts'
import { AccessError, openAccess } from '../kubernetes/index.ts'
import type { PostToKubernetes } from './kubernetes-way.ts'

/** For a whole answer, the time that a review waits for a connection included. */
const timeoutMs = 10_000
/** Connections at once, more than strangers get (strangers.ts): there is always room for those who are known. */
const maxConnections = 32
/** Reviews that may wait for a connection; far more than tokens of people who are there at the same time. */
const maxWaiting = 2_000
const maxAnswerBytes = 1_048_576

function answerOf(url: URL, options: RequestOptions, text: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, method: 'POST' }, resolve)
    call.on('error', reject)
    call.end(text)
  })
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxAnswerBytes) throw new Error(`an answer of the API server is over ${maxAnswerBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/**
 * Tokens of people are shown to whoever answers there, and its answers let people in: it must be the API server beyond doubt.
 * Throws an AccessError where the kubeconfig does not make sure of that.
 */
function checkAuthority({ server, tls }: Access): void {
  const refuse = (why: string) => new AccessError(`refuse to ask ${server} whose a token is: ${why}`)
  if (!server.startsWith('https:')) throw refuse('its address is not https')
  if (tls.rejectUnauthorized === false) {
    throw refuse('the kubeconfig says insecure-skip-tls-verify; give it certificate-authority instead')
  }
}

/** Posts JSON. Opens nothing before the first call. Rejects with what the API server said, never with what was sent. */
export function createKubernetesPost(access: AccessSource): PostToKubernetes {
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections })
  let running = 0
  const post = async (path: string, body: object): Promise<unknown> => {
    const current = await access.current()
    checkAuthority(current)
    const { server, tls, authorization } = current
    const headers = { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) }
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const answer = await answerOf(new URL(server + path), { ...tls, agent, headers, signal }, JSON.stringify(body))
      if (answer.statusCode === 401) access.refused()
      return readAnswer(path, answer.statusCode ?? 0, await textOf(answer))
    } catch (error) {
      if (!signal.aborted) throw error
      throw new Error(`the API server gave no answer to ${path} in ${timeoutMs} ms`, { cause: error })
    }
  }
  return async (path, body) => {
    if (running >= maxWaiting) throw new Error(`${maxWaiting} reviews are waiting for the API server`)
    running++
    try {
      return await post(path, body)
    } finally {
      running--
    }
  }
}

/** The parser's own words quote what it read, and a review's answer repeats the token. */
function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`the API server answered ${path} with ${text.length} characters that are no JSON`)
  }
}

function readAnswer(path: string, status: number, text: string): unknown {
  if (status >= 200 && status < 300) return parsed(path, text)
  const rule = path.slice(path.lastIndexOf('/') + 1)
  if (status === 403) throw new Error(`the API server refuses ${path}; this server's role must allow to create ${rule}`)
  throw new Error(`the API server answered ${path} with ${status}`)
}

/** By the options of the source that reads the API, whether it does or not. Throws a FatalError where there is no way. */
export function kubernetesPostOf(
  config: KubernetesConfig,
  env: Readonly<Record<string, string | undefined>>,
  clock: () => number,
): PostToKubernetes {
  const access = openAccess({ ...config, read: 'auto' }, env, clock)
  if (access) return createKubernetesPost(access)
  throw new FatalError(
    'ask the Kubernetes API whose a token is: this process is in no pod with a service account; give --kubernetes-kubeconfig',
  )
}
