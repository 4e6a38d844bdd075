// `margay policy simulate` of the server's cluster: policies as they would be against the traffic that it recorded.
import type { PolicySimulation, SimulatedFlow } from '@margay/wire'
import { printJsonExact } from '@margay/model'
import { nothingChanges } from '@margay/policy'
import { resolveMoment } from '@margay/query'
import type { Command } from 'commander'
import { momentOf, tellUnknown } from '../../ask/as-of.ts'
import { parseMoment, parseRange } from '../../ask/moment.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { formatBytes, formatCount } from '../../output/numbers.ts'
import { safeText } from '../../output/safe-text.ts'
import { several } from '../options.ts'
import { placeText } from './cluster.ts'
import { readManifests } from './manifests.ts'
import { plural } from './words.ts'

export interface ServerOptions {
  readonly at?: string
  readonly since?: string
  readonly until?: string
  readonly query?: string
  readonly remove?: readonly string[]
  readonly pending?: boolean
  readonly output: 'markdown' | 'json'
}

export function addServerOptions(command: Command): Command {
  return command
    .option('--at <time>', "the server's policies as they were then: 10m, 1h30m, 7d, 13:48, 2026-11-25T13:48")
    .option('--since <time>', "the server's traffic from then on; an hour ago unless given")
    .option('--until <time>', "the server's traffic until then")
    .option('-q, --query <kql>', "only those of the server's flows, in KQL")
    .option('--remove <id>', 'policies of the server that go, by id: margay policy list -o wide', several)
}

/** Documents of a path; what cannot be read ends the command, for half a change is another change. */
async function documentsOf(path: string | undefined): Promise<Record<string, unknown>[]> {
  if (path === undefined) return []
  const { manifests, unread } = await readManifests([path])
  const [wrong] = unread
  if (wrong) throw new CliError(`${placeText(wrong.place)}: ${safeText(wrong.message)}`, 2)
  return manifests.map(({ value }) => value as Record<string, unknown>)
}

/** What Markdown would obey: names come from flows and files, and are to be read, not to be rendered. */
const cell = (text: string) => text.replace(/\p{Cc}/gu, ' ').replace(/[\\`*_[\]<>|~&]/g, '\\$&')

const endText = ({ namespace, name }: SimulatedFlow['source']) => (namespace === '-' ? name : `${namespace}/${name}`)

const flowText = ({ source, destination, port, protocol }: SimulatedFlow) =>
  `${endText(source)} → ${endText(destination)}${port === undefined ? '' : `:${port}`} ${protocol}`

const changeWords = {
  'newly-allowed': 'newly allowed',
  'newly-denied': 'newly denied',
  uncertain: 'cannot be told',
} as const

/** Rows beyond this make a comment that no forge accepts. */
const mostRows = 100

function summary({ totals: { newlyAllowed, newlyDenied, uncertain } }: PolicySimulation, flows: number): string {
  const parts = [
    [newlyDenied, changeWords['newly-denied']],
    [newlyAllowed, changeWords['newly-allowed']],
    [uncertain, changeWords.uncertain],
  ] as const
  const told = parts
    .filter(([{ flows }]) => flows > 0)
    .map(([{ flows }, words]) => `**${formatCount(flows)} ${words}**`)
  return told.join(', ') || nothingChanges(flows)
}

export function simulationText(simulation: PolicySimulation): string {
  const { totals, judged, changes, incomplete } = simulation
  const flows = [totals.newlyAllowed, totals.newlyDenied, totals.uncertain, totals.same].reduce(
    (sum, weight) => sum + weight.flows,
    0,
  )
  const head = [
    `### Policy change: ${summary(simulation, flows)}`,
    '',
    `${plural(flows, 'flow')}, ${formatCount(judged)} of them within reach of the change.`,
    ...(incomplete ? ['More were seen; the heaviest were judged.'] : []),
  ]
  if (changes.length === 0) return `${head.join('\n')}\n`
  const shown = changes.slice(0, mostRows)
  const rows = shown.map((change) => {
    const weight = `${formatCount(change.connections)} conn, ${formatBytes(change.bytes)}`
    return `| ${changeWords[change.change]} | ${cell(flowText(change))} | ${weight} | ${cell(change.reason)} |`
  })
  const all = totals.newlyAllowed.flows + totals.newlyDenied.flows + totals.uncertain.flows
  const left = all - shown.length
  const rest = left > 0 ? ['', `${formatCount(left)} more are left out.`] : []
  return `${[...head, '', '| Change | Flow | Seen | Reason |', '|---|---|---|---|', ...rows, ...rest].join('\n')}\n`
}

/** Throws where the change takes something away. */
function refuseLosses({ totals: { newlyDenied }, changes }: PolicySimulation): void {
  const unsure = changes.filter(({ before, after }) => before === 'allow' && after === 'unknown').length
  const told = [
    ...(newlyDenied.flows > 0 ? [`${plural(newlyDenied.flows, 'flow')} that passed would be denied`] : []),
    ...(unsure > 0 ? [`whether ${plural(unsure, 'flow')} that passed would pass cannot be told`] : []),
  ]
  if (told.length > 0) throw new CliError(told.join('; '), 1)
}

function tellIssues({ output }: Context, { issues }: PolicySimulation): void {
  for (const { severity, object, path, message } of issues) {
    output.err(`${severity}: ${safeText(`${object} ${path}: ${message}`)}\n`)
  }
}

/** Traffic that is judged where nobody asks for another time. */
const usualSeconds = 3_600

/** How long ago a time is, seconds. */
function agoOf(time: string | undefined, { now, utc }: Context): number {
  if (time === undefined) return 0
  const present = Math.floor(now().getTime() / 1000)
  return present - resolveMoment(parseMoment(time, now(), utc), present)
}

export async function simulateServer(
  context: Context,
  path: string | undefined,
  options: ServerOptions,
): Promise<void> {
  const { since, until, query, remove, pending, output } = options
  if (path === undefined && !remove) {
    throw new CliError('nothing changes: name a file or directory of policies, or --remove ID', 2)
  }
  const given = { ...(since !== undefined && { since }), ...(until !== undefined && { until }) }
  const usual = { ago: usualSeconds + agoOf(until, context) }
  const range = parseRange(given, usual, context.now(), context.utc)
  const at = momentOf(options, context)
  const simulation = await context.client.post('policySimulate', {
    documents: await documentsOf(path),
    range,
    pending: pending ?? false,
    ...(remove && { remove: [...remove] }),
    ...(query !== undefined && { query }),
    ...(at !== undefined && { at }),
  })
  tellUnknown(context, simulation)
  tellIssues(context, simulation)
  await context.output.out(output === 'json' ? `${printJsonExact(simulation)}\n` : simulationText(simulation))
  refuseLosses(simulation)
  const errors = simulation.issues.filter(({ severity }) => severity === 'error').length
  if (errors > 0)
    throw new CliError(`the documents have ${plural(errors, 'error')}; what they are about was left out`, 1)
}
