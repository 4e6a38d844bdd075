// npm run -s bench -- NAME… [--json] [--quick]: runs the named benchmarks (all without a name) and prints their figures;
// with --json the last line is one JSON object with the machine, the commit and every figure by name.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'

/** What a benchmark gives: figures by name, sizes included. */
export type Figures = Readonly<Record<string, number | string>>

interface Benchmark {
  run(options: { readonly quick: boolean }): Promise<Figures>
}

/** In the order in which they run. A benchmark is a file of this folder that exports `run`. */
const names = [
  'ingest',
  'query',
  'agent',
  'connection',
  'latency',
  'policy',
  'judge',
  'graph',
  'inventory',
  'answers',
] as const

const words = process.argv.slice(2)
const quick = words.includes('--quick')
const asJson = words.includes('--json')
const wanted = words.filter((word) => !word.startsWith('--'))
const unknown = wanted.filter((word) => !names.some((name) => name === word))
if (unknown.length > 0) {
  process.stderr.write(`bench: unknown benchmark "${unknown[0]}"; one of ${names.join(', ')}\n`)
  process.exit(2)
}

const commit = execFileSync('git', ['describe', '--always', '--dirty'], {
  cwd: import.meta.dirname,
  encoding: 'utf8',
}).trim()
const machine = `${cpus()[0]?.model ?? 'unknown processor'} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`

const figures: Record<string, number | string> = {}
for (const name of names) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const path = join(import.meta.dirname, `${name}.ts`)
  if (!existsSync(path)) {
    if (wanted.includes(name)) throw new Error(`BUG: bench/${name}.ts is missing`)
    continue
  }
  const benchmark = (await import(path)) as Benchmark
  for (const [figure, value] of Object.entries(await benchmark.run({ quick }))) {
    if (figure in figures) throw new Error(`BUG: two benchmarks call a figure ${figure}`)
    figures[figure] = value
    process.stdout.write(`${name.padEnd(8)} ${figure.padEnd(34)} ${value}\n`)
  }
}
process.stdout.write(`machine  ${machine}\ncommit   ${commit}\n`)
if (asJson) process.stdout.write(`${JSON.stringify({ machine, commit, quick, ...figures })}\n`)
