// From connect() to the screen, on one node with no other load: real connections between two pods of the lab, a real agent
// and server, a real browser. Half of the connections begin a conversation that nobody saw before, half repeat one, which
// waits for the end of its second. A connection is timed from just before connect() to the arrival of the first event whose
// rows bring the sum of num_flows_started up to it, and, for repeated ones, to the frame in which the graph's list shows that
// count (it is drawn at most once a second). One clock, the machine's. What this is not: the line of 10,000 rows/s and 200
// agents; and with few samples (--quick) the 99th percentile is the slowest but for rounding.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launch, open, visit } from '../test/browser/browser.ts'
import { createCluster } from '../test/lab/cluster.ts'
import { createLab, sleep, until } from '../test/lab/lab.ts'
import { startLabProduct } from '../test/lab/product.ts'

type Figures = Readonly<Record<string, number | string>>

const knownPort = 7000
const firstNewPort = 20_000

/** Listens on the known port and on one new port a sample; closes what it accepts. */
const listener = `
import selectors,socket,sys
s=selectors.DefaultSelector()
for port in [${knownPort}]+list(range(${firstNewPort},${firstNewPort}+int(sys.argv[1]))):
  s.register(socket.create_server(("",port),backlog=64),selectors.EVENT_READ)
print("ready")
while 1:
  for key,_ in s.select():
    c,_=key.fileobj.accept(); c.close()
`

/** Connects to known and new ports in turn, at moments that have nothing to do with the agent's; prints port and time. */
const connector = `
import random,socket,sys,time
random.seed(7)
for i in range(int(sys.argv[2])):
  for port in (${knownPort},${firstNewPort}+i):
    t=time.time(); s=socket.create_connection((sys.argv[1],port)); s.close(); print(port,t*1000); time.sleep(random.uniform(.05,.25))
`

interface Sample {
  readonly port: number
  readonly at: number
}

/** When the sum over a port reached each count, Unix milliseconds: the k-th connection was shown at index k - 1. */
type Arrivals = Map<number, number[]>

function note(arrivals: Arrivals, port: number, started: number): void {
  const times = arrivals.get(port) ?? []
  arrivals.set(port, times)
  for (let i = 0; i < started; i++) times.push(Date.now())
}

interface TailedRow {
  readonly reporter: string
  readonly dest_port?: number
  readonly num_flows_started: number
}

/** Follows the provisional rows of the source's side as a browser does. */
async function follow(address: string, arrivals: Arrivals, signal: AbortSignal, onOpen: () => void): Promise<void> {
  const subscriptions = JSON.stringify([{ id: 'b', logType: 'flows', query: 'reporter: src' }])
  const response = await fetch(`${address}/api/v1/tail?subscriptions=${encodeURIComponent(subscriptions)}`, { signal })
  const decoder = new TextDecoder()
  let text = ''
  onOpen()
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) {
      const data = /^event: rows\ndata: (.*)$/m.exec(block)?.[1]
      const event = data === undefined ? undefined : (JSON.parse(data) as { provisional: boolean; rows: TailedRow[] })
      if (!event?.provisional) continue
      for (const { dest_port: port, num_flows_started: started } of event.rows) if (port) note(arrivals, port, started)
    }
  }
}

/** Notes in the page, frame by frame, when the list's only edge first showed each count. */
async function watchPaint(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const painted = (globalThis.painted = [])
    const look = () => {
      const count = Number(document.querySelector('main table tbody tr td:nth-child(4)')?.textContent?.replaceAll(',', '') ?? 0)
      while (painted.length < count) painted.push(Date.now())
      requestAnimationFrame(look)
    }
    look()
  })()`)
}

const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN)
}

const waits = (samples: readonly Sample[], arrivals: Arrivals): number[] => {
  const seen = new Map<number, number>()
  return samples.map(({ port, at }) => {
    const index = seen.get(port) ?? 0
    seen.set(port, index + 1)
    return arrivals.get(port)![index]! - at
  })
}

function readSamples(text: string): Sample[] {
  const lines = text.trim().split('\n')
  return lines.map((line) => line.split(' ').map(Number)).map(([port, at]) => ({ port: port!, at: at! }))
}

export async function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  if (process.getuid?.() !== 0) return { kernel_to_screen: 'needs root' }
  const each = quick ? 20 : 80
  const folder = mkdtempSync(join(tmpdir(), 'margay-latency-'))
  const lab = createLab()
  const ended = new AbortController()
  const closing: (() => Promise<unknown>)[] = [() => lab.close()]
  try {
    const { front: client, api: server } = createCluster(lab, join(folder, 'inventory')).pods
    await server.serve(listener, String(each))
    const options = { inventory: join(folder, 'inventory'), client, server, intervalSeconds: 10 }
    const product = await startLabProduct(lab, options)
    closing.unshift(() => product.close())
    const browser = await launch()
    closing.unshift(() => browser.close())
    const query = encodeURIComponent(`dest_port: ${knownPort}`)
    const { page } = await open(await visit(browser), `${product.address}/graph?live=1&as=list&q=${query}`)
    await watchPaint(page)
    const arrivals: Arrivals = new Map()
    let isOpen = false
    const following = follow(product.address, arrivals, ended.signal, () => (isOpen = true)).catch(() => {})
    await until('the stream to be open', () => isOpen)
    // The agent is told that somebody watches.
    await sleep(1000)
    const connected = await client.python(connector, server.ip, String(each))
    const samples = readSamples(connected.stdout)
    await until('all connections in the stream', () => {
      const ports = new Set(samples.map(({ port }) => port))
      return [...ports].every((port) => (arrivals.get(port)?.length ?? 0) >= (port === knownPort ? each : 1))
    })
    const known = samples.filter(({ port }) => port === knownPort)
    let painted: readonly number[] = []
    for (let tries = 0; tries < 100 && painted.length < each; tries++, await sleep(100)) {
      painted = await page.evaluate('globalThis.painted')
    }
    ended.abort()
    await following
    const all = waits(samples, arrivals)
    const fresh = all.filter((_, at) => samples[at]!.port !== knownPort)
    const drawn = known.slice(0, painted.length).map(({ at }, index) => painted[index]! - at)
    return {
      kernel_to_screen_p99_ms: percentile(all, 0.99),
      kernel_to_screen_p50_ms: percentile(all, 0.5),
      kernel_to_screen_new_p99_ms: percentile(fresh, 0.99),
      kernel_to_paint_p99_ms: percentile(drawn, 0.99),
      kernel_to_paint_p50_ms: percentile(drawn, 0.5),
      latency_samples: samples.length,
      latency_painted: drawn.length,
    }
  } finally {
    ended.abort()
    for (const close of closing) await close()
    rmSync(folder, { recursive: true, force: true })
  }
}
