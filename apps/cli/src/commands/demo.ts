// `margay demo`: the invented cluster, as a running server or as files.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { logType, printJsonExact, writeRow } from '@margay/model'
import { resolveMoment } from '@margay/query'
import { rowOf, story } from '@margay/traffic'
import { Command } from 'commander'
import { stringify } from 'yaml'
import { parseMoment } from '../ask/moment.ts'
import type { Context } from '../context.ts'
import { runProgram } from '../run-program.ts'
import { typeOption, wholeNumber } from './options.ts'

interface Options {
  readonly ndjson?: boolean
  readonly yaml?: string
  readonly since: string
  readonly seed: number
  readonly type: string
}

/** Lines are written in lots, since a call for each of a million costs more than making them. */
const lot = 2000

async function writeNdjson(context: Context, options: Options): Promise<void> {
  const now = Math.floor(context.now().getTime() / 1000)
  const from = resolveMoment(parseMoment(options.since, context.now(), context.utc), now)
  const type = logType(options.type)!
  let lines: string[] = []
  for (const emission of story({ seed: options.seed, opened: now }).rowsBetween(from, now)) {
    if (emission.logType !== type.name) continue
    lines.push(`${printJsonExact(writeRow(type, rowOf(emission)))}\n`)
    if (lines.length < lot) continue
    await context.output.out(lines.join(''))
    lines = []
  }
  await context.output.out(lines.join(''))
}

async function writeYaml(context: Context, dir: string, seed: number): Promise<void> {
  const now = Math.floor(context.now().getTime() / 1000)
  const objects = story({ seed, opened: now }).objectsAt(now)
  await mkdir(dir, { recursive: true })
  for (const [kind, members] of Map.groupBy(objects, (object) => object.kind)) {
    await writeFile(join(dir, `${kind.toLowerCase()}.yaml`), members.map((object) => stringify(object)).join('---\n'))
  }
  context.output.err(`${objects.length} objects written to ${dir}\n`)
}

async function demo(context: Context, options: Options): Promise<void> {
  if (options.yaml !== undefined) await writeYaml(context, options.yaml, options.seed)
  if (options.ndjson) return writeNdjson(context, options)
  if (options.yaml === undefined) await runProgram('server', ['--demo'], context.signal)
}

const examples = `
Examples:
  margay demo                                       a server with invented data, live and with a day of history
  margay demo --ndjson --since 1h > flows.ndjson    the flows of the last hour as records
  margay demo --ndjson -t dns --since 1h > dns.ndjson
  margay demo --yaml cluster/                       its pods, services and policies as Kubernetes objects`

export function demoCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('demo')
    .description('run or write the invented cluster')
    .option('--ndjson', 'write records to standard output and start nothing')
    .option('--yaml <dir>', 'write the inventory as YAML files and start nothing')
    .option('--since <time>', 'how far back records go', '24h')
    .option('--seed <n>', 'another seed is another cluster', wholeNumber, 1)
    .addOption(typeOption(['flows', 'dns']))
    .addHelpText('after', examples)
  return command.action((options: Options) => demo(contextOf(command), options))
}
