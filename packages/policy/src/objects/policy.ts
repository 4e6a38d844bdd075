// The normal form of every policy kind: Calico's model, which holds the others. Parsers make it, evaluators read it, and
// nothing behind this folder asks which kind of object a rule came from. Selectors of a rule are complete: namespace and
// service-account selectors are folded into them as conditions on inherited labels (see `evaluate/labels.ts`).
import type { PolicyHitKind } from '@margay/model'
import type { Cidr } from '../net/address.ts'
import type { Selector } from '../selector/ast.ts'

export type Direction = 'ingress' | 'egress'

export type RuleAction = 'allow' | 'deny' | 'pass' | 'log'

/** A port by number or range, both ends included, or by the name that a container gives it. */
export type PortMatch = { readonly from: number; readonly to: number } | { readonly name: string }

export interface IcmpMatch {
  readonly type?: number
  readonly code?: number
}

/** Who else there is besides pods: Cilium's entities. */
export type EntityClass =
  | 'all'
  | 'world'
  | 'world-ipv4'
  | 'world-ipv6'
  | 'cluster'
  | 'host'
  | 'remote-node'
  | 'kube-apiserver'
  | 'none'

/** A DNS name, lower case without final dot, in which `*` stands for any run of characters that the dialect allows. */
export interface DomainPattern {
  readonly text: string
  /** Calico's `*` spans labels, Cilium's stays within one, and a leading `**.` of Cilium spans several. */
  readonly dialect: 'calico' | 'cilium'
}

export interface ServiceRef {
  readonly namespace: string
  readonly name: string
}

/** What a rule demands of one end. Everything set must hold; within a list, any entry. */
export interface Entity {
  /** The address belongs to an endpoint, or lies in a network set, whose labels match. */
  readonly selector?: Selector
  /** The address belongs to nothing whose labels match; addresses that nobody knows pass. */
  readonly notSelector?: Selector
  readonly nets?: readonly Cidr[]
  readonly notNets?: readonly Cidr[]
  /** Cilium: blocks never stand for pods and nodes. */
  readonly netsAreOutside?: true
  readonly classes?: readonly EntityClass[]
  readonly services?: ServiceRef
  readonly domains?: readonly DomainPattern[]
  readonly ports?: readonly PortMatch[]
  readonly notPorts?: readonly PortMatch[]
}

export type HttpPath = { readonly exact: string } | { readonly prefix: string }

export interface HttpMatch {
  readonly methods?: readonly string[]
  readonly paths?: readonly HttpPath[]
}

export interface Rule {
  readonly action: RuleAction
  /** Where it stands in the object: `ingress[0]`, or `ingress[0].from[1]` when one rule became several. */
  readonly origin: string
  /** Position among the author's rules of this direction, counted from 0. */
  readonly number: number
  /** The author's name for the rule, where the kind has one. */
  readonly name?: string
  readonly ipVersion?: 4 | 6
  /** Any of them. */
  readonly protocols?: readonly number[]
  readonly notProtocols?: readonly number[]
  readonly icmp?: IcmpMatch
  readonly notIcmp?: IcmpMatch
  readonly source: Entity
  readonly destination: Entity
  readonly http?: HttpMatch
  /** Parts that cannot be evaluated here; where everything else matches, the answer is unknown. */
  readonly unevaluated?: readonly string[]
}

/** Policies that apply to host endpoints only, before tracking or before address translation. */
export type Stage = 'untracked' | 'pre-dnat' | 'normal'

export interface Policy {
  readonly kind: PolicyHitKind
  readonly namespace?: string
  readonly name: string
  /** Which entry of `specs` this is, where one object holds several. */
  readonly part?: number
  readonly staged: boolean
  readonly tier: string
  /** Infinity when the object states none. */
  readonly order: number
  readonly subject: Selector
  /** Rules in order; a direction that is absent is not covered by the policy. The index is the one in traces. */
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
  /** Directions in which selection alone denies what no rule allows; only Cilium lets an author say no. */
  readonly isolates: { readonly ingress: boolean; readonly egress: boolean }
  readonly stage: Stage
  readonly applyOnForward: boolean
  /** The object as it was given, unknown fields included. */
  readonly source: Readonly<Record<string, unknown>>
}

export const anyEnd: Entity = {}

/** `CalicoNetworkPolicy shop/web`, unique within a snapshot. */
export function policyKey(policy: Pick<Policy, 'kind' | 'namespace' | 'name' | 'staged' | 'part'>): string {
  const name = policy.namespace ? `${policy.namespace}/${policy.name}` : policy.name
  return `${policy.staged ? 'Staged' : ''}${policy.kind} ${name}${policy.part ? `#${policy.part}` : ''}`
}

export const rulesOf = (policy: Policy, direction: Direction) => policy[direction]
