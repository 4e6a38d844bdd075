// Whether a rule matches a flow: everything that it sets must hold.
import type { IcmpMatch, Rule } from '../objects/policy.ts'
import { protocolNumbers } from '../objects/ports.ts'
import { allOf, type Answer, type Condition, type Miss, negate } from './answer.ts'
import type { Ends } from './ends.ts'
import type { Flow } from './flow.ts'
import { matchHttp } from './http.ts'
import type { Lookup } from './lookup.ts'
import { matchEntity } from './match-entity.ts'

const { icmp, icmpv6 } = protocolNumbers

function matchIcmp(want: IcmpMatch, flow: Flow, miss: Miss): Answer {
  if (flow.protocol !== icmp && flow.protocol !== icmpv6) return false
  if (want.type === undefined) return true
  if (!flow.icmp) {
    miss({ kind: 'icmp', text: 'ICMP type and code of the flow' })
    return undefined
  }
  return flow.icmp.type === want.type && (want.code === undefined || flow.icmp.code === want.code)
}

function matchFamily(version: 4 | 6, ends: Ends, miss: Miss): Answer {
  if (ends.family === undefined) miss({ kind: 'address', text: 'IP version of the flow' })
  return ends.family && ends.family === version
}

function matchRequest(rule: Rule, flow: Flow, miss: Miss): Answer {
  if (!rule.http) return true
  if (flow.http) return matchHttp(rule.http, flow.http)
  miss({ kind: 'http', text: 'HTTP request of the flow' })
  return undefined
}

/** The answer, and through `miss` the facts that would be needed where there is none. */
export function matchRule(rule: Rule, flow: Flow, ends: Ends, lookup: Lookup, miss: Miss): Answer {
  const { protocols, notProtocols, icmp: icmpMatch, notIcmp, ipVersion, unevaluated } = rule
  const conditions: Condition[] = []
  if (protocols) conditions.push(() => protocols.includes(flow.protocol))
  if (notProtocols) conditions.push(() => !notProtocols.includes(flow.protocol))
  if (ipVersion) conditions.push((note) => matchFamily(ipVersion, ends, note))
  if (icmpMatch) conditions.push((note) => matchIcmp(icmpMatch, flow, note))
  if (notIcmp) conditions.push((note) => negate(matchIcmp(notIcmp, flow, note)))
  const source = { end: ends.source, port: flow.sourcePort, isDestination: false }
  const destination = { end: ends.destination, port: flow.port, isDestination: true }
  conditions.push(
    (note) => matchEntity(rule, flow, source, ends.destination, lookup, note),
    (note) => matchEntity(rule, flow, destination, ends.source, lookup, note),
    (note) => matchRequest(rule, flow, note),
  )
  if (unevaluated)
    conditions.push((note) => {
      for (const part of unevaluated) note({ kind: 'unevaluated', text: part })
      return undefined
    })
  return allOf(conditions, miss)
}
