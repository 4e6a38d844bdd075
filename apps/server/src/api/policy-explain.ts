// POST /policies/explain: why a flow, or a record of one, is allowed or denied by the policies of its moment.
import { carriesPorts, printAddress, protocolName, protocolNumber } from '@margay/policy'
import type { PolicyExplanation } from '@margay/wire'
import { ApiError } from '../http/problem.ts'
import { knownStateAsOf } from './cluster/as-of.ts'
import type { AskedFlow } from './cluster/explain-flow.ts'
import { modeOf } from './cluster/explain-flow.ts'
import { explainDialled } from './cluster/explain-service.ts'
import type { MeantEnd } from './cluster/flow-ends.ts'
import { endWords, readEnd } from './cluster/flow-ends.ts'
import type { Dialled } from './cluster/service-ends.ts'
import type { ClusterState } from './cluster/state.ts'
import type { Asked, HandlerDeps, JsonHandler } from './context.ts'
import { explainRecord } from './policy-explain-record.ts'

type Body = Asked<'policyExplain'>['body']
type FlowBody = Exclude<Body, { readonly record: unknown }>

function readProtocol(protocol: string | number): number {
  const number = protocolNumber(protocol)
  if (number) return number
  throw new ApiError('bad_request', `unknown protocol "${protocol}"; one of tcp, udp, sctp, icmp, icmpv6, or a number`)
}

/** The number of the destination's port, which may go by the name that its pod has for it. */
function readPort(port: string | number, { end }: MeantEnd, protocol: number, { prepared }: ClusterState): number {
  if (typeof port === 'number') return port
  if (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) return Number(port)
  const pod = end.pod === undefined ? end.address && prepared.lookup.podAt(end.address) : prepared.lookup.pod(end.pod)
  const named = (pod?.ports ?? []).filter((each) => each.protocol === protocol)
  const found = named.find(({ name }) => name === port)
  if (found) return found.port
  const has = named.map((each) => `${each.name} (${each.port})`).join(', ')
  throw new ApiError('bad_request', `no ${protocolName(protocol)} port "${port}" at ${endWords(end)}`, {
    hint: has === '' ? 'it names no port; give the number' : `it has ${has}`,
  })
}

async function readFlow(state: ClusterState, body: FlowBody): Promise<AskedFlow> {
  const protocol = readProtocol(body.protocol)
  const source = await readEnd(state, 'source', body.source)
  const destination = await readEnd(state, 'destination', body.destination)
  const notes = [source, destination].flatMap(({ note }) => note ?? [])
  const ends = { source: source.end, destination: destination.end, protocol }
  if (!carriesPorts(protocol)) {
    if (body.port === undefined && body.sourcePort === undefined) return { flow: ends, notes }
    throw new ApiError('bad_request', `${protocolName(protocol)} has no ports; leave port out`)
  }
  if (body.port === undefined) {
    throw new ApiError('bad_request', `port is missing; ${protocolName(protocol)} has one`, {
      hint: `write the port of ${body.destination}: a number, or the name that its pod has for it`,
    })
  }
  const port = readPort(body.port, destination, protocol, state)
  return { flow: { ...ends, port, ...(body.sourcePort !== undefined && { sourcePort: body.sourcePort }) }, notes }
}

/** An address that was asked about alone may be a service's. */
function dialledOf({ flow: { destination, port } }: AskedFlow): Dialled | undefined {
  const { pod, hostEndpoint, address } = destination
  if (pod !== undefined || hostEndpoint !== undefined || !address || port === undefined) return undefined
  return { ip: printAddress(address), port }
}

async function explainAsked(body: FlowBody, { states, now }: HandlerDeps): Promise<PolicyExplanation> {
  const known = await knownStateAsOf(states, body.at, now())
  const asked = await readFlow(known.state, body)
  return explainDialled(known, asked, dialledOf(asked), modeOf(body.pending))
}

export const policyExplain: JsonHandler<'policyExplain'> = ({ body }, deps) =>
  'record' in body ? explainRecord(body, deps) : explainAsked(body, deps)
