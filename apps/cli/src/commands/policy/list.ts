// `margay policy list`: the server's policies of any moment in the order in which they are asked, and what each did.
import type { Policy, SearchOf } from '@margay/wire'
import { Command } from 'commander'
import type { TrafficOptions } from '../../ask/as-of.ts'
import { addTraffic, trafficOf } from '../../ask/as-of.ts'
import { allPages } from '../../ask/pages.ts'
import type { Context } from '../../context.ts'
import type { ListForm, Listing } from '../../output/listing.ts'
import { listOption, none, printList } from '../../output/listing.ts'
import { formatCount, formatTime } from '../../output/numbers.ts'

interface Options extends TrafficOptions {
  readonly namespace?: string
  readonly tier?: string
  readonly kind?: string
  readonly staged?: boolean
  readonly unused?: boolean
  readonly denied?: boolean
  readonly output: ListForm
}

const count = (value: number | bigint | undefined) => (value === undefined ? none : formatCount(value))

/** `networkpolicy.networking.k8s.io`, as kubectl writes a kind before a name. */
function resourceOf({ apiVersion, kind }: Policy): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  return kind.toLowerCase() + group
}

const unusedWords: Readonly<Record<NonNullable<Policy['use']>['unused'], string>> = {
  used: 'used',
  unused: 'unused',
  'other-generation': 'only before its change',
  edited: 'changed lately',
  unknown: none,
}

const ruleText = ({ rules: { ingress, egress }, directions }: Policy) =>
  directions.map((direction) => (direction === 'ingress' ? `${ingress} in` : `${egress} out`)).join(', ') || none

export function policyListing({ now, utc }: Pick<Context, 'now' | 'utc'>): Listing<Policy> {
  const today = now()
  const time = (seconds: number | undefined) => (seconds === undefined ? none : formatTime(seconds, today, utc))
  return {
    nameOf: (policy) => `${resourceOf(policy)}/${policy.name}`,
    columns: [
      { title: 'TIER', text: ({ tier }) => tier },
      { title: 'ORDER', numeric: true, text: ({ order }) => (order === undefined ? none : String(order)) },
      { title: 'KIND', text: ({ kind }) => kind },
      { title: 'NAMESPACE', text: ({ namespace }) => namespace ?? none },
      { title: 'NAME', text: ({ name }) => name },
      { title: 'SELECTS', numeric: true, text: ({ selects }) => count(selects) },
      { title: 'ALLOWED', numeric: true, text: ({ use }) => count(use?.allowed.connections) },
      { title: 'DENIED', numeric: true, text: ({ use }) => count(use?.denied.connections) },
      { title: 'PASSED', numeric: true, isWide: true, text: ({ use }) => count(use?.passed.connections) },
      { title: 'LAST EVALUATED', text: ({ use }) => time(use?.lastEvaluated) },
      { title: 'USE', isWide: true, text: ({ use }) => (use ? unusedWords[use.unused] : none) },
      { title: 'RULES', isWide: true, text: ruleText },
      {
        title: 'GENERATION',
        numeric: true,
        isWide: true,
        text: ({ generation }) => (generation === undefined ? none : String(generation)),
      },
      { title: 'ID', isWide: true, text: ({ id }) => id },
      { title: 'SUBJECT', isWide: true, text: ({ subject }) => subject },
    ],
  }
}

async function listPolicies(context: Context, name: string | undefined, options: Options): Promise<void> {
  const { namespace, tier, kind, staged, unused, denied, output } = options
  const search: SearchOf<'policies'> = {
    ...trafficOf(options, context),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(tier !== undefined && { tier }),
    ...(kind !== undefined && { kind }),
    ...(staged && { staged }),
    ...(unused && { unused }),
    ...(denied && { denied }),
  }
  const ask = (page: object) => context.client.get('policies', { ...search, ...page })
  const policies = await allPages(context, ask, (answer) => answer.policies)
  await printList(context, policies, policyListing(context), output)
}

const examples = `
Examples:
  margay policy list
  margay policy list -n shop -o wide
  margay policy list --unused
  margay policy list --denied --since 10m
  margay policy list --at 2h -o json

NAME is a part of name or namespace/name. SELECTS are endpoints, ALLOWED and DENIED connections of the last hour, or of
--since and --until. A dash is what nobody counted, and never a zero.
Exit codes: 0 listed, also where nothing was found, 2 the command is wrong, 3 no server answers.`

export function listCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('list')
    .alias('ls')
    .description("list the server's policies in the order in which they are asked")
    .argument('[name]', 'part of the name')
    .option('-n, --namespace <name>', 'of this namespace')
    .option('--tier <name>', 'of this tier')
    .option('--kind <kind>', 'of this kind, such as NetworkPolicy')
    .option('--staged', 'staged ones')
    .option('--unused', 'that nothing was judged by')
    .option('--denied', 'that denied traffic')
    .addOption(listOption())
    .addHelpText('after', examples)
  return addTraffic(command).action((name: string | undefined, options: Options) =>
    listPolicies(contextOf(command), name, options),
  )
}
