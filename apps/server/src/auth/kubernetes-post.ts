// Reviews are posted as this server's own service account, with what a pod is given: the API server's address in the
// environment, its authority and our token in files that the kubelet renews.
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { FatalError } from '@margay/kit'
import type { PostToKubernetes } from './kubernetes-way.ts'

export interface InCluster {
  readonly host: string
  readonly port: string
  /** Directory with `ca.crt` and `token`. */
  readonly dir: string
}

const accountDir = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Throws a FatalError outside of a pod. */
export function inCluster(env: Readonly<Record<string, string | undefined>>): InCluster {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT_HTTPS: port = '443' } = env
  if (host === undefined || host === '') {
    throw new FatalError(
      'ask the Kubernetes API for rights: this process is in no pod (KUBERNETES_SERVICE_HOST is not set); ' +
        'run it in the cluster, or let people in with --auth-tokens',
    )
  }
  return { host, port, dir: accountDir }
}

const timeoutMs = 10_000
/** Reviews at once. More would only be a flood of tokens that are nobody's, and the API server is everybody's. */
const maxAtOnce = 32
const maxAnswerBytes = 1_048_576

function answerOf(options: RequestOptions, text: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, method: 'POST', timeout: timeoutMs }, resolve)
    call.on('timeout', () => call.destroy(new Error(`no answer to ${options.path} in ${timeoutMs} ms`)))
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
export function createKubernetesPost({ host, port, dir }: InCluster): PostToKubernetes {
  const agent = new Agent({ keepAlive: true, maxSockets: maxAtOnce })
  let running = 0
  const post = async (path: string, body: object): Promise<unknown> => {
    const token = readFileSync(join(dir, 'token'), 'utf8').trim()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const ca = readFileSync(join(dir, 'ca.crt'))
    const answer = await answerOf({ host, port, path, agent, ca, headers }, JSON.stringify(body))
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
