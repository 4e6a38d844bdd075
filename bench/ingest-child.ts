// The pinned half of the ingest bench. Frames are made before the clock starts; what is timed begins with a request body.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { createHealth, createLogger } from '@margay/kit'
import { flowLog } from '@margay/model'
import { createEmbeddedStore } from '@margay/store'
import { agentHeader, createFrameBuilder, framesPath, instanceHeader, joinPieces, pieceHead } from '@margay/wire'
import { ingestConfig } from '../apps/server/src/segment/config.ts'
import { openIngest } from '../apps/server/src/segment/ingest.ts'

const given = JSON.parse(process.argv[2]!) as { readonly rows: number }

const agents = 20
const podsPerAgent = 50
const seriesPerAgent = 500
const rowsPerFrame = 2_500
/** Of a hundred rows so many go to an address outside that no row had before. */
const outsidePercent = 20
const start = Math.floor(Date.now() / 1000) - 3600

/** Deterministic, so that two runs take the same rows. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const podIp = (pod: number) => `10.${pod >> 16}.${(pod >> 8) & 255}.${pod & 255 || 1}`
const podCount = agents * podsPerAgent

function inventory(): string {
  const pods = Array.from({ length: podCount }, (_, pod) => {
    const workload = `w${pod % 200}`
    return `kind: Pod\nmetadata: {name: ${workload}-7d9f-${pod}, namespace: ns${pod % 40}, uid: uid-${pod}, generateName: ${workload}-7d9f-, labels: {app: ${workload}, tier: t${pod % 4}, version: v1}}\nspec: {nodeName: node-${Math.floor(pod / podsPerAgent)}}\nstatus: {phase: Running, podIP: ${podIp(pod)}}\n`
  })
  const services = Array.from(
    { length: 200 },
    (_, service) =>
      `kind: Service\nmetadata: {name: w${service}, namespace: ns${service % 40}}\nspec: {clusterIP: 10.250.0.${service}, ports: [{name: http, port: 80}]}\n`,
  )
  return [...pods, ...services].join('---\n')
}

interface Body {
  readonly agent: string
  readonly bytes: Uint8Array
  readonly rows: number
}

function makeFrames(agent: number, frames: number, random: (below: number) => number): Body[] {
  const name = `node-${agent}`
  const epoch = agent.toString(16).padStart(16, '0')
  const builder = createFrameBuilder(flowLog)
  const ends = Array.from({ length: seriesPerAgent }, (_, series) => {
    const source = agent * podsPerAgent + (series % podsPerAgent)
    builder.define(series, {
      reporter: series % 2 === 0 ? 'src' : 'dst',
      direction: series % 2 === 0 ? 'egress' : 'ingress',
      local: false,
      action: series % 50 === 0 ? 'deny' : 'allow',
      outcome: 'established',
      proto: 'tcp',
      dest_port: [80, 443, 5432, 8080][series % 4]!,
      process_name: `proc-${series % 30}`,
      container: series.toString(16).padStart(12, '0'),
      pod_uid: `uid-${source}`,
    })
    return { own: podIp(source), peer: podIp(random(podCount)), isSource: series % 2 === 0 }
  })
  return Array.from({ length: frames }, (_, sequence) => {
    const time = start + sequence * 10
    for (let row = 0; row < rowsPerFrame; row++) {
      const series = random(seriesPerAgent)
      const { own, peer, isSource } = ends[series]!
      const isOutside = random(100) < outsidePercent
      const far = isOutside ? `${20 + random(150)}.${random(256)}.${random(256)}.${1 + random(254)}` : peer
      const bytes = 200 + random(100_000)
      builder.add(series, {
        start_time: time,
        end_time: time + 10,
        source_ip: isSource ? own : far,
        dest_ip: isSource ? far : own,
        ...(isSource && !isOutside ? { dialled_ip: `10.250.0.${series % 200}`, dialled_port: 80 } : {}),
        process_id: String(1000 + (series % 300)),
        process_args: [`/usr/bin/proc-${series % 30} --serve`],
        netns: 4_026_531_840 + (series % podsPerAgent),
        num_process_names: 1,
        num_process_ids: 1,
        num_process_args: 1,
        bytes_in: bytes * 3,
        bytes_out: bytes,
        packets_in: 1 + (bytes >> 9),
        packets_out: 1 + (bytes >> 8),
        num_flows: 1 + random(5),
        num_flows_started: random(3),
        num_flows_completed: random(3),
        tcp_mean_send_congestion_window: 10 + random(40),
        tcp_min_send_congestion_window: 10,
        tcp_mean_smooth_rtt: 200 + random(3_000),
        tcp_max_smooth_rtt: 400 + random(9_000),
        tcp_mean_min_rtt: 150 + random(500),
        tcp_max_min_rtt: 200 + random(500),
        tcp_mean_mss: 1448,
        tcp_min_mss: 1448,
      })
    }
    const head = { epoch, sequence }
    const frame = builder.take({ agent: name, ...head, provisional: false, madeAt: time + 10 }, [])
    return {
      agent: name,
      bytes: joinPieces([Buffer.concat([pieceHead(head), zstdCompressSync(frame)])]),
      rows: rowsPerFrame,
    }
  })
}

function post(socketPath: string, { agent, bytes }: Body): Promise<void> {
  const headers = { [agentHeader]: agent, [instanceHeader]: 'bench', 'content-length': String(bytes.length) }
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: framesPath, method: 'POST', headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('end', () => (text.includes('"stored"') ? resolve() : reject(new Error(text))))
    })
    call.on('error', reject).end(bytes)
  })
}

/** Processor seconds of our children, the engine among them. */
function childrenSeconds(): number {
  const ticks = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(fields[1]) === process.pid ? Number(fields[11]) + Number(fields[12]) : 0
      } catch {
        return 0
      }
    })
  return ticks.reduce((sum, count) => sum + count, 0) / 100
}

