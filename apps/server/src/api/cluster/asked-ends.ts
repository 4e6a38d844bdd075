// Who is meant by an end that somebody wrote: a pod, a workload (one of its pods stands for all), a service, a host endpoint
// or node, an address, or a domain name. What must stay true: a name that nobody ever had is an error, never an answer.
import { networkName, parseIp } from '@margay/model'
import type { Address, FlowEnd } from '@margay/policy'
import { contains, parseAddress, parseCidr, podKey, printAddress } from '@margay/policy'
import { ApiError } from '../../http/problem.ts'
import type { AsOfState } from './as-of.ts'
import { endpointsOf } from './endpoint-list.ts'
import type { MeantEnd, MeantEnds, Place } from './flow-ends.ts'
import { apart } from './flow-ends.ts'
import { nearNames } from './near-names.ts'
import { addressesOfDomain, wasThere } from './past-names.ts'
import { addressesOfService, servicesOfAddress } from './service-ends.ts'
import type { ClusterState } from './state.ts'
import type { TrafficDeps } from './traffic.ts'

type Member = 'source' | 'destination'

/** An end as it was written; one that goes by a domain name may have several addresses, of which `end` has the last seen. */
export interface AskedEnd extends MeantEnd {
  readonly domain?: { readonly name: string; readonly ends: readonly FlowEnd[] }
}

/** What is known, and whom to ask for more. */
interface Known extends AsOfState {
  readonly traffic: TrafficDeps
}

const plainText = (text: string) => /^\[(.*)\]$/.exec(text)?.[1] ?? text

const podsWord = (count: number) => `${count} ${count === 1 ? 'pod' : 'pods'}`

