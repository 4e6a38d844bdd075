// `margay endpoints`: pods and host endpoints of any moment, with the policies that concern each and what was denied to it.
import { formatCount } from '../output/numbers.ts'
import type { Endpoint, SearchOf } from '@margay/wire'
import { Command, Option } from 'commander'
import type { TrafficOptions } from '../ask/as-of.ts'
import { addTraffic, trafficOf } from '../ask/as-of.ts'
import { allPages } from '../ask/pages.ts'
import type { Context } from '../context.ts'
import type { Listing, ListForm } from '../output/listing.ts'
import { listOption, none, printList } from '../output/listing.ts'

export interface EndpointOptions extends TrafficOptions {
  readonly namespace?: string
  readonly node?: string
  readonly ip?: string
  readonly type?: 'wep' | 'hep'
  readonly selector?: string
  readonly policy?: string
  readonly unlabelled?: boolean
  readonly unprotected?: boolean
  readonly open?: 'ingress' | 'egress'
  readonly denied?: boolean
  readonly output: ListForm
}

const labelText = ({ labels }: Endpoint) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',')

const policyText = ({ policies }: Endpoint) =>
  policies
    .map(({ namespace, name, staged }) => `${staged ? 'staged:' : ''}${namespace ? `${namespace}/` : ''}${name}`)
    .join(',')

/** Directions that no enforced policy covers. */
function openText({ protected: covered, hostNetwork, type }: Endpoint): string {
  if (hostNetwork && type === 'wep') return none
  return (['ingress', 'egress'] as const).filter((direction) => !covered[direction]).join(',') || none
}

const orNone = (text: string | undefined) => (text === undefined || text === '' ? none : text)

export const endpointListing: Listing<Endpoint> = {
  nameOf: ({ type, name }) => (type === 'wep' ? `pod/${name}` : `hostendpoint.projectcalico.org/${name}`),
  columns: [
    { title: 'NAMESPACE', text: ({ namespace }) => orNone(namespace) },
    { title: 'NAME', text: ({ name }) => name },
    { title: 'IP', text: ({ ips }) => orNone(ips[0]) },
    { title: 'NODE', text: ({ node }) => orNone(node) },
    { title: 'OPEN', text: openText },
    { title: 'DENIED', numeric: true, text: ({ denied }) => (denied ? formatCount(denied.connections) : none) },
    { title: 'POLICIES', text: (endpoint) => orNone(policyText(endpoint)) },
    { title: 'TYPE', isWide: true, text: ({ type }) => type },
    { title: 'PHASE', isWide: true, text: ({ phase }) => orNone(phase) },
    {
      title: 'WORKLOAD',
      isWide: true,
      text: ({ workload }) => (workload ? `${workload.kind.toLowerCase()}/${workload.name}` : none),
    },
    { title: 'SERVICE ACCOUNT', isWide: true, text: ({ serviceAccount }) => orNone(serviceAccount) },
    { title: 'ALL IPS', isWide: true, text: ({ ips }) => orNone(ips.join(',')) },
    { title: 'LABELS', isWide: true, text: (endpoint) => orNone(labelText(endpoint)) },
  ],
}

export async function listEndpoints(
  context: Context,
  name: string | undefined,
  options: EndpointOptions,
): Promise<void> {
  const { namespace, node, ip, type, selector, policy, unlabelled, unprotected, open, denied, output } = options
  const search: SearchOf<'endpoints'> = {
    ...trafficOf(options, context),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(node !== undefined && { node }),
    ...(ip !== undefined && { ip }),
    ...(type !== undefined && { type }),
    ...(selector !== undefined && { labels: selector }),
    ...(policy !== undefined && { policy }),
    ...(open !== undefined && { open }),
    ...(unlabelled && { unlabelled }),
    ...(unprotected && { unprotected }),
    ...(denied && { denied }),
  }
  const ask = (page: object) => context.client.get('endpoints', { ...search, ...page })
  const endpoints = await allPages(context, ask, (answer) => answer.endpoints)
  await printList(context, endpoints, endpointListing, output)
}

export function addEndpointFilters(command: Command): Command {
  return addTraffic(command)
    .option('-n, --namespace <name>', 'of this namespace')
    .option('-l, --selector <labels>', "labels: app=web,tier in (a, b),!old, or Calico's language")
    .option('--node <name>', 'on this node')
    .option('--ip <address>', 'with this address')
    .addOption(new Option('--type <type>', 'wep: pods, hep: host endpoints').choices(['wep', 'hep']))
    .option('--unlabelled', 'without labels')
    .option('--unprotected', 'that no enforced policy covers')
    .addOption(
      new Option('--open <direction>', 'that no enforced policy covers in a direction').choices(['ingress', 'egress']),
    )
    .option('--denied', 'with denied traffic')
    .addOption(listOption())
}

const examples = `
Examples:
  margay endpoints -n shop
  margay endpoints --unprotected -o wide
  margay endpoints --denied --since 10m
  margay endpoints -l app=web --at 1h -o json
  margay endpoints --policy shop/db -o name

NAME is a part of the name or of the workload. OPEN are directions that no enforced policy covers; DENIED are denied
connections of the last hour, or of --since and --until. What is not known is a dash, never a zero.
Exit codes: 0 listed, also where nothing was found, 2 the command is wrong, 3 no server answers.`

export function endpointsCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('endpoints')
    .aliases(['endpoint', 'ep'])
    .description('list pods and host endpoints with their policies')
    .argument('[name]', 'part of the name')
    .option('--policy <name>', 'that this policy selects: name, namespace/name or id')
    .addHelpText('after', examples)
  return addEndpointFilters(command).action((name: string | undefined, options: EndpointOptions) =>
    listEndpoints(contextOf(command), name, options),
  )
}
