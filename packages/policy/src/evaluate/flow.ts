// The question and its answer as values.
import type { PolicyHit } from '@margay/model'
import type { Address } from '../net/address.ts'
import type { Direction, Policy, Rule } from '../objects/policy.ts'

/** One end of a flow, by whatever is known of it: name, address, or both. */
export interface FlowEnd {
  /** `namespace/name`. */
  readonly pod?: string
  /** Name of a HostEndpoint, where the flow's end is known to be one. */
  readonly hostEndpoint?: string
  /** Name of the node whose own traffic it is, where that is known by more than the address. */
  readonly node?: string
  /** Somebody of ours about whom nothing is known but this, for people: `the pod that had 10.0.0.7`. */
  readonly unnamed?: string
  readonly address?: Address
  /** The address is nobody's that objects tell of, whoever may be said to have it now. */
  readonly isNobodys?: true
  /** Names that the client asked for, which led it to this address. Where there are any, no other name did. */
  readonly domains?: readonly string[]
  /** Names between one of those and the address: the answer went on by CNAME records. */
  readonly aliases?: readonly string[]
}

/** A forwarding host endpoint that the flow passes on its way. */
export interface ForwardHop {
  readonly hostEndpoint: string
  readonly direction: Direction
  /** Destination as it was before address translation; the flow's own where absent. */
  readonly beforeDnat?: { readonly address: Address; readonly port?: number }
}

export interface Flow {
  readonly source: FlowEnd
  readonly destination: FlowEnd
  /** IP protocol number. */
  readonly protocol: number
  readonly sourcePort?: number
  /** The destination's port; absent for protocols without. */
  readonly port?: number
  readonly icmp?: { readonly type: number; readonly code: number }
  readonly http?: { readonly method: string; readonly path: string }
  readonly via?: readonly ForwardHop[]
}

export type Verdict = 'allow' | 'deny' | 'unknown'

/** Whether staged policies count. */
export type Mode = 'enforced' | 'pending'

/** Something that would have to be known to tell. */
export interface MissingFact {
  readonly kind: 'endpoint' | 'labels' | 'address' | 'port' | 'icmp' | 'http' | 'domain' | 'service' | 'unevaluated'
  /** `labels of pod shop/web`. */
  readonly text: string
}

/** What decided one direction, as data for explanations. */
export type Decision =
  | { readonly by: 'rule'; readonly policy: Policy; readonly rule: Rule; readonly index: number }
  /** No rule matched; `isolating` are the policies that made the tier apply, in order. */
  | { readonly by: 'end-of-tier'; readonly tier: string; readonly isolating: readonly Policy[] }
  | { readonly by: 'profile'; readonly profile: string; readonly index: number | 'none' }
  /** No policy was asked: host to its own pod, failsafe ports, traffic that nothing forwards under policy. */
  | { readonly by: 'exemption'; readonly reason: string }
  | { readonly by: 'missing-fact' }

/** One direction at one endpoint. */
export interface DirectionResult {
  readonly direction: Direction
  /** `pod shop/web`, `host endpoint node1-eth0`. */
  readonly endpoint: string
  readonly verdict: Verdict
  /** Hits in order of evaluation; where the verdict is unknown, those before the uncertain one. */
  readonly trace: readonly PolicyHit[]
  readonly decision: Decision
  /** Empty unless something was missing on the way; present also where the verdict is the same either way. */
  readonly missing: readonly MissingFact[]
}

export interface Evaluation {
  readonly verdict: Verdict
  /** Egress at the source; absent where the source is no endpoint under policy. */
  readonly source?: DirectionResult
  /** Ingress at the destination; absent where the destination is no endpoint under policy. */
  readonly destination?: DirectionResult
  /** Forwarding host endpoints, in the flow's order. */
  readonly hops: readonly DirectionResult[]
  readonly missing: readonly MissingFact[]
}