const dataDir = mkdtempSync(join(tmpdir(), 'margay-bench-'))
const log = createLogger({ level: 'warn', form: 'people' }, { write: (line) => void process.stderr.write(line) })
try {
  const random = createRandom(7)
  const frames = Math.ceil(given.rows / agents / rowsPerFrame)
  const queues = Array.from({ length: agents }, (_, agent) => makeFrames(agent, frames, random))
  const rows = queues.flat().reduce((sum, body) => sum + body.rows, 0)
  const wireBytes = queues.flat().reduce((sum, body) => sum + body.bytes.length, 0)
  const inventoryPath = join(dataDir, 'cluster.yaml')
  writeFileSync(inventoryPath, inventory())

  const store = createEmbeddedStore({ dir: join(dataDir, 'store'), readers: 1 })
  await store.open()
  const ended = new AbortController()
  const listening = Promise.withResolvers<string>()
  let insertedRows = 0
  const ingest = openIngest(ingestConfig.parse({ inventory: inventoryPath }), {
    dataDir,
    insert: async (block) => {
      await store.insert(block)
      insertedRows += block.rows
    },
    publish: () => {},
    log,
    health: createHealth(),
    clock: () => Date.now(),
    onListening: listening.resolve,
  })
  const running = ingest.run(ended.signal)
  const socketPath = (await listening.promise).slice('unix:'.length)
  // The inventory is read and the code is there: neither is what a server does all day.
  await new Promise((resolve) => setTimeout(resolve, 1_500))

  const began = performance.now()
  const cpu = process.cpuUsage()
  const childBefore = childrenSeconds()
  await Promise.all(
    queues.map(async (bodies) => {
      for (const body of bodies) await post(socketPath, body)
    }),
  )
  const acknowledgedSeconds = (performance.now() - began) / 1000
  while (insertedRows < rows) await new Promise((resolve) => setTimeout(resolve, 5))
  const seconds = (performance.now() - began) / 1000
  const used = process.cpuUsage(cpu)
  const serverSeconds = (used.user + used.system) / 1e6
  const engineSeconds = childrenSeconds() - childBefore
  ended.abort()
  await running
  const { tables } = await store.state()
  const flows = tables.find(({ logType }) => logType === 'flows')!
  await store.close()
  const perMillion = (value: number) => Number(((value / rows) * 1e6).toFixed(2))
  process.stdout.write(
    `${JSON.stringify({
      ingest_rows: rows,
      // By processor time, which neighbours on a shared machine do not change; the pinned core's own clock is beside it.
      samples_per_core_second: Math.round(rows / (serverSeconds + engineSeconds)),
      samples_per_pinned_second: Math.round(rows / seconds),
      acknowledged_per_pinned_second: Math.round(rows / acknowledgedSeconds),
      cpu_seconds_per_million: perMillion(serverSeconds + engineSeconds),
      server_cpu_seconds_per_million: perMillion(serverSeconds),
      engine_cpu_seconds_per_million: perMillion(engineSeconds),
      bytes_per_sample: Number((flows.bytes / flows.rows).toFixed(1)),
      wire_bytes_per_sample: Number((wireBytes / rows).toFixed(1)),
      ingest_peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    })}\n`,
  )
} finally {
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit(0)
