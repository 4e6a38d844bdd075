// One rule of a Calico policy or profile, with the combinations that Calico's API refuses.
import { readEntity, unknownConditions } from './calico-entity.ts'
import {
  child,
  fail,
  isPresent,
  type Place,
  readList,
  readObject,
  readText,
  readTexts,
  readWhole,
  readWord,
  required,
  unknownMembers,
} from './place.ts'
import type { Direction, Entity, HttpMatch, HttpPath, IcmpMatch, Rule, RuleAction } from './policy.ts'
import { protocolNumbers, readProtocol } from './ports.ts'

const ruleKeys = [
  'action',
  'ipVersion',
  'protocol',
  'notProtocol',
  'icmp',
  'notICMP',
  'source',
  'destination',
  'http',
  'metadata',
]

const actions: Readonly<Record<'Allow' | 'Deny' | 'Pass' | 'Log', RuleAction>> = {
  Allow: 'allow',
  Deny: 'deny',
  Pass: 'pass',
  Log: 'log',
}

const { tcp, udp, sctp, icmp, icmpv6 } = protocolNumbers
const withPorts: readonly (number | undefined)[] = [tcp, udp, sctp]

function readIcmp(place: Place, protocol: number | undefined): IcmpMatch | undefined {
  const object = readObject(place, ['type', 'code'])
  if (!object) return undefined
  if (protocol !== icmp && protocol !== icmpv6) return fail(place, 'needs protocol ICMP or ICMPv6')
  const type = readWhole(child(object, 'type'), 0, 254)
  const code = readWhole(child(object, 'code'), 0, 255)
  if (code !== undefined && type === undefined) return fail(child(object, 'code'), 'needs a type beside it')
  return { ...(type !== undefined && { type }), ...(code !== undefined && { code }) }
}

function readPath(place: Place): HttpPath | undefined {
  const object = readObject(place, ['exact', 'prefix'])
  if (!object) return undefined
  const exact = readText(child(object, 'exact'))
  const prefix = readText(child(object, 'prefix'))
  if ((exact === undefined) === (prefix === undefined)) return fail(place, 'want either exact or prefix')
  return exact === undefined ? { prefix: prefix ?? '' } : { exact }
}

const mostHttp = 20

function readHttp(place: Place, direction: Direction, action: RuleAction): HttpMatch | undefined {
  const object = readObject(place, ['methods', 'paths', 'headers'])
  if (!object) return undefined
  if (direction !== 'ingress' || action !== 'allow')
    return fail(place, 'is allowed in ingress rules with action Allow only')
  const methods = readTexts(child(object, 'methods'), mostHttp)
  const paths = readList(child(object, 'paths'), mostHttp)?.flatMap((entry) => readPath(entry) ?? [])
  return { ...(methods && { methods }), ...(paths && { paths }) }
}

const isNumeric = (entity: Entity) =>
  [...(entity.ports ?? []), ...(entity.notPorts ?? [])].some((port) => 'from' in port)

function checkPorts(place: Place, rule: Rule): void {
  const protocol = rule.protocols?.[0]
  if (protocol !== undefined && withPorts.includes(protocol)) return
  for (const side of ['source', 'destination'] as const)
    if (isNumeric(rule[side])) fail(child(place, side), 'numeric ports need protocol TCP, UDP or SCTP')
}

/** What does not belong to matching: the rule's annotations, of which `name` is shown to people. */
function readName(place: Place): string | undefined {
  const { value } = child(child(child(place, 'metadata'), 'annotations'), 'name')
  return typeof value === 'string' ? value : undefined
}

/** Parts of a rule that may demand more than is read here. */
function unevaluatedParts(rule: Place): readonly string[] {
  return [
    ...unknownMembers(rule, ruleKeys),
    ...(['source', 'destination'] as const).flatMap((side) =>
      unknownConditions(child(rule, side)).map((key) => `${side}.${key}`),
    ),
    ...(isPresent(child(child(rule, 'http'), 'headers')) ? ['http.headers'] : []),
  ]
}

export function readCalicoRule(
  place: Place,
  namespace: string | undefined,
  direction: Direction,
  number: number,
): Rule | undefined {
  const object = readObject(place, ruleKeys)
  if (!object) return fail(place, 'want a rule')
  const word = required(child(object, 'action'), (at) => readWord(at, ['Allow', 'Deny', 'Pass', 'Log']))
  if (!word) return undefined
  const action = actions[word]
  const ipVersion = readWhole(child(object, 'ipVersion'), 4, 6)
  if (ipVersion === 5) fail(child(object, 'ipVersion'), 'want 4 or 6')
  const protocol = readProtocol(child(object, 'protocol'))
  const notProtocol = readProtocol(child(object, 'notProtocol'))
  const icmpMatch = readIcmp(child(object, 'icmp'), protocol)
  const notIcmp = readIcmp(child(object, 'notICMP'), protocol)
  const http = readHttp(child(object, 'http'), direction, action)
  const name = readName(object)
  const unevaluated = unevaluatedParts(object)
  const rule: Rule = {
    action,
    origin: `${direction}[${number}]`,
    number,
    ...(name !== undefined && { name }),
    ...((ipVersion === 4 || ipVersion === 6) && { ipVersion }),
    ...(protocol !== undefined && { protocols: [protocol] }),
    ...(notProtocol !== undefined && { notProtocols: [notProtocol] }),
    ...(icmpMatch && { icmp: icmpMatch }),
    ...(notIcmp && { notIcmp }),
    source: readEntity(child(object, 'source'), namespace, direction, 'source'),
    destination: readEntity(child(object, 'destination'), namespace, direction, 'destination'),
    ...(http && { http }),
    ...(unevaluated.length > 0 && { unevaluated }),
  }
  checkPorts(object, rule)
  return rule
}

const mostRules = 1024

/** The rules of one direction; undefined when the member is absent. */
export function readCalicoRules(
  holder: Place,
  namespace: string | undefined,
  direction: Direction,
): readonly Rule[] | undefined {
  return readList(child(holder, direction), mostRules)?.flatMap(
    (entry, number) => readCalicoRule(entry, namespace, direction, number) ?? [],
  )
}
