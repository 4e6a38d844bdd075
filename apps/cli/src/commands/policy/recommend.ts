// `margay policy recommend`: from flows that were seen to the policies that admit them and nothing else.
import type { Recommendation } from '@margay/policy'
import { emptySnapshot, flowWords, printRecommendationNotes, recommend } from '@margay/policy'
import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { safeText } from '../../output/safe-text.ts'
import { clusterOf, refuseErrors, tellFaults } from './cluster.ts'
import { readManifests } from './manifests.ts'
import { addFlows, addPods } from './options.ts'
import { readSeries, refuseBadRows } from './records.ts'
import { withPods } from './series.ts'
import { plural } from './words.ts'

interface Options {
  readonly flows: readonly string[]
  readonly pods?: readonly string[]
  readonly by: 'workload' | 'namespace'
  readonly kind: 'kubernetes' | 'calico'
  readonly output: 'yaml' | 'json'
}

interface Counts {
  readonly denied: number
  readonly localRows: number
}

/** Safe as comments: a name that holds the end of a line must not end the comment. */
function notesOf(recommendation: Recommendation, { denied, localRows }: Counts): readonly string[] {
  const notes = printRecommendationNotes(recommendation).split('\n')
  return [
    ...notes.map(safeText),
    ...(denied > 0
      ? [`left out: ${plural(denied, 'flow')} with a denial on record; only what was allowed is admitted`]
      : []),
    ...(localRows > 0 ? [`left out: ${plural(localRows, 'record')} of a pod with itself, which no policy sees`] : []),
    ...(recommendation.leftOut.some(({ reason }) => reason.startsWith('pod '))
      ? ['a pod is not known where no file has it and its records carry no labels: --pods FILE or --by namespace helps']
      : []),
  ]
}

const yamlOf = (documents: readonly unknown[], notes: readonly string[]) =>
  [
    notes.map((note) => `# ${note}\n`).join(''),
    ...documents.map((document) => stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 })),
  ].join('---\n')

const listOf = (documents: readonly unknown[]) => ({ apiVersion: 'v1', kind: 'List', items: documents })

/** Policies of pods cannot open what a host endpoint or a profile of the files closes. Throws where one does. */
function refuseDenied({ denied }: Recommendation): void {
  const [first] = denied
  if (!first) return
  const what = `${plural(denied.length, 'flow')} would not pass, such as ${safeText(flowWords(first))}`
  throw new CliError(`${what}; a host endpoint or a profile among the files of --pods stands in its way`, 1)
}

async function recommendPolicies(context: Context, options: Options): Promise<void> {
  const cluster = options.pods && clusterOf(await readManifests(options.pods))
  const { series, badRows } = await readSeries(context, options.flows)
  if (cluster) tellFaults(context, cluster)
  const snapshot = withPods(cluster?.snapshot ?? emptySnapshot, series.pods(options.by === 'namespace'))
  const seen = series.flows([snapshot])
  const allowed = seen.filter(({ isDenied }) => !isDenied).map(({ flow }) => flow)
  const recommendation = recommend(allowed, snapshot, { kind: options.kind, scope: options.by })
  const notes = notesOf(recommendation, { denied: seen.length - allowed.length, localRows: series.localRows() })
  if (options.output === 'json') {
    await context.output.out(`${JSON.stringify(listOf(recommendation.documents), undefined, 2)}\n`)
    context.output.err(notes.map((note) => `${note}\n`).join(''))
  } else await context.output.out(yamlOf(recommendation.documents, notes))
  refuseDenied(recommendation)
  if (cluster) refuseErrors(cluster)
  refuseBadRows(badRows)
}

const examples = `
Examples:
  margay policy recommend --flows flows.ndjson > recommended.yaml
  margay policy recommend --flows flows.ndjson --by namespace
  margay policy recommend --flows flows.ndjson --kind calico --pods pods.yaml
  margay policy recommend --flows flows.ndjson -o json | kubectl apply --dry-run=server -f -

Every workload that was seen gets a policy that admits what was allowed in the records and denies the rest, in both
directions: give it days that hold everything the workload does. Comments at the top say what is allowed beyond what
was seen and what was left out; with -o json they go to standard error. Try the result before it is applied:
  margay policy simulate policies recommended.yaml --flows flows.ndjson
Exit codes: 0 done, 1 objects with errors or rows that cannot be read (they are named, and the rest is used), 2 the
command is wrong or a file cannot be read.`

export function recommendCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('recommend')
    .description('write the policies that admit the flows that were seen, and nothing else')
    .addOption(new Option('--by <scope>', 'one policy for each').choices(['workload', 'namespace']).default('workload'))
    .addOption(
      new Option('--kind <kind>', 'NetworkPolicy of whom').choices(['kubernetes', 'calico']).default('kubernetes'),
    )
    .addOption(new Option('-o, --output <form>', 'form').choices(['yaml', 'json']).default('yaml'))
    .addHelpText('after', examples)
  addFlows(command)
  addPods(command)
  return command.action((options: Options) => recommendPolicies(contextOf(command), options))
}
