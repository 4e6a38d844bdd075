// Who is meant by an end that somebody wrote: a pod, a workload (one of its pods stands for all), a host endpoint or an
// address; and by a record's end, whose pod may have been aggregated away.
import type { Row } from '@margay/model'
import { networkName, parseIp } from '@margay/model'
import type { Address, FlowEnd } from '@margay/policy'
import { contains, parseAddress, parseCidr, podKey, printAddress } from '@margay/policy'
import { goneTitle, isSaidGone } from '../../judge/gone.ts'
import { ApiError } from '../../http/problem.ts'
import { endpointsOf } from './endpoint-list.ts'
import { aggregatedNamesOf } from './pod-workloads.ts'
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
async function podOfWorkload(
  state: ClusterState,
  member: string,
  { namespace, name }: Place,
): Promise<MeantEnd | undefined> {
  const pods = (await endpointsOf(state))
    .map(({ endpoint }) => endpoint)
    .filter((endpoint) => endpoint.namespace === namespace && endpoint.workload?.name === name)
  const [first] = pods.map((pod) => pod.name).sort()
  if (first === undefined) return undefined
  const [kind, ...others] = [...new Set(pods.map(({ workload }) => workload!.kind))]
  if (others.length > 0) {
    const kinds = [kind, ...others].join(' and a ')
    throw new ApiError('bad_request', `${member} "${namespace}/${name}" is a ${kinds}`, {
      hint: 'name one of the pods',
    })
  }
  return {
    end: { pod: `${namespace}/${first}` },
    note: `${namespace}/${name} is a ${kind} of ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}; judged as ${first}`,
  }
}

/** Throws where namespaces are known and this is none of them: it is misspelt. */
function checkNamespace({ snapshot }: ClusterState, member: string, { namespace, name }: Place): void {
  if (snapshot.namespaces.length === 0 || snapshot.namespaces.some((each) => each.name === namespace)) return
  throw new ApiError(
    'bad_request',
    `${member} "${namespace}/${name}": the cluster of that moment has no namespace "${namespace}"`,
    {
      hint: 'GET /api/v1/endpoints lists the pods of a moment with their namespaces ("margay endpoints")',
    },
  )
}

async function namedPod(state: ClusterState, member: string, place: Place): Promise<MeantEnd> {
  const key = podKey(place)
  if (state.prepared.lookup.pod(key)) return { end: { pod: key } }
  const found = await podOfWorkload(state, member, place)
  if (found) return found
  checkNamespace(state, member, place)
  return { end: { pod: key }, note: `no pod and no workload ${key} is known of that moment` }
}

/** Some clouds give pods addresses of this block, which is nobody's in the Internet. */
const sharedSpace = parseCidr('100.64.0.0/10')!

const isPrivate = (address: Address): boolean =>
  contains(sharedSpace, address) || networkName(parseIp(printAddress(address))!) === 'pvt'

/** Whether an object says whose an address is, if only that some pod has had it. */
function isSaid({ snapshot, prepared: { lookup } }: ClusterState, address: Address): boolean {
  if (lookup.podAt(address) ?? lookup.nodeAt(address)) return true
  if (lookup.hostEndpointsAt(address).length > 0) return true
  return snapshot.options.podBlocks.some((block) => contains(block, address))
}

/** An address alone. Of a private one that is nobody's it is said that it may have been a pod's, where blocks are not told. */
function endAtAddress(state: ClusterState, address: Address): MeantEnd {
  if (!isPrivate(address) || isSaid(state, address)) return { end: { address } }
  const note = `no pod, host or node known of that moment has ${printAddress(address)}; judged as an address outside the cluster`
  return { end: { address }, note }
}

/** Reads `namespace/pod`, `namespace/workload`, an address, or the name of a host endpoint. Throws with what was wanted. */
export async function readEnd(state: ClusterState, member: string, text: string): Promise<MeantEnd> {
  const address = parseAddress(plainText(text))
  if (address) return endAtAddress(state, address)
  const [, namespace, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(text) ?? []
  if (namespace !== undefined && name !== undefined) return namedPod(state, member, { namespace, name })
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

/** The end by the name or address that is known of it. */
export function endWords({ pod, hostEndpoint, node, unnamed, address }: FlowEnd): string {
  const name = pod ?? hostEndpoint ?? (node === undefined ? unnamed : `node ${node}`)
  return name ?? (address ? printAddress(address) : 'an end without name and address')
}
