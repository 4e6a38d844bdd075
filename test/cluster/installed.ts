// The product as a cluster has it: images made from the sources, imported into both nodes, and the chart installed with Helm.
// It is asked as people ask it, through kubectl port-forward, with a token of the chart's viewer.
import { spawn, type ChildProcess } from 'node:child_process'
import { request } from 'node:https'
import { join } from 'node:path'
import type { AnswerOf, BodyOf, Health } from '@margay/wire'
import { answerSchema, apiPrefix, healthSchema, routes } from '@margay/wire'
import { parseJsonExact } from '@margay/model'
import { makeImages } from '../../scripts/image.ts'
import { binary } from './build/places.ts'
import type { Cluster } from './cluster.ts'
import { install, uninstall, type Release } from './helm.ts'
import { until } from './parts/command.ts'

export interface Installed {
  readonly release: Release
  /** Unix milliseconds of `helm install`. */
  readonly installedAt: number
  readonly authority: string
  readonly token: string
  health(): Promise<Health>
  query(body: BodyOf<'query'>): Promise<AnswerOf<'query'>>
  /** Status and text of any path, as somebody with or without a token gets it. */
  ask(path: string, token?: string): Promise<{ readonly status: number; readonly text: string }>
  /** What `margay doctor --json` says in an agent's pod of a node. */
  doctor(node: string): Promise<unknown>
  /** Removes the release; what is left is for the test to look at. */
  uninstall(): Promise<void>
  /** Ends what only the test has started. */
  close(): void
}

const registry = 'margay.test'
const tag = 'sources'
const root = join(import.meta.dirname, '../..')

/** The address of a forwarded port, once kubectl says that it listens. */
function addressOf(forward: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const read = (text: Buffer) => {
      said += text.toString()
      const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said)?.[1]
      if (port !== undefined) resolve(`https://localhost:${port}`)
    }
    forward.stdout?.on('data', read)
    forward.stderr?.on('data', read)
    forward.once('exit', () => reject(new Error(`kubectl port-forward ended: ${said}`)))
  })
}

interface Asked {
  readonly ca: string
  readonly token?: string | undefined
  readonly body?: object | undefined
}

function ask(url: string, { ca, token, body }: Asked): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    }
    const call = request(url, { ca, headers, method: body ? 'POST' : 'GET', agent: false }, (answer) => {
      let text = ''
      answer.on('data', (part: Buffer) => (text += part.toString()))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      answer.on('error', reject)
    })
    call.on('error', reject)
    call.end(body && JSON.stringify(body))
  })
}

/** Makes the images from the sources as they are; paths of their archives. */
export async function productImages(say: (line: string) => void): Promise<readonly string[]> {
  const images = await makeImages({ repository: registry, tag, output: join(root, 'build/images'), say })
  return images.map(({ path }) => path)
}

/** Installs the chart with what this cluster needs besides: agents of one kernel tell their nodes apart by cgroup. */
export async function installProduct(cluster: Cluster): Promise<Installed> {
  const { kubectl, kubeconfig, record } = cluster
  const namespace = 'margay'
  const release: Release = {
    name: 'margay',
    namespace,
    values: {
      'image.registry': registry,
      'image.tag': tag,
      'image.pullPolicy': 'Never',
      'server.persistence.enabled': false,
      'agent.extraEnv': [{ name: 'MARGAY_CGROUP', value: `/${record.prefix}/$(MARGAY_NODE)` }],
    },
  }
  const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' }
  await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }])
  const installedAt = Date.now()
  await install(kubeconfig, release)
  const workloads = ['statefulset/margay-server', 'daemonset/margay-agent']
  for (const workload of workloads) {
    await kubectl.run(['rollout', 'status', workload, '-n', namespace, '--timeout=300s'])
  }
  const secret = await kubectl.get<{ data: { 'ca.crt': string } } & { kind: string }>('secret', 'margay-tls', namespace)
  const authority = Buffer.from(secret.data['ca.crt'], 'base64').toString()
  const token = (await kubectl.run(['create', 'token', 'margay-viewer', '-n', namespace])).trim()
  const words = ['port-forward', 'service/margay-server', ':8585', '-n', namespace]
  const forward = spawn(binary('kubectl'), words, { env: { ...process.env, KUBECONFIG: kubeconfig } })
  const address = await addressOf(forward)
  const asViewer = async (path: string, body?: object) => {
    const { status, text } = await ask(address + apiPrefix + path, { ca: authority, token, body })
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
    return parseJsonExact(text)
  }
  return {
    release,
    installedAt,
    authority,
    token,
    health: async () => healthSchema.parse(await asViewer(routes.health.path)),
    query: async (body) => answerSchema.parse(await asViewer(routes.query.path, body)),
    ask: (path, someToken) => ask(address + path, { ca: authority, token: someToken }),
    async doctor(node) {
      const pods = await kubectl.list<{ metadata: { name: string }; spec: { nodeName: string } }>('pods', namespace)
      const agent = pods.find(
        ({ metadata, spec }) => metadata.name.startsWith('margay-agent') && spec.nodeName === node,
      )
      if (!agent) throw new Error(`no agent runs on ${node}`)
      const said = ['exec', agent.metadata.name, '-n', namespace, '--', 'margay', 'doctor', '--json']
      return JSON.parse(await kubectl.run(said)) as unknown
    },
    async uninstall() {
      forward.kill()
      await uninstall(kubeconfig, release)
      await until('the pods of the release to be gone', async () => {
        const pods = await kubectl.list('pods', namespace)
        return pods.length === 0
      })
    },
    close: () => void forward.kill(),
  }
}
