// The product on the cluster: a server that reads the API with the rights that the chart gives it, and an agent on each node, in
// the node's network, which sees what is below the node's cgroup. Questions are asked by the API, as everything else asks them.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJsonExact } from '@margay/model'
import type { AnswerResponse, QuestionRequest } from '@margay/wire'
import { parseAllDocuments } from 'yaml'
import { buildAgent } from '../../apps/agent/build.ts'
import { buildConsole } from '../../scripts/build.ts'
import { helm } from './build/helm.ts'
import type { Cluster } from './cluster.ts'
import { run, until } from './parts/command.ts'
import type { KubeObject } from './parts/kubectl.ts'
import type { ClusterNode } from './parts/node.ts'

export type Row = Readonly<Record<string, unknown>>

export interface ClusterProduct {
  readonly address: string
  /** Stored rows of the last hour that a filter finds, in the order of time. */
  rows(logType: 'flows' | 'dns', query: string): Promise<readonly Row[]>
  /** Asks `GET /api/v1/...`. */
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  /** Ends the agent of a node, as happens when the node goes. */
  endAgent(node: ClusterNode): Promise<void>
  /** What the processes have written, for the message of a failure. */
  output(): string
  close(): Promise<void>
}

const root = join(import.meta.dirname, '../..')
const chart = join(root, 'deploy/helm/margay')
const namespace = 'margay'

interface Process {
  readonly child: ChildProcess
  output(): string
  says(text: RegExp): Promise<RegExpExecArray>
}

function startNode(what: string, file: string, args: readonly string[], before: readonly string[] = []): Process {
  const [program = '', ...rest] = [...before, process.execPath, join(root, file), ...args]
  const env = { ...process.env, NODE_NO_WARNINGS: '1' }
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  return {
    child,
    output: () => output,
    async says(text) {
      await until(`${what} to say ${text}`, () => child.exitCode !== null || text.test(output), { why: () => output })
      const found = text.exec(output)
      if (!found) throw new Error(`${what} ended early: ${output}`)
      return found
    },
  }
}

async function end({ child }: Process): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Gives the server's service account the rights that the chart gives it, and returns a kubeconfig of it. */
async function accessOfServer(cluster: Cluster): Promise<string> {
  const text = run(helm, 'template', 'margay', chart, '--namespace', namespace, '--show-only', 'templates/rbac.yaml')
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
  await cluster.kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  await cluster.kubectl.apply(objects)
  const { kubeconfig } = await cluster.serviceAccount(namespace, 'margay-server')
  return kubeconfig
}

/** By default short, so that a test does not wait for the ten seconds of a real one. */
const intervalSeconds = 2

const startAgent = (node: ClusterNode, dataDir: string): Process =>
  startNode(
    `the agent of ${node.name}`,
    'apps/agent/src/main.ts',
    [
      ...['--ship-server', `unix:${dataDir}/agent.sock`, '--data', join(dataDir, `agent-${node.name}`)],
      ...['--node', node.name, '--cgroup', node.cgroup, '--interval-seconds', String(intervalSeconds)],
    ],
    node.inNetwork,
  )

/** Starts the server and the agents and waits until both agents collect and the server knows the cluster. */
export async function startClusterProduct(cluster: Cluster): Promise<ClusterProduct> {
  buildAgent()
  buildConsole()
  const kubeconfig = await accessOfServer(cluster)
  const dataDir = mkdtempSync(join(tmpdir(), 'margay-cluster-'))
  const server = startNode('the server', 'apps/server/src/main.ts', [
    ...['--data', dataDir, '--listen', '127.0.0.1:0', '--kubernetes-kubeconfig', kubeconfig],
  ])
  const [, address = ''] = await server.says(/answers at (http:\S+)/)
  await server.says(/agents are taken/)
  const agents = new Map(cluster.nodes.map((node) => [node.name, startAgent(node, dataDir)]))
  for (const agent of agents.values()) await agent.says(/collecting/)
  const output = () => [server, ...agents.values()].map((each) => each.output()).join('\n')

  const parse = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${address}/api/v1/${path}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} was refused: ${text}`)
    return parseJsonExact(text)
  }
  const send = (path: string, body: unknown) =>
    parse(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return {
    address,
    output,
    get: async <T>(path: string) => (await parse(path)) as T,
    post: async <T>(path: string, body: unknown) => (await send(path, body)) as T,
    async rows(logType, query) {
      const range = { from: { ago: 3600 }, to: { ago: 0 } }
      const sort = { field: 'start_time', descending: false }
      const question: QuestionRequest = { logType, query, range, select: { kind: 'rows', sort, limit: 10_000 } }
      const { answer } = (await send('query', question)) as AnswerResponse
      return answer.kind === 'rows' ? answer.rows : []
    },
    async endAgent({ name }) {
      const agent = agents.get(name)
      if (agent) await end(agent)
    },
    async close() {
      for (const each of [...agents.values(), server]) await end(each)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
