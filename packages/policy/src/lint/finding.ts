// What a check gives back, and what it is given.
import { judgeSelector } from '../evaluate/labels.ts'
import { createLookup, type Lookup } from '../evaluate/lookup.ts'
import { type Direction, type Policy, policyKey, type Rule } from '../objects/policy.ts'
import { podKey, type Snapshot } from '../objects/snapshot.ts'
import type { Selector } from '../selector/ast.ts'

export type LintCheck =
  | 'invalid'
  | 'selects-nothing'
  | 'peer-selects-nothing'
  | 'shadowed-rule'
  | 'unreachable-rule'
  | 'unknown-port-name'
  | 'empty-rule-means-everything'
  | 'empty-rule-means-nothing'
  | 'order-tie'
  | 'unknown-tier'
  | 'rules-without-type'

export interface Finding {
  readonly check: LintCheck
  readonly severity: 'error' | 'warning' | 'note'
  /** `KubernetesNetworkPolicy shop/web`. */
  readonly policy: string
  /** Where in the object, as far as it is one place: `ingress[0]`. */
  readonly path: string
  readonly message: string
}

export interface LintContext {
  readonly snapshot: Snapshot
  readonly lookup: Lookup
  /** Titles of endpoints that a selector matches, or may. */
  readonly selected: (selector: Selector) => ReadonlySet<string>
}

/** One check: from the snapshot to findings. */
export type Check = (context: LintContext) => readonly Finding[]

export const directions = ['ingress', 'egress'] as const

/** Remembers what selectors select, because many rules share them. */
export function createContext(snapshot: Snapshot): LintContext {
  const lookup = createLookup(snapshot)
  const labelled = [
    ...snapshot.pods
      .filter((pod) => !pod.hostNetwork)
      .map((pod) => ({ title: `pod ${podKey(pod)}`, known: lookup.cardOf(pod).known })),
    ...snapshot.hostEndpoints.map((host) => ({
      title: `host endpoint ${host.name}`,
      known: lookup.hostLabelsOf(host),
    })),
  ]
  const remembered = new Map<Selector, ReadonlySet<string>>()
  return {
    snapshot,
    lookup,
    selected: (selector) => {
      const found =
        remembered.get(selector) ??
        new Set(labelled.filter(({ known }) => judgeSelector(selector, known) !== false).map(({ title }) => title))
      remembered.set(selector, found)
      return found
    },
  }
}

export function finding(
  check: LintCheck,
  severity: Finding['severity'],
  policy: Policy,
  path: string,
  message: string,
): Finding {
  return { check, severity, policy: policyKey(policy), path, message }
}

/** A rule and where it stands. */
export interface RuleAt {
  readonly policy: Policy
  readonly direction: Direction
  readonly rule: Rule
  readonly index: number
}

export const rulesIn = (policy: Policy): readonly RuleAt[] =>
  directions.flatMap((direction) =>
    (policy[direction] ?? []).map((rule, index) => ({ policy, direction, rule, index })),
  )

/** Policies that are walked one after the other; Cilium's are a union, and host stages stand apart. */
export const isOrdered = (policy: Policy) => !policy.kind.startsWith('Cilium') && policy.stage === 'normal'
