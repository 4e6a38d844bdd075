// Who is meant by a record's end, whose pod may have been aggregated away; and what both ends, written or recorded, are to each
// other: a workload reaches itself from one of its pods to another.
import type { Row } from '@margay/model'
import type { Address, FlowEnd } from '@margay/policy'
import { parseAddress, podKey, printAddress } from '@margay/policy'
import { goneTitle, isSaidGone } from '../../judge/gone.ts'
import { aggregatedNamesOf } from './pod-workloads.ts'
import type { ClusterState } from './state.ts'

export interface MeantEnd {
  readonly end: FlowEnd
  /** What was taken for granted. */
  readonly note?: string
  /** Who stands for the end where the other end is this very pod. */
  readonly another?: MeantEnd
}

export interface Place {
  readonly namespace: string
  readonly name: string
}

export interface MeantEnds<M extends MeantEnd = MeantEnd> {
  readonly source: MeantEnd
  readonly destination: M
}

function podOf({ prepared: { lookup } }: ClusterState, { pod, address }: FlowEnd): string | undefined {
  const found = pod === undefined && address ? lookup.podAt(address) : undefined
  return found ? podKey(found) : pod
}

/**
 * The ends, of two pods where both were taken for the same one and either may be another. A pod that was meant itself stays, and
 * so does the only one of its workload: these reach themselves.
 */
export function apart<M extends MeantEnd>(state: ClusterState, ends: MeantEnds<M>): MeantEnds<M | MeantEnd> {
  const { source, destination } = ends
  const pod = podOf(state, source.end)
  if (pod === undefined || pod !== podOf(state, destination.end)) return ends
  if (destination.another) return { source, destination: destination.another }
  return source.another ? { source: source.another, destination } : ends
}

type Side = 'source' | 'dest'

const textOf = (row: Row, field: string): string | undefined => {
  const value = row[field]
  return typeof value === 'string' && value !== '-' && value !== '' && value !== '*' ? value : undefined
}

/** Whether records aggregate a pod under a name. */
function isOfWorkload(state: ClusterState, pod: Place, workload: Place): boolean {
  const { namespace, name } = pod
  const version = state.find({ group: '', kind: 'Pod', namespace, name })
  return namespace === workload.namespace && version !== undefined && aggregatedNamesOf(version).includes(workload.name)
}

/** A pod of those that a record names together. */
function podOfWorkloadName(state: ClusterState, { namespace, name }: Place, address: Address | undefined): MeantEnd {
  const owner = address && state.prepared.lookup.podAt(address)
  if (owner && isOfWorkload(state, owner, { namespace, name })) return { end: { pod: podKey(owner), address } }
  const found = state.podsOf(`${namespace}/${name}`)
  if (!found) return { end: { pod: `${namespace}/${name}`, ...(address && { address }) } }
  const { first, second, count } = found
  const meant = (pod: string): MeantEnd => ({
    end: { pod },
    note: `the record names only ${namespace}/${name}; judged as ${pod.slice(namespace.length + 1)}, one of ${count}`,
  })
  // A record of a workload with itself is of two of its pods. Of the one that is gone nothing is known but its name.
  return { ...meant(first), another: second === undefined ? { end: { pod: `${namespace}/${name}` } } : meant(second) }
}

/** One end of a record, by whatever it says of it. */
function endOfRow(state: ClusterState, row: Row, side: Side): MeantEnd {
  const type = textOf(row, `${side}_type`) ?? 'wep'
  const namespace = textOf(row, `${side}_namespace`)
  const name = textOf(row, `${side}_name`) ?? textOf(row, `${side}_name_aggr`)
  const address = parseAddress(textOf(row, `${side}_ip`) ?? '')
  const at = address ? { address } : {}
  if (type === 'wep' && namespace !== undefined && name !== undefined) {
    if (name.endsWith('*')) return podOfWorkloadName(state, { namespace, name }, address)
    return { end: { pod: `${namespace}/${name}`, ...at } }
  }
  if (type === 'hep' && name !== undefined) {
    const { lookup } = state.prepared
    const isHostEndpoint = lookup.node(name) === undefined && lookup.hostEndpoint(name) !== undefined
    // A node's own traffic is that, whichever of the node's addresses it has: a bridge's lies among the pods'.
    return { end: isHostEndpoint ? { hostEndpoint: name, ...at } : { node: name, ...at } }
  }
  const ip = address && printAddress(address)
  // To take it for somebody outside would be a guess: what it was is not known any more.
  if (ip !== undefined && isSaidGone(row.evidence_missing, ip)) return { end: { unnamed: goneTitle(ip), ...at } }
  return { end: at }
}

const listOf = (row: Row, field: string): readonly string[] => {
  const value = row[field]
  return Array.isArray(value) ? value.map(String) : []
}

/** The names by which a record's client came to the destination; nothing where it asked for none. */
export function namesOfRow(row: Row): Pick<FlowEnd, 'domains' | 'aliases'> {
  const [domains, aliases] = [listOf(row, 'dest_domains'), listOf(row, 'dest_domain_aliases')]
  return { ...(domains.length > 0 && { domains }), ...(aliases.length > 0 && { aliases }) }
}

/** Both ends of a record. */
export const endsOfRow = (state: ClusterState, row: Row): MeantEnds =>
  apart(state, { source: endOfRow(state, row, 'source'), destination: endOfRow(state, row, 'dest') })

/** The end by the name or address that is known of it. */
export function endWords({ pod, hostEndpoint, node, unnamed, address }: FlowEnd): string {
  const name = pod ?? hostEndpoint ?? (node === undefined ? unnamed : `node ${node}`)
  return name ?? (address ? printAddress(address) : 'an end without name and address')
}
