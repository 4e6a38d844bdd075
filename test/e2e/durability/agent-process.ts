// An agent's ship as a process of its own, fed with rows that can be told apart: each has a source address of its own. Says
// how many rows are durable in its spool after each interval, and how many bytes still wait.
import { createHealth, createProcessLogger, sleep, supervise } from '@margay/kit'
import { createShip, shipConfig } from '../../../apps/agent/src/ship/index.ts'

interface Given {
  readonly dataDir: string
  readonly server: string
  readonly agent: string
  readonly intervalMs: number
  readonly rowsPerInterval: number
  /** The number of the first row. */
  readonly first: number
  readonly intervals: number
}

const given = JSON.parse(process.argv[2]!) as Given
const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const log = createProcessLogger('error')
const health = createHealth()
const ended = new AbortController()
process.once('SIGTERM', () => ended.abort())

const addressOf = (row: number) => `fd00::${(row >>> 16).toString(16)}:${(row & 0xffff).toString(16)}`

const ship = createShip(shipConfig.parse({ server: given.server, epochBytes: 65_536 }), {
  log,
  health,
  agent: given.agent,
  host: given.agent,
  version: 'test',
  dataDir: given.dataDir,
  addresses: () => [],
})
const output = ship.open()
const running = supervise([ship], { log, health }, ended.signal)

let row = given.first
let epoch = -1
let series: number[] = []
for (let interval = 0; interval < given.intervals && !ended.signal.aborted; interval++) {
  const { lasting } = output
  if (lasting.epoch !== epoch) {
    epoch = lasting.epoch
    series = [80, 443].map((port) =>
      lasting.series('flows', {
        reporter: 'src',
        proto: 'tcp',
        action: 'allow',
        dest_port: port,
        process_name: 'curl',
      }),
    )
  }
  const now = Math.floor(Date.now() / 1000)
  for (let i = 0; i < given.rowsPerInterval; i++, row++) {
    lasting.add(series[row % 2]!, {
      start_time: now - 10,
      end_time: now,
      source_ip: addressOf(row),
      dest_ip: '198.51.100.7',
      bytes_in: 1000,
      num_flows: 1,
    })
  }
  output.endInterval(now)
  say({ durable: row })
  await sleep(given.intervalMs, ended.signal)
}
const waiting = () => health.report().ship?.queue?.length ?? 0
say({ made: row })
while (!ended.signal.aborted) {
  await sleep(100, ended.signal)
  say({ waiting: waiting(), lost: health.report().ship?.lost ?? {} })
}
await running
process.exit(0)
