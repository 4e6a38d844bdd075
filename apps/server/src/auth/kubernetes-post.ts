// Reviews are posted to the API server by the way that the inventory reads it: as a pod's service account, or by a kubeconfig.
import type { IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import { Agent, request } from 'node:https'
import { FatalError } from '@margay/kit'
import type { AccessSource, KubernetesConfig } from '../kubernetes/index.ts'
import { openAccess } from '../kubernetes/index.ts'
import type { PostToKubernetes } from './kubernetes-way.ts'

const timeoutMs = 10_000
/** Reviews at once. More would only be a flood of tokens that are nobody's, and the API server is everybody's. */
const maxAtOnce = 32
const maxAnswerBytes = 1_048_576

function answerOf(url: URL, options: RequestOptions, text: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, method: 'POST', timeout: timeoutMs }, resolve)
    call.on('timeout', () => call.destroy(new Error(`no answer to ${url.pathname} in ${timeoutMs} ms`)))
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

/** Posts JSON. Opens nothing before the first call. Rejects with what the API server said, never with what was sent. */
export function createKubernetesPost(access: AccessSource): PostToKubernetes {
  const agent = new Agent({ keepAlive: true, maxSockets: maxAtOnce })
  let running = 0
  const post = async (path: string, body: object): Promise<unknown> => {
    const { server, tls, authorization } = await access.current()
    const headers = { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) }
    const answer = await answerOf(new URL(server + path), { ...tls, agent, headers }, JSON.stringify(body))
    if (answer.statusCode === 401) access.refused()
    return readAnswer(path, answer.statusCode ?? 0, await textOf(answer))
  }
  return async (path, body) => {
    if (running >= maxAtOnce) throw new Error(`${maxAtOnce} reviews are waiting for the API server`)
    running++
    try {
      return await post(path, body)
    } finally {
      running--
    }
  }
}

function readAnswer(path: string, status: number, text: string): unknown {
  if (status >= 200 && status < 300) return JSON.parse(text)
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
