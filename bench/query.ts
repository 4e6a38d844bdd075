// Questions against the embedded store: an hour of topology, the newest rows, scans with filters. The set is made by a
// seeded generator through the block builder, so every figure is about tables as ingest leaves them, merges included.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from '@margay/model'
import { flowLog } from '@margay/model'
import type { Filter, GroupKey, Question, SelectRows } from '@margay/query'
import { parseKql } from '@margay/query'
import type { BlockBuilder, Store } from '@margay/store'
import { createBlockBuilder, createEmbeddedStore } from '@margay/store'
import type { Figures } from './main.ts'

/** The whole set lies in one hour, because that is what people look at; a day is twenty-four of them. */
const hourStart = 1_793_016_000
const secondsPerHour = 3_600
const interval = 10

interface Size {
  readonly rows: number
  readonly edges: number
  readonly runs: number
}

const sizes = { quick: { rows: 300_000, edges: 10_000, runs: 10 }, full: { rows: 3_000_000, edges: 30_000, runs: 10 } }

/** A small seeded generator (mulberry32): the same set on every machine. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function dimensionsOf(edge: number, reporter: 'src' | 'dst', random: () => number): Row {
  const [source, dest] = [Math.floor(random() * 2_000), Math.floor(random() * 2_000)]
  const namespace = (workload: number) => `ns-${workload % 100}`
  const denied = edge % 40 === 0
  return {
    cluster: 'bench',
    host: `node-${source % 50}`,
    origin: 'agent',
    reporter,
    direction: reporter === 'src' ? 'egress' : 'ingress',
    action: denied ? 'deny' : 'allow',
    outcome: denied ? 'dropped' : 'established',
    proto: edge % 10 === 0 ? 'udp' : 'tcp',
    source_namespace: namespace(source),
    source_name_aggr: `workload-${source}-*`,
    source_name: `workload-${source}-${edge % 5}`,
    source_type: 'wep',
    'source_labels.labels': [`app=workload-${source}`, `team=t${source % 20}`, 'tier=web'],
    dest_namespace: namespace(dest),
    dest_name_aggr: `workload-${dest}-*`,
    dest_name: `workload-${dest}-${edge % 3}`,
    dest_type: 'wep',
    'dest_labels.labels': [`app=workload-${dest}`, `team=t${dest % 20}`],
    dest_port: [80, 443, 5432, 6379, 8080, 9090][edge % 6]!,
    dest_service_name: `service-${dest}`,
    dest_service_namespace: namespace(dest),
    'policies.enforced_policies': [`0|app|${namespace(dest)}/app.policy-${dest % 300}|${denied ? 'deny' : 'allow'}|0`],
    process_name: ['java', 'nginx', 'python3', 'node', 'envoy'][source % 5]!,
  }
}

/** Fills a row's own part, again and again in one object: the builder keeps nothing of it. */
function fillRow(row: Row, edge: number, random: () => number): void {
  const start = hourStart + Math.floor((random() * secondsPerHour) / interval) * interval
  const bytes = Math.floor(500 + random() * random() * 200_000)
  Object.assign(row, {
    start_time: start,
    end_time: start + interval,
    counts: true,
    source_ip: `10.${edge & 63}.${(edge >> 6) & 255}.7`,
    dest_ip: edge % 50 === 0 ? `203.0.113.${Math.floor(random() * 250)}` : `10.${(edge >> 3) & 63}.3.${edge & 127}`,
    process_id: String(1_000 + (edge % 30_000)),
    process_args: [`--config=/etc/workload-${edge % 2_000}.yaml`],
    bytes_in: bytes,
    bytes_out: bytes >> 2,
    packets_in: 1 + (bytes >> 10),
    packets_out: 1 + (bytes >> 11),
    num_flows: 1 + (edge % 4),
    num_flows_started: edge % 4,
    tcp_mean_smooth_rtt: 200 + Math.floor(random() * 4_000),
    tcp_max_smooth_rtt: 900 + Math.floor(random() * 9_000),
  })
}

const rowsPerBlock = 50_000

async function fill(store: Store, size: Size): Promise<Figures> {
  const random = createRandom(7)
  const builder = createBlockBuilder(flowLog)
  const handles = Array.from({ length: size.edges * 2 }, (_, index) =>
    builder.series(dimensionsOf(index >> 1, index % 2 === 0 ? 'src' : 'dst', random)),
  )
  const row: Row = {}
  let encodeMs = 0
  const cpuBefore = await cpuSeconds(store)
  const started = performance.now()
  for (let done = 0; done < size.rows; done += rowsPerBlock) {
    const before = performance.now()
    for (let i = 0; i < rowsPerBlock; i++) {
      // The square makes some edges popular, as they are.
      const index = Math.floor(random() ** 2 * handles.length)
      fillRow(row, index >> 1, random)
      builder.add(handles[index]!, row)
    }
    const parts = builder.take()
    encodeMs += performance.now() - before
    await insertAll(store, builder, parts, done)
  }
  const seconds = (performance.now() - started) / 1_000
  const cpu = (await cpuSeconds(store)) - cpuBefore
  return {
    store_rows: size.rows,
    store_series: handles.length,
    store_encode_us_per_row: round((encodeMs * 1_000) / size.rows),
    store_insert_rows_per_second: Math.round(size.rows / seconds),
    store_fill_cpu_seconds_per_million: round((cpu / size.rows) * 1e6),
  }
}

