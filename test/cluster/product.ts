// The product as a cluster has it: images made from the sources, imported into both nodes, and the chart installed with Helm.
// It is asked as people ask it, through kubectl port-forward, with a token of the chart's viewer. Values differ from the
// chart's own only where this cluster does: two nodes share one kernel, and nobody gives out volumes.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseJsonExact } from '@margay/model'
import type { AnswerOf, BodyOf, Health, TailRows } from '@margay/wire'
import { answerSchema, apiPrefix, healthSchema, routes } from '@margay/wire'
import { makeImages } from '../../scripts/image.ts'
import type { Cluster } from './cluster.ts'
import { install, uninstall, type Release } from './helm.ts'
import { until } from './parts/command.ts'
import { ask, events, type Answered } from './parts/https.ts'
import type { KubeObject } from './parts/kubectl.ts'
import type { ClusterNode } from './parts/node.ts'
import { forwardPort } from './parts/port-forward.ts'

export type Row = Readonly<Record<string, unknown>>

export interface LiveRows extends TailRows {
  /** Unix milliseconds at which they were here. */
  readonly at: number
}

export interface ClusterProduct {
  readonly release: Release
  /** Unix milliseconds of `helm install`. */
  readonly installedAt: number
  /** `https://localhost:PORT`, for a browser or the CLI; it stays the same when the server's pod is another. */
  readonly address: string
  /** The certificate's authority, PEM. */
  readonly authority: string
  /** Of the chart's viewer. */
  readonly token: string
  /** The server's data directory, as this machine has it. */
  readonly dataDir: string
  /** Stored rows since the installation that a filter finds, in the order of time. */
  rows(logType: 'flows' | 'dns', query: string): Promise<readonly Row[]>
  /** Asks `GET /api/v1/PATH`. */
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: object): Promise<T>
  query(body: BodyOf<'query'>): Promise<AnswerOf<'query'>>
  health(): Promise<Health>
  /** Rows of flows as somebody who watches gets them, provisional ones too, until the signal ends it. */
  tail(query: string, signal: AbortSignal): AsyncIterable<LiveRows>
  /** Status and text of any path, as somebody with or without a token gets it. */
  ask(path: string, token?: string): Promise<Answered>
  /** What `margay doctor --json` says in the agent's pod of a node. */
  doctor(node: string): Promise<unknown>
  /** What server and agents have written, for the message of a failure. */
  output(): Promise<string>
  /** Removes the release; what is left is for the test to look at. */
  uninstall(): Promise<void>
  /** Ends what only the test has started. */
  close(): void
}

const registry = 'margay.test'
const tag = 'sources'
const namespace = 'margay'
const root = join(import.meta.dirname, '../..')

/** Makes the images from the sources as they are; paths of their archives. */
export async function productImages(say: (line: string) => void): Promise<readonly string[]> {
  const images = await makeImages({ repository: registry, tag, output: join(root, 'build/images'), say })
  return images.map(({ path }) => path)
}

/** Agents of one kernel tell their nodes apart by cgroup. */
const releaseFor = ({ record }: Cluster): Release => ({
  name: 'margay',
  namespace,
  values: {
    'image.registry': registry,
    'image.tag': tag,
    'image.pullPolicy': 'Never',
    'agent.extraEnv': [{ name: 'MARGAY_CGROUP', value: `/${record.prefix}/$(MARGAY_NODE)` }],
  },
})

const dataDirOn = ({ shared }: ClusterNode) => join(shared, 'margay-data')

/** The volume that the server's claim finds: a folder of one node, which therefore is the server's. */
function volumeOn(node: ClusterNode): KubeObject {
  const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [node.name] }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'margay-data' },
    spec: {
      capacity: { storage: '50Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path: dataDirOn(node) },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  }
}

async function prepare({ kubectl, nodes }: Cluster): Promise<string> {
  const [home] = nodes
  const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' }
  mkdirSync(dataDirOn(home!), { recursive: true })
  await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }, volumeOn(home!)])
  return dataDirOn(home!)
}

