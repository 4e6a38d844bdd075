// `margay nodes`: nodes of any moment with what runs there, what goes in and out, and whether an agent tells of it.
import type { Node, SearchOf } from '@margay/wire'
import { Command } from 'commander'
import type { TrafficOptions } from '../ask/as-of.ts'
import { addTraffic, trafficOf } from '../ask/as-of.ts'
import { allPages } from '../ask/pages.ts'
import type { Context } from '../context.ts'
import type { Listing, ListForm } from '../output/listing.ts'
import { listOption, none, printList } from '../output/listing.ts'
import { formatCount } from '../output/numbers.ts'

interface Options extends TrafficOptions {
  readonly output: ListForm
}

/** Two digits that count, however small it is: one denial in an hour is no 0. */
export const rate = (value: number | undefined) =>
  value === undefined ? none : value >= 10 ? formatCount(Math.round(value)) : String(Number(value.toPrecision(2)))

function statusText({ isObject, ready }: Node): string {
  if (!isObject) return 'no object'
  return ready === undefined ? none : ready ? 'Ready' : 'NotReady'
}

const labelText = ({ labels }: Node) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',') || none

export const nodeListing: Listing<Node> = {
  nameOf: ({ name }) => `node/${name}`,
  columns: [
    { title: 'NAME', text: ({ name }) => name },
    { title: 'STATUS', text: statusText },
    { title: 'AGENT', text: ({ agent }) => agent.state },
    {
      title: 'ENDPOINTS',
      numeric: true,
      text: ({ endpoints }) => (endpoints === undefined ? none : formatCount(endpoints)),
    },
    { title: 'CONN/S IN', numeric: true, text: ({ traffic }) => rate(traffic?.in.allowed.connectionsPerSecond) },
    { title: 'CONN/S OUT', numeric: true, text: ({ traffic }) => rate(traffic?.out.allowed.connectionsPerSecond) },
    { title: 'PKT/S IN', numeric: true, text: ({ traffic }) => rate(traffic?.in.allowed.packetsPerSecond) },
    { title: 'PKT/S OUT', numeric: true, text: ({ traffic }) => rate(traffic?.out.allowed.packetsPerSecond) },
    { title: 'DENIED/S IN', numeric: true, text: ({ traffic }) => rate(traffic?.in.denied.connectionsPerSecond) },
    { title: 'DENIED/S OUT', numeric: true, text: ({ traffic }) => rate(traffic?.out.denied.connectionsPerSecond) },
    { title: 'IPS', isWide: true, text: ({ ips }) => ips.join(',') || none },
    { title: 'AGENT VERSION', isWide: true, text: ({ agent }) => agent.version ?? none },
    { title: 'AGENT SAYS', isWide: true, text: ({ agent }) => agent.says },
    { title: 'LABELS', isWide: true, text: labelText },
  ],
}

async function listNodes(context: Context, name: string | undefined, options: Options): Promise<void> {
  const search: SearchOf<'nodes'> = { ...trafficOf(options, context), ...(name !== undefined && { name }) }
  const ask = (page: object) => context.client.get('nodes', { ...search, ...page })
  const nodes = await allPages(context, ask, (answer) => answer.nodes)
  await printList(context, nodes, nodeListing, options.output)
}

const examples = `
Examples:
  margay nodes
  margay nodes --since 10m -o wide
  margay nodes n1 -o json

Rates are of the last hour, or of --since and --until; denied ones are connections. A node that is no object of the
cluster is one that only an agent or flows tell of.
Exit codes: 0 listed, also where nothing was found, 2 the command is wrong, 3 no server answers.`

export function nodesCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('nodes')
    .alias('node')
    .description('list nodes with their rates and agents')
    .argument('[name]', 'part of the name')
    .addOption(listOption())
    .addHelpText('after', examples)
  return addTraffic(command).action((name: string | undefined, options: Options) =>
    listNodes(contextOf(command), name, options),
  )
}
