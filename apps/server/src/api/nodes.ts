// GET /nodes: the cluster's nodes as of a moment, and beside them whatever an agent or flows tell of without an object.
import type { Node, Source } from '@margay/wire'
import { stateAsOf, trafficRange } from './cluster/as-of.ts'
import { labelsOf, listOf, memberOf, textOf } from './cluster/document.ts'
import { endpointsOf } from './cluster/endpoint-list.ts'
import { askNodeRates } from './cluster/node-rates.ts'
import { pageOf } from './cluster/page.ts'
import type { ClusterState } from './cluster/state.ts'
import { documentsOf } from './cluster/state.ts'
import { orUnknown } from './cluster/traffic.ts'
import type { ObjectDocument } from '../objects/index.ts'
import type { JsonHandler } from './context.ts'

type Agent = Node['agent']

const agentStates: { readonly [K in Source['state']]: Agent['state'] } = {
  ready: 'ready',
  starting: 'degraded',
  degraded: 'degraded',
  failed: 'silent',
  off: 'silent',
}

const agentOf = ({ state, says, version, lastSeen }: Source): Agent => ({
  state: agentStates[state],
  says,
  ...(version !== undefined && { version }),
  ...(lastSeen !== undefined && { lastSeen }),
})

const absent = (hasFlows: boolean): Agent => ({
  state: 'absent',
  says: hasFlows ? 'no agent; its flows come by another way' : 'no agent of this node was heard of',
})

/** How an agent was at a past moment is not kept; what it reported then is. */
const agentThen = (hasReported: boolean): Agent =>
  hasReported
    ? { state: 'ready', says: 'reported flows in the time of the traffic' }
    : { state: 'unknown', says: 'reported no flow in the time of the traffic, as an idle node would' }

const hostsOf = (sources: readonly Source[]): ReadonlyMap<string, Source> =>
  new Map(sources.flatMap((source) => (source.kind === 'agent' && source.host ? [[source.host, source]] : [])))

function readyOf(document: ObjectDocument | undefined): boolean | undefined {
  const conditions = listOf(document, 'status', 'conditions')
  const status = textOf(
    conditions.find((condition) => memberOf(condition, 'type') === 'Ready'),
    'status',
  )
  return status === undefined ? undefined : status === 'True'
}

function addressesOf(document: ObjectDocument | undefined): string[] {
  const addresses = listOf(document, 'status', 'addresses')
  return addresses
    .filter((each) => ['InternalIP', 'ExternalIP'].includes(textOf(each, 'type') ?? ''))
    .flatMap((each) => textOf(each, 'address') ?? [])
}

async function endpointCounts(state: ClusterState): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const { endpoint } of await endpointsOf(state)) {
    if (endpoint.node !== undefined) counts.set(endpoint.node, (counts.get(endpoint.node) ?? 0) + 1)
  }
  return counts
}

const documentsByName = (state: ClusterState): ReadonlyMap<string, ObjectDocument> =>
  new Map(documentsOf(state, 'Node').map((document) => [textOf(document, 'metadata', 'name') ?? '', document]))

export const nodes: JsonHandler<'nodes'> = async ({ search, signal }, { store, cluster, states, health, now }) => {
  const moment = now()
  const range = trafficRange(search, moment)
  const [{ state, asOf }, rates, { sources }] = await Promise.all([
    stateAsOf(states, search.at, moment),
    orUnknown('rates of the nodes', signal, askNodeRates(range, { store, cluster, now, signal })),
    health(),
  ])
  const [documents, counts] = [documentsByName(state), await endpointCounts(state)]
  const agents = search.at === undefined ? hostsOf(sources) : undefined
  const isKnown = state.versions.length > 0
  const nodeOf = (name: string): Node => {
    const document = documents.get(name)
    const traffic = rates.value?.get(name)
    const agent = agents?.get(name)
    const ready = readyOf(document)
    return {
      name,
      ips: addressesOf(document),
      labels: labelsOf(document),
      isObject: document !== undefined,
      agent: agents ? (agent ? agentOf(agent) : absent(traffic !== undefined)) : agentThen(traffic !== undefined),
      ...(ready !== undefined && { ready }),
      ...(isKnown && { endpoints: counts.get(name) ?? 0 }),
      ...(traffic && { traffic }),
    }
  }
  const names = new Set([...documents.keys(), ...(agents?.keys() ?? []), ...(rates.value?.keys() ?? [])])
  const part = search.name?.toLowerCase() ?? ''
  const found = [...names].filter((name) => name.toLowerCase().includes(part))
  const { items, ...page } = pageOf(found, (name) => [name], search)
  return {
    ...asOf,
    unknown: [...asOf.unknown, ...rates.unknown],
    traffic: range,
    nodes: items.map(nodeOf),
    ...page,
  }
}
