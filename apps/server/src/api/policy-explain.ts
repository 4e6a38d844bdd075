// POST /policies/explain: why a flow, or a record of one, is allowed or denied by the policies of its moment.
import type { FlowEnd } from '@margay/policy'
import { carriesPorts, printAddress, protocolName, protocolNumber } from '@margay/policy'
import type { PolicyExplanation } from '@margay/wire'
import { ApiError } from '../http/problem.ts'
import type { AsOfState } from './cluster/as-of.ts'
import { knownStateAsOf } from './cluster/as-of.ts'
import type { AskedEnd } from './cluster/asked-ends.ts'
import { readEnds } from './cluster/asked-ends.ts'
import type { AskedFlow } from './cluster/explain-flow.ts'
import { modeOf } from './cluster/explain-flow.ts'
import { explainDialled, explainDomain, explainUnbacked } from './cluster/explain-service.ts'
import type { MeantEnd } from './cluster/flow-ends.ts'
import { endWords } from './cluster/flow-ends.ts'
import type { Dialled } from './cluster/service-ends.ts'
import { checkServicePort, servicePort, unbackedService } from './cluster/service-ends.ts'
import type { ClusterState } from './cluster/state.ts'
import type { Asked, HandlerDeps, JsonHandler } from './context.ts'
import type { TrafficDeps } from './cluster/traffic.ts'
import { explainRecord } from './policy-explain-record.ts'

type Body = Asked<'policyExplain'>['body']
type FlowBody = Exclude<Body, { readonly record: unknown }>

function readProtocol(protocol: string | number): number {
  const number = protocolNumber(protocol)
  if (number) return number
  throw new ApiError('bad_request', `unknown protocol "${protocol}"; one of tcp, udp, sctp, icmp, icmpv6, or a number`)
}

/** The number of the destination's port, which may go by the name that its pod has for it. */
function readPort(port: string | number, { end }: MeantEnd, protocol: number, state: ClusterState): number {
  if (typeof port === 'number') return port
  if (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) return Number(port)
  const { lookup } = state.prepared
  const pod = end.pod === undefined ? end.address && lookup.podAt(end.address) : lookup.pod(end.pod)
  const named = (pod?.ports ?? []).filter((each) => each.protocol === protocol)
  const found =
    named.find(({ name }) => name === port)?.port ?? (end.address && servicePort(state, end.address, port, protocol))
  if (found !== undefined) return found
  const has = named.map((each) => `${each.name} (${each.port})`).join(', ')
  throw new ApiError('bad_request', `no ${protocolName(protocol)} port "${port}" at ${endWords(end)}`, {
    hint: has === '' ? 'it names no port; give the number' : `it has ${has}`,
  })
}

/** A flow as it was asked about; its destination may go by a domain name. */
interface Asking extends AskedFlow {
  readonly domain?: AskedEnd['domain']
}

async function readFlow(known: AsOfState, body: FlowBody, traffic: TrafficDeps): Promise<Asking> {
  const { state } = known
  const protocol = readProtocol(body.protocol)
  const { source, destination } = await readEnds(known, body, traffic)
  const { domain } = destination
  const notes = [source, destination].flatMap(({ note }) => note ?? [])
  const ends = { source: source.end, destination: destination.end, protocol }
  if (!carriesPorts(protocol)) {
    if (body.port === undefined && body.sourcePort === undefined) return { flow: ends, notes, domain }
    throw new ApiError('bad_request', `${protocolName(protocol)} has no ports; leave port out`)
  }
  if (body.port === undefined) {
    throw new ApiError('bad_request', `port is missing; ${protocolName(protocol)} has one`, {
      hint: `write the port of ${body.destination}: a number, or the name that its pod has for it`,
    })
  }
  const port = readPort(body.port, destination, protocol, state)
  const flow = { ...ends, port, ...(body.sourcePort !== undefined && { sourcePort: body.sourcePort }) }
  return { flow, notes, domain }
}

/** Nothing but an address. */
const isBare = ({ pod, hostEndpoint, node, domains }: FlowEnd) => (pod ?? hostEndpoint ?? node ?? domains) === undefined

/** An address that was asked about alone may be a service's. */
function dialledOf({ flow: { destination, port } }: AskedFlow): Dialled | undefined {
  const { address } = destination
  return isBare(destination) && address && port !== undefined ? { ip: printAddress(address), port } : undefined
}

async function explainAsked(body: FlowBody, deps: HandlerDeps, signal: AbortSignal): Promise<PolicyExplanation> {
  const known = await knownStateAsOf(deps.states, body.at, deps.now())
  const asked = await readFlow(known, body, { ...deps, signal })
  const mode = modeOf(body.pending)
  if (asked.domain) return explainDomain(known, asked, asked.domain, mode)
  const { destination, protocol, port } = asked.flow
  if (isBare(destination) && destination.address) checkServicePort(known.state, destination.address, protocol, port)
  const dialled = dialledOf(asked)
  const unbacked = dialled && unbackedService(known.state, dialled, protocol)
  if (unbacked !== undefined) return explainUnbacked(known, unbacked, asked, mode)
  return explainDialled(known, asked, dialled, mode)
}

export const policyExplain: JsonHandler<'policyExplain'> = ({ body, signal }, deps) =>
  'record' in body ? explainRecord(body, deps) : explainAsked(body, deps, signal)
