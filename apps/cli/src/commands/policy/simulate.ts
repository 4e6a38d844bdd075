// `margay policy simulate`: what a change of policies would do to the flows that were seen, as Markdown for a pull request.
import type { ChangedVerdict, Flow, Simulation } from '@margay/policy'
import { changeName, changeReason, printSimulation, protocolName, simulate, simulationExitCode } from '@margay/policy'
import { Command, Option } from 'commander'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { plural } from './words.ts'
import { clusterOf, refuseErrors, tellFaults } from './cluster.ts'
import { endWords } from './end.ts'
import { readManifests } from './manifests.ts'
import { addPending, addPods, modeOf, paths } from './options.ts'
import { readSeries, refuseBadRows } from './records.ts'
import { withPods } from './series.ts'
import type { ServerOptions } from './simulate-server.ts'
import { addServerOptions, simulateServer } from './simulate-server.ts'

interface FileOptions {
  readonly flows: readonly string[]
  readonly pods?: readonly string[]
  readonly pending?: boolean
  readonly output: 'markdown' | 'json'
}

/** With flow records as files the server is not asked. */
interface Options extends Omit<FileOptions, 'flows'>, ServerOptions {
  readonly flows?: readonly string[]
}

const changeJson = (change: ChangedVerdict) => ({
  change: changeName(change),
  source: endWords(change.flow.source),
  destination: endWords(change.flow.destination),
  protocol: protocolName(change.flow.protocol),
  port: change.flow.port,
  before: change.before.verdict,
  after: change.after.verdict,
  reason: changeReason(change),
})

const simulationJson = ({ flows, judged, changed }: Simulation) => ({ flows, judged, changed: changed.map(changeJson) })

/** Throws where the change takes something away. */
function refuseLosses(simulation: Simulation): void {
  if (simulationExitCode(simulation) === 0) return
  const lost = simulation.changed.filter(({ before, after }) => before.verdict === 'allow' && after.verdict !== 'allow')
  const denied = lost.filter(({ after }) => after.verdict === 'deny').length
  const told = denied > 0 ? `${plural(denied, 'flow')} that the old policies allow would be denied` : ''
  const untold = lost.length - denied
  const unsure =
    untold > 0 ? `whether ${plural(untold, 'flow')} that the old policies allow would pass cannot be told` : ''
  throw new CliError([told, unsure].filter(Boolean).join('; '), 1)
}

async function simulateFiles(context: Context, old: string, now: string, options: FileOptions): Promise<void> {
  const { output } = context
  const pods = options.pods ?? []
  // Before the first policy there is none. A new state without any is more likely a wrong path.
  const noneBefore = () =>
    output.err(`${old} holds no .yaml, .yml or .json file: judged as a cluster without policies\n`)
  const before = clusterOf(await readManifests([old, ...pods], noneBefore))
  const after = clusterOf(await readManifests([now, ...pods]))
  const { series, badRows } = await readSeries(context, options.flows)
  tellFaults(context, before)
  tellFaults(context, after)
  const [first, second] = [before, after].map(({ snapshot }) => withPods(snapshot, series.pods()))
  const flows = series.flows([first!, second!]).map(({ flow }): Flow => flow)
  const simulation = simulate(first!, second!, flows, modeOf(options))
  if (options.output === 'json') await output.out(`${JSON.stringify(simulationJson(simulation), undefined, 2)}\n`)
  else await output.out(printSimulation(simulation))
  refuseLosses(simulation)
  refuseErrors(after)
  refuseBadRows(badRows)
}

const serverOnly = ['at', 'since', 'until', 'query', 'remove'] as const

/** Of files where flow records are named, else of the server. Throws where arguments and options are of both. */
function simulateChange(context: Context, args: readonly string[], { flows, ...options }: Options): Promise<void> {
  const [old, now] = args
  if (!flows) {
    if (args.length > 1) throw new CliError("OLD and NEW want --flows FILE; of the server's cluster, name NEW alone", 2)
    if (options.pods) throw new CliError('--pods goes with --flows; without files the server is asked', 2)
    return simulateServer(context, old, options)
  }
  const foreign = serverOnly.find((name) => options[name] !== undefined)
  if (foreign !== undefined) throw new CliError(`--${foreign} asks the server, and --flows reads files; give one`, 2)
  if (old !== undefined && now !== undefined) return simulateFiles(context, old, now, { ...options, flows })
  throw new CliError('--flows wants the policies as they are and as they would be: OLD NEW', 2)
}

const examples = `
Of the server's cluster, against what it recorded:
  margay policy simulate policies
  margay policy simulate policies --since 7d -q 'dest_namespace: shop'
  margay policy simulate --remove knp~shop~db --since 1d

Examples:
  margay policy simulate base/policies policies --flows flows.ndjson
  margay policy simulate base/policies policies --flows flows.ndjson --pods pods.yaml > comment.md
  margay policy simulate base/policies policies --flows flows.ndjson --pending -o json

With --flows files alone are read, OLD and NEW; without, the objects of NEW are laid over the server's policies, as kubectl
apply does, and its recorded traffic is judged.
In a pull request: check the target branch out to base/, write what was seen with
"margay export -o ndjson --since 7d --file flows.ndjson", and post the output as a comment.
Pods come from the files and, where these have none, from the records, which know labels but no names of ports and no
namespace's labels; --pods brings both. Whether a record was allowed or denied plays no part: both sides are judged.
Exit codes: 0 nothing is taken away, 1 a flow that is allowed under OLD is not, or not certainly, under NEW; or NEW has
objects with errors, or rows could not be read (they are named, and the rest is judged), 2 the command is wrong or a
file cannot be read, 3 no server answers.`

export function simulateCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('simulate')
    .description('judge seen flows under two states of the policies and tell what changes')
    .argument('[policies...]', 'with --flows OLD and NEW, else NEW: files, or directories with all below them')
    .addOption(new Option('-o, --output <form>', 'form').choices(['markdown', 'json']).default('markdown'))
    .addHelpText('after', examples)
  addServerOptions(command)
  command.option(
    '--flows <file>',
    "flow records in Calico's NDJSON format (.gz, .zst), or -; without, the server is asked",
    paths,
  )
  addPods(command)
  addPending(command)
  return command.action((args: readonly string[], options: Options) =>
    simulateChange(contextOf(command), args, options),
  )
}
