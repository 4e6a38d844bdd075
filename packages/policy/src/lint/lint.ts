// Finds what is legal and most likely not meant: policies that select nothing, rules that nothing reaches, names that
// nobody has, rules whose emptiness means everything or nothing, ties that the alphabet decides. One check is one function
// from the snapshot to findings; the list at the end is what runs.
import { judgeSelector } from '../evaluate/labels.ts'
import { createLookup, type Lookup } from '../evaluate/lookup.ts'
import { builtInTiers, comparePolicies } from '../evaluate/order.ts'
import { isRecord, type Issue } from '../objects/place.ts'
import { type Direction, type Entity, type Policy, policyKey, type Rule } from '../objects/policy.ts'
import { podKey, type Snapshot } from '../objects/snapshot.ts'
import type { Selector } from '../selector/ast.ts'
import { portWords, ruleWords, selectorWords } from '../explain/words.ts'
import { matchesEverything, ruleCovers, selectorCovers } from './covers.ts'

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

interface LintContext {
  readonly snapshot: Snapshot
  readonly lookup: Lookup
  /** Titles of endpoints that a selector matches, or may. */
  readonly selected: (selector: Selector) => ReadonlySet<string>
}

type Check = (context: LintContext) => readonly Finding[]

const directions = ['ingress', 'egress'] as const

