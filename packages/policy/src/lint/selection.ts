// Checks on who is meant: policies and peers that select nobody, port names that nobody has.
import { judgeSelector } from '../evaluate/labels.ts'
import { portWords, selectorWords } from '../explain/words.ts'
import type { Entity } from '../objects/policy.ts'
import { podKey } from '../objects/snapshot.ts'
import type { Selector } from '../selector/ast.ts'
import { type Check, finding, type LintContext, type RuleAt, rulesIn } from './finding.ts'

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
    ...pods.map((pod) => ({ title: `pod ${podKey(pod)}`, ports: pod.ports ?? [] })),
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

/** In the order in which they are reported. */
export const selectionChecks: readonly Check[] = [selectsNothing, peerSelectsNothing, unknownPortNames]
