// What the service graph costs: 30,000 edges aggregated, laid out, and the frames of a browser with 800 vertices drawn. The
// frames are those of the console's own stage in headless Chromium without a graphics card, the slowest that people have.
import { createServer, type Server } from 'node:http'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { buildPicture, createGroupTable, defaultView, layoutGraph, mergeReporters } from '@margay/graph'
import { chromium } from 'playwright-core'
import { build } from 'vite'

export interface BenchOptions {
  /** Fewer rounds, for a look rather than a figure. */
  readonly quick: boolean
}

export type Figures = Readonly<Record<string, number>>

const round = (value: number, digits = 1) => Number(value.toFixed(digits))
const quantile = (values: readonly number[], at: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * at))] ?? Number.NaN

export async function run({ quick }: BenchOptions): Promise<Figures> {
  return { ...aggregate(quick ? 3 : 9), ...(await frames(quick ? 120 : 600)) }
}

const [workloads, groups, namespaces] = [5000, 30_000, 100]

/** Columns as they come from the server. */
function answer() {
  const numbers = (value: (at: number) => number) => ({ numbers: Array.from({ length: groups }, (_, at) => value(at)) })
  const names = Array.from({ length: workloads }, (_, at) => `w${at}-*`)
  const spaces = Array.from({ length: namespaces }, (_, at) => `n${at}`)
  const source = (at: number) => at % workloads
  const dest = (at: number) => (at * 31 + Math.floor(at / workloads) * 7 + 1) % workloads
  const coded = (values: readonly (string | boolean)[], code: (at: number) => number) => ({
    values,
    codes: Array.from({ length: groups }, (_, at) => code(at)),
  })
  const first = () => 0
  return {
    reporter: coded(['src'], first),
    action: coded(['allow', 'deny'], (at) => (at % 17 === 0 ? 1 : 0)),
    counts: coded([true], first),
    proto: coded(['tcp'], first),
    dest_port: numbers((at) => 1024 + (at % 50)),
    source_type: coded(['wep'], first),
    source_namespace: coded(spaces, (at) => source(at) % namespaces),
    source_name_aggr: coded(names, source),
    dest_type: coded(['wep'], first),
    dest_namespace: coded(spaces, (at) => dest(at) % namespaces),
    dest_name_aggr: coded(names, dest),
    num_flows: numbers((at) => 1 + (at % 9)),
    bytes_in: numbers((at) => 100 * (at % 997)),
    bytes_out: numbers(() => 200),
  }
}

function aggregate(rounds: number): Figures {
  const columns = answer()
  const times = { aggregate: [] as number[], layout: [] as number[] }
  let sizes = { vertices: 0, edges: 0 }
  for (let at = 0; at < rounds; at++) {
    const start = performance.now()
    const table = createGroupTable()
    table.addColumns(columns, groups)
    const picture = buildPicture(mergeReporters([table]), { ...defaultView, level: 'workload', all: true })
    const built = performance.now()
    const vertices = picture.vertices.map(({ id, box }) => ({ id, box, width: 120, height: 40 }))
    layoutGraph({ vertices, edges: picture.edges, seed: new Map(), pinned: new Set() })
    times.aggregate.push(built - start)
    times.layout.push(performance.now() - built)
    sizes = { vertices: picture.vertices.length, edges: picture.edges.length }
  }
  return {
    graph_held_vertices: sizes.vertices,
    graph_held_edges: sizes.edges,
    graph_aggregate_ms: round(quantile(times.aggregate, 0.5)),
    graph_layout_ms: round(quantile(times.layout, 0.5)),
  }
}

const pageDir = join(import.meta.dirname, '../apps/web/src/graph/bench')
const browserFlags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

async function frames(count: number): Promise<Figures> {
  const dir = await mkdtemp(join(tmpdir(), 'margay-bench-'))
  const outDir = join(dir, 'page')
  await build({ root: pageDir, base: './', configFile: false, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  const server = await serve(outDir)
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: browserFlags })
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`)
    const world = JSON.stringify({ workloads: 800, namespaces: 40, groups: 3200 })
    const { vertices, edges, intervals, paintMs } = await page.evaluate<{
      vertices: number
      edges: number
      intervals: number[]
      paintMs: number
    }>(`measureFrames(${world}, ${count})`)
    return {
      graph_drawn_vertices: vertices,
      graph_drawn_edges: edges,
      graph_frame_p50_ms: round(quantile(intervals, 0.5)),
      graph_frame_p95_ms: round(quantile(intervals, 0.95)),
      graph_repaint_ms: round(paintMs),
    }
  } finally {
    await browser.close()
    server.close()
    await rm(dir, { recursive: true, force: true })
  }
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

/** The built page on loopback: a browser loads modules from no file. */
function serve(dir: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    readFile(join(dir, path)).then(
      (body) => response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    )
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
