// The agent as a process of its own in the lab, printing its rows. It stands in the hub's namespace, as it would on a node,
// and sees the lab's pods only. Beside it what its doctor says there.
import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { buildAgent } from '../../apps/agent/build.ts'
import type { DoctorReport } from '../../apps/agent/src/doctor/report.ts'
import type { Lab } from './lab.ts'
import { until } from './lab.ts'

/** A printed row: `log` is its log type. */
export interface PrintedRow {
  readonly log: 'flows' | 'dns' | 'lost'
  readonly [field: string]: unknown
}

export interface AgentProcess {
  readonly rows: readonly PrintedRow[]
  /** Ends when a printed row passes. */
  sees(what: string, test: (row: PrintedRow) => boolean): Promise<PrintedRow>
  /** Sends a signal, to all its threads. */
  signal(name: NodeJS.Signals): void
  /** Ends the agent, which writes what it still holds; returns all rows. */
  stop(): Promise<readonly PrintedRow[]>
}

const agentMain = join(import.meta.dirname, '../../apps/agent/src/main.ts')

/** The words before a command that bring it into the hub's namespace. */
export const inHub = ({ hub }: Lab): readonly string[] => ['nsenter', `--net=/var/run/netns/${hub}`, '--']

/** What the doctor says behind words that bring it elsewhere or leave it less, as `setpriv` does. */
export function doctorIn(...before: readonly string[]): DoctorReport {
  const [program, ...args] = [...before, process.execPath, agentMain, 'doctor', '--json']
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' })) as DoctorReport
}

/** Starts the agent and waits until its collectors are open. */
export async function startAgent(lab: Lab, ...options: string[]): Promise<AgentProcess> {
  buildAgent()
  const ours = ['--print', '--interval-seconds', '1', '--cgroup', lab.cgroup]
  const [program, ...args] = [...inHub(lab), process.execPath, agentMain, ...ours, ...options]
  const child = spawn(program!, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  const rows: PrintedRow[] = []
  let errors = ''
  createInterface({ input: child.stdout }).on('line', (line) => rows.push(JSON.parse(line) as PrintedRow))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await until('the agent to collect', () => {
    if (child.exitCode !== null) throw new Error(`lab: the agent ended early: ${errors}`)
    return errors.includes('collecting')
  })
  return {
    rows,
    async sees(what, test) {
      await until(what, () => rows.some(test))
      return rows.find(test)!
    },
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGINT')
      await ended
      if (child.exitCode !== 0) throw new Error(`lab: the agent failed: ${errors}`)
      return rows
    },
  }
}

/** The sum of a field over rows. */
export const total = (rows: readonly PrintedRow[], field: string): number =>
  rows.reduce((sum, row) => sum + Number(row[field] ?? 0), 0)
