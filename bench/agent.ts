// What the agent costs. CPU per operation of client and server together is compared between phases with the whole collection
// running in this process and phases without it, switched every second during one run: medians over phases. Throughput by
// the clock is given beside it; on a machine with neighbours it says nothing. Shipping is not part of it. Memory and CPU at
// a given load are those of an agent process of its own as it runs in development, with the memory of its maps.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHealth, createLogger } from '@margay/kit'
import { agentConfig, createCollection } from '@margay/agent'
import type { AgentOutput, RecordSink } from '@margay/wire'
import { buildAgent } from '../apps/agent/build.ts'
import { openNative } from '../apps/agent/src/kernel/native.ts'
import { createLab, sleep } from '../test/lab/lab.ts'
import type { Lab, Pod } from '../test/lab/lab.ts'

type Figures = Readonly<Record<string, number | string>>
type Kind = 'connect' | 'request' | 'bulk'

const switchMs = 1000
/** A slice counts only if it lies wholly inside a phase. */
const sliceSeconds = 0.055

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const round = (value: number, digits: number) => Number(value.toFixed(digits))
const monotonic = () => Number(process.hrtime.bigint()) / 1e9

const sink: RecordSink = { epoch: 0, series: () => 0, add: () => {} }
const nowhere: AgentOutput = {
  lasting: sink,
  live: sink,
  watched: () => false,
  onHandover: () => () => {},
  endInterval() {},
  endDelta() {},
  lost() {},
}

interface Phase {
  readonly on: boolean
  readonly from: number
  readonly to: number
  /** CPU seconds of this process and of the server in the phase. */
  readonly cpu: number
  readonly serverCpu: number
}

/** CPU seconds that a process has used, by the scheduler's own count. */
const scheduled = (pid: number) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9

async function phase(on: boolean, serverPid: number): Promise<Phase> {
  const ended = new AbortController()
  let collecting: Promise<void> | undefined
  if (on) {
    const opened = openNative()
    if ('problem' in opened) throw new Error(opened.problem)
    const log = createLogger({ level: 'error', form: 'people' }, { write: (line) => void process.stderr.write(line) })
    await new Promise<void>((resolve, reject) => {
      const deps = { native: opened.native, output: nowhere, health: createHealth(), log, onOpen: resolve }
      collecting = createCollection(agentConfig.parse({}), deps).run(ended.signal)
      collecting.catch(reject)
    })
  }
  const from = monotonic()
  const before = process.cpuUsage()
  const serverBefore = scheduled(serverPid)
  await sleep(switchMs)
  const { user, system } = process.cpuUsage(before)
  const serverCpu = scheduled(serverPid) - serverBefore
  const to = monotonic()
  ended.abort()
  await collecting
  return { on, from, to, cpu: (user + system) / 1e6, serverCpu }
}

interface Side {
  /** Operations a second by the clock. */
  readonly rate: number
  /** CPU seconds per operation: the client's, client and server, this process. */
  readonly client: number
  readonly both: number
  readonly own: number
  readonly phases: number
}

/** End (monotonic seconds), operations, CPU seconds and length of a slice. */
type Slice = readonly number[]

function sideOf(slices: readonly Slice[], phases: readonly Phase[]): Side {
  const measured = phases.flatMap(({ from, to, cpu, serverCpu }) => {
    const inside = slices.filter(([end]) => end! - sliceSeconds > from && end! < to)
    const sum = (at: number) => inside.reduce((all, slice) => all + slice[at]!, 0)
    if (sum(1) === 0) return []
    const rate = sum(1) / sum(3)
    const operations = rate * (to - from)
    const client = sum(2) / sum(1)
    return [{ rate, client, both: client + serverCpu / operations, own: cpu / operations }]
  })
  const of = (name: 'rate' | 'client' | 'both' | 'own') => median(measured.map((one) => one[name]))
  return { rate: of('rate'), client: of('client'), both: of('both'), own: of('own'), phases: measured.length }
}