/** The API by its paths, for the chart's viewer. */
function createApi(address: string, authority: string, token: string, since: number) {
  const call = async <T>(path: string, body?: object): Promise<T> => {
    const { status, text } = await ask(address + apiPrefix + path, { authority, token, body })
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
    return parseJsonExact(text) as T
  }
  const query = async (body: BodyOf<'query'>) => answerSchema.parse(await call(routes.query.path, body))
  return {
    query,
    get: <T>(path: string) => call<T>(`/${path}`),
    post: <T>(path: string, body: object) => call<T>(`/${path}`, body),
    health: async () => healthSchema.parse(await call(routes.health.path)),
    async rows(logType: 'flows' | 'dns', words: string): Promise<readonly Row[]> {
      // By the clock of the cluster, whatever the server's says.
      const range = { from: { at: since }, to: { at: Math.ceil(Date.now() / 1000) } }
      const sort = { field: 'start_time', descending: false }
      const { answer } = await query({ logType, query: words, range, select: { kind: 'rows', sort, limit: 10_000 } })
      return answer.kind === 'rows' ? answer.rows : []
    },
    async *tail(words: string, signal: AbortSignal): AsyncGenerator<LiveRows> {
      const subscriptions = JSON.stringify([{ id: 'test', logType: 'flows', query: words }])
      const path = `${routes.tail.path}?subscriptions=${encodeURIComponent(subscriptions)}`
      for await (const { name, data, at } of events(address + apiPrefix + path, { authority, token, signal })) {
        if (name === 'rows') yield { ...(parseJsonExact(data) as TailRows), at }
      }
    },
  }
}

interface AgentPod {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly nodeName: string }
}

/** What is asked in the cluster itself. */
function createInside({ kubectl }: Cluster) {
  const pods = () => kubectl.list<AgentPod>('pods', namespace)
  const logsOf = ({ metadata }: AgentPod) =>
    kubectl.run(['logs', metadata.name, '-n', namespace]).catch((error: Error) => error.message)
  return {
    pods,
    async doctor(node: string): Promise<unknown> {
      const isAgent = ({ metadata }: AgentPod) => metadata.name.startsWith('margay-agent')
      const agent = (await pods()).find((pod) => isAgent(pod) && pod.spec.nodeName === node)
      if (!agent) throw new Error(`no agent runs on ${node}`)
      const words = ['exec', agent.metadata.name, '-n', namespace, '--', 'margay', 'doctor', '--json']
      return JSON.parse(await kubectl.run(words)) as unknown
    },
    output: async () => (await Promise.all((await pods()).map(logsOf))).join('\n'),
  }
}

const workloads = ['statefulset/margay-server', 'daemonset/margay-agent']

/** Installs the chart into a cluster that has the images, and waits until all of it is ready. */
export async function installProduct(cluster: Cluster): Promise<ClusterProduct> {
  const { kubectl, kubeconfig } = cluster
  const release = releaseFor(cluster)
  const dataDir = await prepare(cluster)
  const installedAt = Date.now()
  await install(kubeconfig, release)
  for (const workload of workloads) {
    await kubectl.run(['rollout', 'status', workload, '-n', namespace, '--timeout=300s'])
  }
  const secret = await kubectl.get<{ data: { 'ca.crt': string } } & { kind: string }>('secret', 'margay-tls', namespace)
  const authority = Buffer.from(secret.data['ca.crt'], 'base64').toString()
  const token = await kubectl.run(['create', 'token', 'margay-viewer', '-n', namespace, '--duration=8h'])
  const forward = await forwardPort({ kubeconfig, namespace, to: 'service/margay-server', port: 8585 })
  const address = `https://localhost:${forward.port}`
  const { pods, ...inside } = createInside(cluster)
  return {
    ...createApi(address, authority, token.trim(), Math.floor(installedAt / 1000)),
    ...inside,
    release,
    installedAt,
    address,
    authority,
    token: token.trim(),
    dataDir,
    ask: (path, someToken) => ask(address + path, { authority, token: someToken }),
    async uninstall() {
      forward.close()
      await uninstall(kubeconfig, release)
      await until('the pods of the release to be gone', async () => (await pods()).length === 0)
    },
    close: () => forward.close(),
  }
}
