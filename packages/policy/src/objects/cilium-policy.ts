// CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (cilium.io/v2), from Cilium's documentation "Policy language" and
// "Layer 3 / Layer 4 policy": allow rules of all policies are a union, deny rules go before them, and a policy with rules
// in a direction isolates its endpoints there. `enableDefaultDeny` says otherwise either way. What stands here and is not evaluated
// (layer 7, services, groups, nodes, authentication) is named in the rule, and verdicts that depend on it are unknown.
import { memberNames, readPeers } from './cilium-peers.ts'
import { readLayer4, type Layer4 } from './cilium-ports.ts'
import { readCiliumSubject } from './cilium-selector.ts'
import { readMeta } from './meta.ts'
import {
  child,
  fail,
  isPresent,
  isRecord,
  type Place,
  readFlag,
  readList,
  readObject,
  required,
  warn,
} from './place.ts'
import { anyEnd, type Direction, type Entity, type Policy, type Rule } from './policy.ts'

/** All policies of a Cilium cluster stand in one group; Calico's word for it keeps traces readable. */
export const ciliumTier = 'default'

/** A rule that says nothing at all matches nothing: it is how Cilium's documents write "deny by default". */
function isEmptyRule(rule: Place, direction: Direction): boolean {
  const { read, unread } = memberNames[direction]
  return ![...read, ...unread, 'toPorts', 'icmps'].some((name) => isPresent(child(rule, name)))
}

function ruleFor(
  direction: Direction,
  action: 'allow' | 'deny',
  base: Pick<Rule, 'origin' | 'number'>,
  peer: Entity,
  layer: Layer4,
  extra: readonly string[],
): Rule {
  const { ports, protocols, icmp, ipVersion } = layer
  const atPorts: Entity = ports ? { ports } : anyEnd
  const unevaluated = [...extra, ...(layer.unevaluated ?? [])]
  return {
    ...base,
    action,
    ...(protocols && { protocols }),
    ...(icmp && { icmp }),
    ...(ipVersion && { ipVersion }),
    source: direction === 'ingress' ? peer : anyEnd,
    destination: direction === 'ingress' ? atPorts : { ...peer, ...atPorts },
    ...(unevaluated.length > 0 && { unevaluated }),
  }
}

function readRule(
  place: Place,
  direction: Direction,
  action: 'allow' | 'deny',
  namespace: string | undefined,
  number: number,
): readonly Rule[] {
  const { read, unread } = memberNames[direction]
  const object = readObject(place, [...read, ...unread, 'toPorts', 'icmps', 'authentication'])
  if (!object || isEmptyRule(object, direction)) return []
  const origin = `${direction}${action === 'deny' ? 'Deny' : ''}[${number}]`
  const peers = readPeers(object, direction, namespace)
  const extra = [...peers.unevaluated, ...(isPresent(child(object, 'authentication')) ? ['authentication'] : [])]
  const layers = readLayer4(object) ?? [{}]
  return layers.flatMap((layer) =>
    peers.entities.map((peer) => ruleFor(direction, action, { origin, number }, peer, layer, extra)),
  )
}

interface Covered {
  /** Absent where the policy has no part in the direction. */
  readonly rules: readonly Rule[] | undefined
  readonly isolates: boolean
}

/**
 * Deny rules first: within the group they go before every allow rule anyway. An empty list is as good as none: it is having
 * a rule that isolates by itself (Cilium's `Rule.Sanitize`), be it one that matches nothing.
 */
function readDirection(spec: Place, direction: Direction, namespace: string | undefined): Covered {
  const denies = readList(child(spec, `${direction}Deny`)) ?? []
  const allows = readList(child(spec, direction)) ?? []
  const hasRules = denies.length + allows.length > 0
  const stated = readObject(child(spec, 'enableDefaultDeny'), ['ingress', 'egress'])
  const isolates = (stated && readFlag(child(stated, direction))) ?? hasRules
  if (!hasRules && !isolates) return { rules: undefined, isolates }
  const rules = [
    ...denies.flatMap((place, number) => readRule(place, direction, 'deny', namespace, number)),
    ...allows.flatMap((place, number) => readRule(place, direction, 'allow', namespace, number)),
  ]
  return { rules, isolates }
}

const specKeys = [
  'endpointSelector',
  'nodeSelector',
  'ingress',
  'ingressDeny',
  'egress',
  'egressDeny',
  'labels',
  'enableDefaultDeny',
  'description',
  'log',
]

function readSpec(root: Place, place: Place, clusterwide: boolean, part: number): Policy | undefined {
  const meta = readMeta(root)
  const spec = readObject(place, specKeys)
  if (!meta || !spec || !isRecord(root.value)) return undefined
  if (isPresent(child(spec, 'nodeSelector'))) {
    warn(child(spec, 'nodeSelector'), 'policies for nodes are not evaluated; they do not concern pods')
    return undefined
  }
  const namespace = clusterwide ? undefined : (meta.namespace ?? 'default')
  const subject = required(child(spec, 'endpointSelector'), (at) => readCiliumSubject(at, namespace))
  if (!subject) return undefined
  const ingress = readDirection(spec, 'ingress', namespace)
  const egress = readDirection(spec, 'egress', namespace)
  return {
    kind: clusterwide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
    ...(namespace !== undefined && { namespace }),
    name: meta.name,
    ...(part > 0 && { part }),
    staged: false,
    tier: ciliumTier,
    order: Infinity,
    subject,
    ...(ingress.rules && { ingress: ingress.rules }),
    ...(egress.rules && { egress: egress.rules }),
    isolates: { ingress: ingress.isolates, egress: egress.isolates },
    stage: 'normal',
    applyOnForward: false,
    source: root.value,
  }
}

/** One policy for `spec` and one for each of `specs`. */
export function readCiliumPolicies(root: Place, clusterwide: boolean): readonly Policy[] {
  const places = [child(root, 'spec'), ...(readList(child(root, 'specs')) ?? [])].filter(isPresent)
  if (places.length === 0) fail(child(root, 'spec'), 'want spec or specs')
  return places.flatMap((place, part) => readSpec(root, place, clusterwide, part) ?? [])
}