/** One run of a client while the collection is switched. */
async function compare(client: Pod, server: Pod, serverPid: number, program: string, kind: Kind, rounds: number) {
  const run = client.start(program, kind, server.ip, String(rounds * 2 * 6 + 10))
  let output = ''
  run.process.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const phases: Phase[] = []
  for (let i = 0; i < rounds; i++) {
    for (const on of i % 2 === 0 ? [true, false] : [false, true]) phases.push(await phase(on, serverPid))
  }
  await run.stop()
  const slices = output
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .filter((slice) => slice.length === 4)
  const on = sideOf(
    slices,
    phases.filter((one) => one.on),
  )
  const off = sideOf(
    slices,
    phases.filter((one) => !one.on),
  )
  return { on, off, ratio: off.both / on.both, clockRatio: on.rate / off.rate }
}

function memoryOf(pid: number): { readonly rssMb: number; readonly mapsMb: number } {
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  const maps = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => {
    const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')
    return text.includes('map_type:') ? Number(/^memlock:\s+(\d+)$/m.exec(text)?.[1] ?? 0) : 0
  })
  return { rssMb: rss / 1024, mapsMb: maps.reduce((sum, one) => sum + one, 0) / 2 ** 20 }
}

/** CPU seconds that a process has used. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The agent as a process, with live sockets held and connections made at a rate. */
async function underLoad(
  client: Pod,
  server: Pod,
  program: string,
  sockets: number,
  rate: number,
  measureSeconds: number,
) {
  const main = join(import.meta.dirname, '../apps/agent/src/main.ts')
  const agent = spawn(process.execPath, [main, '--print'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  agent.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  while (!said.includes('collecting')) await sleep(50)
  // One client address has some 28,000 ports; each connection is two sockets of this machine.
  const holder = client.start(program, 'hold', server.ip, String(sockets / 2))
  await holder.says('ready')
  const load = client.start(program, 'connect', server.ip, String(measureSeconds + 5), String(rate))
  await sleep(2000)
  const before = cpuOf(agent.pid!)
  await sleep(measureSeconds * 1000)
  const cpuPercent = ((cpuOf(agent.pid!) - before) / measureSeconds) * 100
  const memory = memoryOf(agent.pid!)
  await Promise.all([load.stop(), holder.stop()])
  const ended = new Promise((resolve) => agent.once('close', resolve))
  agent.kill('SIGTERM')
  await ended
  return { cpuPercent, ...memory }
}

/** Figures of the agent: ratios near 1 are good, CPU in microseconds, memory in MB. Needs root; without it says so. */
export async function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  if (process.getuid?.() !== 0) return { agent_skipped: 'needs root' }
  buildAgent()
  const dir = mkdtempSync(join(tmpdir(), 'margay-bench-'))
  const program = join(dir, 'agent-load')
  execFileSync('cc', ['-O2', '-Wall', join(import.meta.dirname, 'agent-load.c'), '-o', program])
  const lab: Lab = createLab()
  try {
    const client = lab.pod('a', 1)
    const server = lab.pod('b', 2)
    const serving = server.start(program, 'serve', server.ip)
    await serving.says('ready')
    const rounds = quick ? 4 : 20
    const connect = await compare(client, server, serving.pid, program, 'connect', rounds)
    const request = await compare(client, server, serving.pid, program, 'request', quick ? 3 : rounds)
    const bulk = quick ? undefined : await compare(client, server, serving.pid, program, 'bulk', rounds)
    const sockets = 20_000
    const rate = 2000
    const loaded = await underLoad(client, server, program, sockets, rate, quick ? 5 : 20)
    return {
      agent_ratio: round(connect.ratio, 3),
      agent_ratio_request: round(request.ratio, 3),
      ...(bulk ? { agent_ratio_bulk: round(bulk.ratio, 3) } : {}),
      agent_ratio_by_clock: round(connect.clockRatio, 3),
      agent_connections_per_second: Math.round(connect.off.rate),
      agent_hooks_us_per_connection: round((connect.on.both - connect.off.both) * 1e6, 2),
      agent_own_us_per_connection: round(connect.on.own * 1e6, 2),
      agent_phases: connect.on.phases + connect.off.phases,
      agent_sockets: sockets,
      agent_load_connections_per_second: rate,
      agent_cpu_percent: round(loaded.cpuPercent, 2),
      agent_rss_mb: round(loaded.rssMb, 1),
      agent_maps_mb: round(loaded.mapsMb, 1),
    }
  } finally {
    await lab.close()
    rmSync(dir, { recursive: true })
  }
}