/** One pod of a workload: they are made alike, so that one stands for all. */
async function podOfWorkload(
  state: ClusterState,
  member: string,
  { namespace, name }: Place,
): Promise<MeantEnd | undefined> {
  const pods = (await endpointsOf(state))
    .map(({ endpoint }) => endpoint)
    .filter((endpoint) => endpoint.namespace === namespace && endpoint.workload?.name === name)
  const [first, second] = pods.map((pod) => pod.name).sort()
  if (first === undefined) return undefined
  const [kind, ...others] = [...new Set(pods.map(({ workload }) => workload!.kind))]
  if (others.length > 0) {
    const kinds = [kind, ...others].join(' and a ')
    throw new ApiError('bad_request', `${member} "${namespace}/${name}" is a ${kinds}`, {
      hint: 'name one of the pods',
    })
  }
  const meant = (pod: string, words: string): MeantEnd => ({
    end: { pod: `${namespace}/${pod}` },
    note: `${namespace}/${name} is a ${kind} of ${podsWord(pods.length)}; judged as ${pod}${words}`,
  })
  const another = second === undefined ? {} : { another: meant(second, ', another pod than the other end') }
  return { ...meant(first, ''), ...another }
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

async function namesOf(state: ClusterState): Promise<readonly string[]> {
  const endpoints = (await endpointsOf(state)).map(({ endpoint }) => endpoint)
  return endpoints.flatMap(({ namespace, name, workload }) =>
    namespace === undefined ? [] : [`${namespace}/${workload?.name ?? name}`, `${namespace}/${name}`],
  )
}

const hintOf = (near: readonly string[]) => ({
  hint: near.length > 0 ? `near it: ${near.join(', ')}` : '"margay endpoints" lists the pods of a moment',
})

/** Throws where pods are read and nothing was ever called so: it is misspelt. */
async function checkName({ state, unseen, traffic }: Known, member: string, place: Place): Promise<void> {
  const arePodsRead = state.snapshot.pods.length > 0 && !unseen.some(({ kind }) => kind === 'Pod')
  if (!arePodsRead || (await wasThere(place, traffic))) return
  const near = nearNames(podKey(place), await namesOf(state))
  const detail = `${member} "${podKey(place)}": no pod, workload or service of that name is known`
  throw new ApiError('not_found', detail, hintOf(near))
}

async function namedPod(known: Known, member: Member, place: Place): Promise<MeantEnd> {
  const { state } = known
  const key = podKey(place)
  if (state.prepared.lookup.pod(key)) return { end: { pod: key } }
  const found = await podOfWorkload(state, member, place)
  if (found) return found
  if (member === 'destination') {
    const [address] = addressesOfService(state, place) ?? []
    if (address) return { end: { address } }
  }
  checkNamespace(state, member, place)
  await checkName(known, member, place)
  return { end: { pod: key }, note: `no pod and no workload ${key} is known of that moment` }
}

/** The service's own address, by which clients dial it. */
function namedService(state: ClusterState, member: Member, place: Place): MeantEnd {
  const key = podKey(place)
  if (member === 'source') {
    throw new ApiError('bad_request', `source "svc/${key}": a service starts nothing`, {
      hint: 'name a pod or workload',
    })
  }
  const addresses = addressesOfService(state, place)
  if (!addresses) {
    const near = nearNames(
      key,
      state.versions.filter(({ kind }) => kind === 'Service').map(({ namespace, name }) => `${namespace}/${name}`),
    )
    throw new ApiError('not_found', `destination "svc/${key}": no service of that name is known`, hintOf(near))
  }
  const [address] = addresses
  if (address) return { end: { address } }
  throw new ApiError('bad_request', `destination "svc/${key}": the service has no address of its own`, {
    hint: 'clients dial its pods; name one of them',
  })
}

/** Some clouds give pods addresses of this block, which is nobody's in the Internet. */
const sharedSpace = parseCidr('100.64.0.0/10')!

const isPrivate = (address: Address): boolean =>
  contains(sharedSpace, address) || networkName(parseIp(printAddress(address))!) === 'pvt'

/** Whether an object says whose an address is, if only that some pod has had it. */
function isSaid(state: ClusterState, address: Address): boolean {
  const { snapshot, prepared } = state
  const { lookup } = prepared
  if (lookup.podAt(address) ?? lookup.nodeAt(address)) return true
  if (lookup.hostEndpointsAt(address).length > 0) return true
  return (
    snapshot.options.podBlocks.some((block) => contains(block, address)) || servicesOfAddress(state, address).length > 0
  )
}

/** An address alone. Of a private one that is nobody's it is said that it may have been a pod's, where blocks are not told. */
function endAtAddress(state: ClusterState, member: Member, address: Address): MeantEnd {
  const [service] = member === 'source' ? servicesOfAddress(state, address) : []
  if (service) {
    const { namespace, name } = service
    return { end: { address }, note: `${printAddress(address)} is service ${namespace}/${name}, which starts nothing` }
  }
  if (!isPrivate(address) || isSaid(state, address)) return { end: { address } }
  const note = `no pod, service, host or node known of that moment has ${printAddress(address)}; judged as an address outside the cluster`
  return { end: { address }, note }
}

/** A node that objects tell of, if only because pods run on it. */
const isNode = ({ snapshot, prepared }: ClusterState, name: string): boolean =>
  prepared.lookup.node(name) !== undefined || snapshot.pods.some(({ node }) => node === name)

const domainPattern = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*\.?$/i

/** Whoever clients found under a domain name in the hour before. */
async function endOfDomain({ asOf, traffic }: Known, member: Member, text: string): Promise<AskedEnd> {
  const domain = text.toLowerCase().replace(/\.$/, '')
  if (member === 'source') {
    throw new ApiError('bad_request', `source "${text}": a domain name is only known of a destination`, {
      hint: 'write its address',
    })
  }
  const domains = [domain]
  const ends = (await addressesOfDomain(domain, asOf.at, traffic)).map((address): FlowEnd => ({ address, domains }))
  if (ends[0]) return { end: ends[0], domain: { name: domain, ends } }
  const note = `no flow to ${domain} was seen in the hour before, so its addresses are not known`
  return { end: { unnamed: domain, domains }, note }
}

/**
 * Reads `namespace/pod`, `namespace/workload`, `svc/namespace/service`, an address, the name of a host endpoint or node, or a
 * domain name. Throws with what was wanted.
 */
async function readEnd(known: Known, member: Member, text: string): Promise<AskedEnd> {
  const { state } = known
  const address = parseAddress(plainText(text))
  if (address) return endAtAddress(state, member, address)
  const [, prefix, namespace, name] = /^(?:(svc)\/)?([^/\s]+)\/([^/\s]+)$/.exec(text) ?? []
  if (namespace !== undefined && name !== undefined) {
    const place = { namespace, name }
    return prefix === undefined ? namedPod(known, member, place) : namedService(state, member, place)
  }
  if (state.prepared.lookup.hostEndpoint(text)) return { end: { hostEndpoint: text } }
  if (isNode(state, text)) return { end: { node: text } }
  if (domainPattern.test(text)) return endOfDomain(known, member, text)
  throw new ApiError('bad_request', `cannot read ${member} "${text}"`, {
    hint: 'write namespace/pod, namespace/workload, svc/namespace/service, an address, a node, a host endpoint, or a domain name',
  })
}

/** Both ends as they were written; a workload reaches itself from one of its pods to another. */
export async function readEnds(
  known: AsOfState,
  written: { readonly source: string; readonly destination: string },
  traffic: TrafficDeps,
): Promise<MeantEnds<AskedEnd>> {
  const source = await readEnd({ ...known, traffic }, 'source', written.source)
  const destination = await readEnd({ ...known, traffic }, 'destination', written.destination)
  return apart(known.state, { source, destination })
}