function createContext(snapshot: Snapshot): LintContext {
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

function finding(
  check: LintCheck,
  severity: Finding['severity'],
  policy: Policy,
  path: string,
  message: string,
): Finding {
  return { check, severity, policy: policyKey(policy), path, message }
}

interface RuleAt {
  readonly policy: Policy
  readonly direction: Direction
  readonly rule: Rule
  readonly index: number
}

const rulesIn = (policy: Policy): readonly RuleAt[] =>
  directions.flatMap((direction) =>
    (policy[direction] ?? []).map((rule, index) => ({ policy, direction, rule, index })),
  )

/** Without pods there is nothing to select, and every policy would be reported. */
const hasEndpoints = ({ snapshot }: LintContext) => snapshot.pods.length + snapshot.hostEndpoints.length > 0

const selectsNothing: Check = (context) =>
  hasEndpoints(context)
    ? context.snapshot.policies
        .filter((policy) => context.selected(policy.subject).size === 0)
        .map((policy) =>
          finding(
            'selects-nothing',
            'warning',
            policy,
            'spec',
            `selects no endpoint: nobody has ${selectorWords(policy.subject)}`,
          ),
        )
    : []

function setMatches(selector: Selector, { snapshot, lookup }: LintContext): boolean {
  return snapshot.networkSets.some((set) => judgeSelector(selector, lookup.setLabels(set)) !== false)
}

const peerSelectsNothing: Check = (context) => {
  if (!hasEndpoints(context)) return []
  const isEmpty = ({ selector }: Entity) =>
    selector && context.selected(selector).size === 0 && !setMatches(selector, context)
  return context.snapshot.policies.flatMap(rulesIn).flatMap(({ policy, rule }) =>
    (['source', 'destination'] as const)
      .filter((side) => isEmpty(rule[side]))
      .map((side) => {
        const words = rule[side].selector ? selectorWords(rule[side].selector) : ''
        return finding(
          'peer-selects-nothing',
          'warning',
          policy,
          rule.origin,
          `${side} matches nobody: no endpoint or network set has ${words}`,
        )
      }),
  )
}

/** Rules after one that covers them. Kubernetes' rules all allow, so there a covered rule is merely said twice. */
const shadowedRules: Check = ({ snapshot }) =>
  snapshot.policies.flatMap((policy) =>
    directions.flatMap((direction) => {
      const rules = policy[direction] ?? []
      return rules.flatMap((rule, index) => {
        const cover = rules.slice(0, index).find((earlier) => earlier.action !== 'log' && ruleCovers(earlier, rule))
        if (!cover) return []
        const effect = cover.action === rule.action ? 'says the same again' : `never takes effect`
        return finding(
          'shadowed-rule',
          'warning',
          policy,
          rule.origin,
          `${effect}: ${cover.origin} (${ruleWords(cover)}) matches first`,
        )
      })
    }),
  )

function stopsEverything(policy: Policy, direction: Direction): boolean {
  return (policy[direction] ?? []).some((rule) => rule.action !== 'log' && matchesEverything(rule))
}

const isOrdered = (policy: Policy) => !policy.kind.startsWith('Cilium') && policy.stage === 'normal'

/** Policies behind one of the same tier that selects at least the same endpoints and lets nothing past. */
const unreachableRules: Check = ({ snapshot }) => {
  const sorted = snapshot.policies.filter(isOrdered).toSorted((a, b) => comparePolicies(a, b, snapshot.options.calico))
  const byTier = Map.groupBy(sorted, (policy) => policy.tier)
  return [...byTier.values()].flatMap((policies) =>
    policies.flatMap((policy, index) =>
      directions
        .filter((direction) => (policy[direction] ?? []).length > 0)
        .flatMap((direction) => {
          const isInFront = (earlier: Policy) =>
            (!earlier.staged || policy.staged) &&
            stopsEverything(earlier, direction) &&
            selectorCovers(earlier.subject, policy.subject)
          const cover = policies.slice(0, index).find(isInFront)
          if (!cover) return []
          return finding(
            'unreachable-rule',
            'warning',
            policy,
            direction,
            `no flow gets here: ${policyKey(cover)} decides everything before`,
          )
        }),
    ),
  )
}

function portOwners({ policy, direction, rule }: RuleAt, context: LintContext): ReadonlySet<string> {
  const { selector } = rule.destination
  if (selector) return context.selected(selector)
  return direction === 'ingress'
    ? context.selected(policy.subject)
    : new Set(context.snapshot.pods.map((pod) => `pod ${podKey(pod)}`))
}

const unknownPortNames: Check = (context) => {
  if (!hasEndpoints(context)) return []
  const { pods, hostEndpoints } = context.snapshot
  const owners = [
    ...pods.map((pod) => ({ title: `pod ${podKey(pod)}`, ports: pod.ports })),
    ...hostEndpoints.map((host) => ({ title: `host endpoint ${host.name}`, ports: host.ports })),
  ]
  return context.snapshot.policies.flatMap(rulesIn).flatMap((at) => {
    const candidates = portOwners(at, context)
    const names = (at.rule.destination.ports ?? []).flatMap((port) => ('name' in port ? port : []))
    return names
      .filter(
        ({ name }) =>
          !owners.some((owner) => candidates.has(owner.title) && owner.ports.some((port) => port.name === name)),
      )
      .map((port) =>
        finding(
          'unknown-port-name',
          'warning',
          at.policy,
          at.rule.origin,
          `${portWords([port])} is a name that none of the endpoints meant has`,
        ),
      )
  })
}

const specOf = (policy: Policy): Readonly<Record<string, unknown>> =>
  isRecord(policy.source.spec) ? policy.source.spec : {}

const isEmptyRule = (rule: unknown) =>
  isRecord(rule) &&
  Object.values(rule).every((member) => member === null || (Array.isArray(member) && member.length === 0))

/** An empty rule is everything to Kubernetes and nothing to Cilium; an empty list of rules is nothing to both. */
const emptyRules: Check = ({ snapshot }) =>
  snapshot.policies.flatMap((policy) => {
    const isCilium = policy.kind.startsWith('Cilium')
    if (policy.kind !== 'KubernetesNetworkPolicy' && !isCilium) return []
    return directions.flatMap((direction) => {
      const rules = specOf(policy)[direction]
      if (policy[direction] === undefined) return []
      if (!Array.isArray(rules) || rules.length === 0)
        return finding(
          'empty-rule-means-nothing',
          'note',
          policy,
          direction,
          `has no ${direction} rule, so it allows none`,
        )
      return rules.flatMap((rule: unknown, index) => {
        if (!isEmptyRule(rule)) return []
        const path = `${direction}[${index}]`
        return isCilium
          ? finding(
              'empty-rule-means-nothing',
              'note',
              policy,
              path,
              'is empty, which allows nothing and isolates; to allow all, name the entity all',
            )
          : finding(
              'empty-rule-means-everything',
              'warning',
              policy,
              path,
              'is empty, which allows everything from everywhere',
            )
      })
    })
  })

const differ = (a: Policy, b: Policy) =>
  directions.some((direction) => {
    const actions = (policy: Policy) =>
      new Set((policy[direction] ?? []).map((rule) => rule.action).filter((action) => action !== 'log'))
    return [...actions(a)].some((action) => [...actions(b)].some((other) => other !== action))
  })

function share(a: ReadonlySet<string>, b: ReadonlySet<string>): string | undefined {
  return [...a].find((title) => b.has(title))
}

/** Equal orders in a tier, on a common endpoint, with rules that disagree: the name decides which goes first. */
const orderTies: Check = (context) => {
  const ordered = context.snapshot.policies.filter(
    (policy) => isOrdered(policy) && policy.kind !== 'KubernetesNetworkPolicy',
  )
  const groups = Map.groupBy(ordered, (policy) => `${policy.tier} ${policy.order}`)
  return [...groups.values()].flatMap((policies) =>
    policies.flatMap((policy, index) =>
      policies.slice(0, index).flatMap((other) => {
        const common = share(context.selected(policy.subject), context.selected(other.subject))
        if (common === undefined || !differ(policy, other)) return []
        const order = policy.order === Infinity ? 'no order' : `order ${policy.order}`
        return finding(
          'order-tie',
          'warning',
          policy,
          'spec.order',
          `has ${order} like ${policyKey(other)}, and both select ${common}: their names decide which goes first`,
        )
      }),
    ),
  )
}

const unknownTiers: Check = ({ snapshot }) => {
  const names = new Set([...builtInTiers, ...snapshot.tiers].map((tier) => tier.name))
  return snapshot.policies
    .filter((policy) => !names.has(policy.tier))
    .map((policy) =>
      finding(
        'unknown-tier',
        'warning',
        policy,
        'spec.tier',
        `names tier ${policy.tier}, which does not exist: it comes last and denies at its end`,
      ),
    )
}

const rulesWithoutType: Check = ({ snapshot }) =>
  snapshot.policies.flatMap((policy) =>
    directions.flatMap((direction) => {
      const rules = specOf(policy)[direction]
      const isInert = policy[direction] === undefined && Array.isArray(rules) && rules.length > 0
      return isInert
        ? finding(
            'rules-without-type',
            'warning',
            policy,
            direction,
            `has ${direction} rules, but its types leave ${direction} out`,
          )
        : []
    }),
  )

const checks: readonly Check[] = [
  selectsNothing,
  peerSelectsNothing,
  shadowedRules,
  unreachableRules,
  unknownPortNames,
  emptyRules,
  orderTies,
  unknownTiers,
  rulesWithoutType,
]

const fromIssue = (issue: Issue): Finding => ({
  check: 'invalid',
  severity: issue.severity,
  policy: issue.object,
  path: issue.path,
  message: issue.message,
})

/** Everything found, parse issues first. */
export function lint(snapshot: Snapshot, issues: readonly Issue[] = []): readonly Finding[] {
  const context = createContext(snapshot)
  return [...issues.map(fromIssue), ...checks.flatMap((check) => check(context))]
}

/** One line per finding, and a count. */
export function printFindings(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ severity, policy, path, message, check }) =>
      `${severity}: ${policy}${path && ` ${path}`}: ${message} [${check}]`,
  )
  const count = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length
  return [...lines, `${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes`].join('\n')
}

/** Exit code for a check: 1 with an error, else 0. */
export const lintExitCode = (findings: readonly Finding[]) =>
  findings.some((each) => each.severity === 'error') ? 1 : 0