async function insertAll(
  store: Store,
  builder: BlockBuilder,
  parts: ReturnType<BlockBuilder['take']>,
  done: number,
): Promise<void> {
  for (const { day, rows, parts: pieces } of parts) {
    await store.insert({ logType: builder.logType, token: `${done}-${day}`, rows, parts: pieces })
  }
}

const round = (value: number) => Math.round(value * 100) / 100

const filterOf = (kql: string): Filter => {
  const parsed = parseKql(kql)
  if (!parsed.ok) throw new Error(`BUG: the bench asks for ${kql}`)
  return parsed.filter
}

const byWorkload: readonly GroupKey[] = [
  { field: 'source_namespace' },
  { field: 'source_name_aggr' },
  { field: 'dest_namespace' },
  { field: 'dest_name_aggr' },
  { field: 'action' },
]

const newest: SelectRows = { kind: 'rows', limit: 100, sort: { field: 'start_time', descending: true } }

const ask = (select: Question['select'], kql = ''): Question => ({
  logType: 'flows',
  range: { from: { at: hourStart }, to: { at: hourStart + secondsPerHour } },
  filter: filterOf(kql),
  reports: select.kind === 'rows' ? 'every' : 'counted',
  select,
})

const topology = ask({
  kind: 'groups',
  by: byWorkload,
  measures: { bytes_in: { sum: 'bytes_in' }, bytes_out: { sum: 'bytes_out' }, flows: { sum: 'num_flows' } },
  limit: 100_000,
})
const count = (kql: string) => ask({ kind: 'groups', by: [], measures: { rows: { rows: true } }, limit: 1 }, kql)

const questions: Readonly<Record<string, Question>> = {
  topology_1h: topology,
  histogram_1h: ask({
    kind: 'groups',
    by: [{ timeBucket: 60 }, { field: 'action' }],
    measures: { rows: { rows: true }, bytes: { sum: 'bytes_in' } },
    limit: 1_000,
  }),
  newest_100: ask(newest),
  newest_100_denied: ask(newest, 'action: deny'),
  page_of_10k: ask({ ...newest, limit: 10_000 }),
  scan_address: count('dest_ip: 203.0.113.7'),
  scan_name: count('dest_name: workload-77-*'),
  scan_argument: count('process_args: *workload-1234*'),
  scan_policy: count('policies: { enforced_policies: deny and enforced_policies: policy-40 }'),
}

/** Linux counts a process's time in hundredths of a second. */
const ticksPerSecond = 100

/** CPU seconds of this process and of the engine's so far: what stays comparable on a busy machine. */
async function cpuSeconds(store: Store): Promise<number> {
  const { user, system } = process.cpuUsage()
  const { pid } = await store.state()
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (user + system) / 1e6 + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

interface Measured {
  /** Milliseconds, shortest first. */
  readonly times: readonly number[]
  readonly cpuMs: number
}

async function measure(store: Store, question: Question, runs: number): Promise<Measured> {
  const times: number[] = []
  const before = await cpuSeconds(store)
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    await store.ask(question, { now: hourStart, limits: 'export' })
    times.push(performance.now() - started)
  }
  const cpuMs = (((await cpuSeconds(store)) - before) * 1_000) / runs
  return { times: times.sort((a, b) => a - b), cpuMs }
}

const quantile = (sorted: readonly number[], at: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))]!

/** Fills a store and asks it; figures say how many rows there were. */
export async function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  const size = quick ? sizes.quick : sizes.full
  const dir = mkdtempSync(join(tmpdir(), 'margay-bench-'))
  const store = createEmbeddedStore({ dir })
  try {
    await store.open()
    const figures: Record<string, number | string> = { ...(await fill(store, size)) }
    const { tables } = await store.state()
    figures['store_bytes_per_sample'] = round(tables.find(({ logType }) => logType === 'flows')!.bytes / size.rows)
    for (const [name, question] of Object.entries(questions)) {
      const { times, cpuMs } = await measure(store, question, size.runs)
      figures[`${name}_p50_ms`] = round(quantile(times, 0.5))
      figures[`${name}_p90_ms`] = round(quantile(times, 0.9))
      figures[`${name}_cpu_ms`] = round(cpuMs)
      if (name.startsWith('scan_'))
        figures[`${name}_rows_per_second`] = Math.round((size.rows / quantile(times, 0.5)) * 1_000)
    }
    const { answer } = await store.ask(topology, { now: hourStart })
    if (answer.kind === 'groups') figures['topology_groups'] = answer.groups.length
    return figures
  } finally {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
