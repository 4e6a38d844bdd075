// The product on the lab: a server with the lab's objects as its inventory, and the agent on the lab's node, which sees the
// lab's pods alone. Questions are asked by the API, as everything else asks them.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJsonExact } from '@margay/model'
import type { AnswerResponse, QuestionRequest } from '@margay/wire'
import { buildAgent } from '../../apps/agent/build.ts'
import { buildConsole } from '../../scripts/build.ts'
import { nodeName } from './cluster.ts'
import type { Lab, Pod } from './lab.ts'
import { patienceMs, sleep, until } from './lab.ts'

export type Row = Readonly<Record<string, unknown>>

export interface LabProduct {
  readonly address: string
  /** Stored rows that a filter finds, in the order of time. */
  rows(logType: 'flows' | 'dns', query: string): Promise<readonly Row[]>
  /** Stored rows, once they pass; in the end whatever they are, so that the test says what is wrong with them. */
  rowsOnce(logType: 'flows' | 'dns', query: string, isWhole: (rows: readonly Row[]) => boolean): Promise<readonly Row[]>
  ask(question: Omit<QuestionRequest, 'range'>): Promise<AnswerResponse['answer']>
  /** Resolves once all that happened before is stored: a last connection was made, and its row is there. */
  settled(): Promise<void>
  close(): Promise<void>
}

const root = join(import.meta.dirname, '../..')
const lastHour = { from: { ago: 3600 }, to: { ago: 0 } }

/** A node: its pods are a lab's, and its agent stands in that lab's hub. */
export interface LabNode {
  readonly name: string
  readonly lab: Lab
}

export interface LabProductOptions {
  readonly inventory: string
  /** Two pods between which `settled` makes the connection by which it knows. */
  readonly client: Pod
  readonly server: Pod
  /** By default short, so that a test does not wait for the ten seconds of a real one. */
  readonly intervalSeconds?: number
  /** By default the one node of the lab. */
  readonly nodes?: readonly LabNode[]
}

interface Process {
  readonly child: ChildProcess
  output(): string
  says(text: RegExp): Promise<RegExpExecArray>
}

function startNode(what: string, file: string, args: readonly string[], before: readonly string[] = []): Process {
  const line = [...before, process.execPath, join(root, file), ...args]
  const env = { ...process.env, NODE_NO_WARNINGS: '1' }
  const child = spawn(line[0]!, line.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  return {
    child,
    output: () => output,
    async says(text) {
      await until(`${what} to say ${text}`, () => {
        if (child.exitCode !== null) throw new Error(`lab: ${what} ended early: ${output}`)
        return text.test(output)
      })
      return text.exec(output)!
    },
  }
}

async function end({ child }: Process): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Starts both and waits until the agent collects. */
export async function startLabProduct(
  lab: Lab,
  { inventory, client, server, intervalSeconds = 2, nodes = [{ name: nodeName, lab }] }: LabProductOptions,
): Promise<LabProduct> {
  buildAgent()
  buildConsole()
  const dataDir = mkdtempSync(join(tmpdir(), 'margay-lab-product-'))
  const serverProcess = startNode('the server', 'apps/server/src/main.ts', [
    ...['--data', dataDir, '--listen', '127.0.0.1:0', '--inventory', inventory],
  ])
  const [, address] = await serverProcess.says(/answers at (http:\S+)/)
  await serverProcess.says(/agents are taken/)
  const agents = nodes.map(({ name, lab: { cgroup, hub } }) =>
    startNode(
      `the agent of ${name}`,
      'apps/agent/src/main.ts',
      [
        ...['--ship-server', `unix:${dataDir}/agent.sock`, '--data', join(dataDir, `agent-${name}`), '--node', name],
        ...['--cgroup', cgroup, '--interval-seconds', String(intervalSeconds)],
      ],
      ['nsenter', `--net=/var/run/netns/${hub}`, '--'],
    ),
  )
  for (const agent of agents) await agent.says(/collecting/)

  const ask = async (question: Omit<QuestionRequest, 'range'>) => {
    const body = JSON.stringify({ ...question, range: lastHour })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${address}/api/v1/query`, { method: 'POST', headers, body })
    const text = await response.text()
    if (!response.ok) throw new Error(`the question was refused: ${text}`)
    return (parseJsonExact(text) as AnswerResponse).answer
  }
  const rows = async (logType: 'flows' | 'dns', query: string) => {
    const sort = { field: 'start_time', descending: false }
    const answer = await ask({ logType, query, select: { kind: 'rows', sort, limit: 10_000 } })
    return answer.kind === 'rows' ? answer.rows : []
  }
  const rowsOnce: LabProduct['rowsOnce'] = async (logType, query, isWhole) => {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const found = await rows(logType, query)
      if (isWhole(found) || Date.now() > deadline) return found
      await sleep(200)
    }
  }
  let lastPort = 60_000
  return {
    address: address!,
    ask,
    rows,
    rowsOnce,
    async settled() {
      const port = ++lastPort
      await client.run('ncat', '-z', '-w', '2', server.ip, String(port))
      const found = await rowsOnce('flows', `dest_port: ${port} and reporter: src`, ({ length }) => length > 0)
      if (found.length > 0) return
      throw new Error(
        `lab: the last connection was not stored; agents: ${agents.map((agent) => agent.output()).join('')}`,
      )
    },
    async close() {
      for (const agent of agents) await end(agent)
      await end(serverProcess)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
