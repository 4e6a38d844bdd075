// Who is meant by an end that somebody wrote: a pod, a workload (one of its pods stands for all), a host endpoint or an
// address; and by a record's end, whose pod may have been aggregated away.
import type { Row } from '@margay/model'
import type { Address, FlowEnd } from '@margay/policy'
import { parseAddress, podKey, printAddress } from '@margay/policy'
import { goneTitle, isSaidGone } from '../../judge/gone.ts'
import { ApiError } from '../problem.ts'
import { endpointsOf } from './endpoint-list.ts'
import { namesWith } from './names.ts'
import type { ClusterState } from './state.ts'

export interface MeantEnd {
  readonly end: FlowEnd
  /** What was taken for granted. */
  readonly note?: string
}

interface Place {
  readonly namespace: string
  readonly name: string
}

const plainText = (text: string) => /^\[(.*)\]$/.exec(text)?.[1] ?? text

/** One pod of a workload: they are made alike, so that one stands for all. */
async function podOfWorkload(state: ClusterState, { namespace, name }: Place): Promise<MeantEnd | undefined> {
  const pods = (await endpointsOf(state))
    .map(({ endpoint }) => endpoint)
    .filter((endpoint) => endpoint.namespace === namespace && endpoint.workload?.name === name)
  const [first] = pods.map((pod) => pod.name).sort()
  if (first === undefined) return undefined
  const kind = pods[0]!.workload!.kind
  return {
    end: { pod: `${namespace}/${first}` },
    note: `${namespace}/${name} is a ${kind} of ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}; judged as ${first}`,
  }
}

async function namedPod(state: ClusterState, place: Place): Promise<MeantEnd> {
  const key = podKey(place)
  if (state.prepared.lookup.pod(key)) return { end: { pod: key } }
  return (await podOfWorkload(state, place)) ?? { end: { pod: key } }
}

/** Reads `namespace/pod`, `namespace/workload`, an address, or the name of a host endpoint. Throws with what was wanted. */
export async function readEnd(state: ClusterState, member: string, text: string): Promise<MeantEnd> {
  const address = parseAddress(plainText(text))
  if (address) return { end: { address } }
  const [, namespace, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(text) ?? []
  if (namespace !== undefined && name !== undefined) return namedPod(state, { namespace, name })
  if (state.prepared.lookup.hostEndpoint(text)) return { end: { hostEndpoint: text } }
  throw new ApiError('bad_request', `cannot read ${member} "${text}"`, {
    hint: 'write namespace/pod, namespace/workload, an address, or the name of a host endpoint',
  })
}

type Side = 'source' | 'dest'

const textOf = (row: Row, field: string): string | undefined => {
  const value = row[field]
  return typeof value === 'string' && value !== '-' && value !== '' && value !== '*' ? value : undefined
}

/** The pods whose names a record keeps only the beginning of. */
function podOfPrefix(state: ClusterState, { namespace, name }: Place, address: Address | undefined): MeantEnd {
  const prefix = `${namespace}/${name.slice(0, -1)}`
  const owner = address && state.prepared.lookup.podAt(address)
  if (owner && podKey(owner).startsWith(prefix)) return { end: { pod: podKey(owner), address } }
  const found = namesWith(state.podNames, prefix)
  if (!found) return { end: { pod: `${namespace}/${name}`, ...(address && { address }) } }
  const { first, count } = found
  return {
    end: { pod: first },
    note: `the record names only ${namespace}/${name}; judged as ${first.slice(namespace.length + 1)}, one of ${count}`,
  }
}

/** The end of a record, by whatever it says of it. */
export function endOfRow(state: ClusterState, row: Row, side: Side): MeantEnd {
  const type = textOf(row, `${side}_type`) ?? 'wep'
  const namespace = textOf(row, `${side}_namespace`)
  const name = textOf(row, `${side}_name`) ?? textOf(row, `${side}_name_aggr`)
  const address = parseAddress(textOf(row, `${side}_ip`) ?? '')
  const at = address ? { address } : {}
  if (type === 'wep' && namespace !== undefined && name !== undefined) {
    if (name.endsWith('*')) return podOfPrefix(state, { namespace, name }, address)
    return { end: { pod: `${namespace}/${name}`, ...at } }
  }
  if (type === 'hep' && name !== undefined) {
    const host = state.prepared.lookup.hostEndpoint(name) ?? state.prepared.lookup.hostEndpointOfNode(name)
    if (host || !address) return { end: { hostEndpoint: host?.name ?? name, ...at } }
  }
  const ip = address && printAddress(address)
  // To take it for somebody outside would be a guess: what it was is not known any more.
  if (ip !== undefined && isSaidGone(row.evidence_missing, ip)) return { end: { unnamed: goneTitle(ip), ...at } }
  return { end: at }
}

/** The end by the name or address that is known of it. */
export const endWords = ({ pod, hostEndpoint, unnamed, address }: FlowEnd): string =>
  pod ?? hostEndpoint ?? unnamed ?? (address ? printAddress(address) : 'an end without name and address')
