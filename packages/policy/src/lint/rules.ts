// Checks on rules: those that nothing reaches, and those whose emptiness means everything or nothing.
import { ruleWords } from '../explain/words.ts'
import { comparePolicies } from '../evaluate/order.ts'
import { isRecord } from '../objects/place.ts'
import { type Direction, type Policy, policyKey } from '../objects/policy.ts'
import { matchesEverything, ruleCovers, selectorCovers } from './covers.ts'
import { type Check, directions, finding, isOrdered } from './finding.ts'

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

/** In the order in which they are reported. */
export const ruleChecks: readonly Check[] = [shadowedRules, unreachableRules, emptyRules, rulesWithoutType]
