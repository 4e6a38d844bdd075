// What follows the last tier: the endpoint's profiles. In a Kubernetes cluster a pod has its namespace's, which allows
// everything; explicit profiles occur on host endpoints and outside Kubernetes.
import type { Direction, Rule } from '../objects/policy.ts'
import type { Profile } from '../objects/snapshot.ts'
import type { Answer } from './answer.ts'
import { decided, followedBy, type Outcome, type Possible, type Unnumbered } from './outcome.ts'

/** Felix' word for "the endpoint has profiles, or none, and nothing in them matched". */
export const noProfile = '__NO_MATCH__'

/** Exists without an object: automatic host endpoints carry it. */
const allowAll: Profile = {
  name: 'projectcalico-default-allow',
  labels: new Map(),
  ingress: [{ action: 'allow', origin: 'ingress[0]', number: 0, source: {}, destination: {} }],
  egress: [{ action: 'allow', origin: 'egress[0]', number: 0, source: {}, destination: {} }],
}

const profileHit = (name: string, action: 'allow' | 'deny', rule: number | 'none'): Unnumbered => ({
  kind: 'Profile',
  name,
  action,
  rule,
  staged: false,
})

/** Shared, because most flows of most clusters end here; there are as many as namespaces. */
const namespaceProfiles = new Map<string, Outcome>()
const mostNamespaces = 10_000

/** The default of Kubernetes: traffic that no policy covers is allowed. */
export function namespaceProfile(namespace: string): Outcome {
  const known = namespaceProfiles.get(namespace)
  if (known) return known
  const name = `kns.${namespace}`
  const made = decided('allow', [profileHit(name, 'allow', 0)], { by: 'profile', profile: name, index: 0 })
  if (namespaceProfiles.size >= mostNamespaces) namespaceProfiles.clear()
  namespaceProfiles.set(namespace, made)
  return made
}

function noneMatched(): Outcome {
  return decided('deny', [profileHit(noProfile, 'deny', 'none')], { by: 'profile', profile: noProfile, index: 'none' })
}

/** The first rule that matches decides; none denies. */
export function walkProfiles(
  names: readonly string[],
  direction: Direction,
  profileOf: (name: string) => Profile | undefined,
  matches: (rule: Rule) => Answer,
): Outcome {
  const also = new Set<Possible>()
  for (const name of names) {
    const profile = profileOf(name) ?? (name === allowAll.name ? allowAll : undefined)
    for (const [index, rule] of (profile?.[direction] ?? []).entries()) {
      if (rule.action === 'log' || rule.action === 'pass') continue
      const answer = matches(rule)
      if (answer === undefined) also.add(rule.action)
      if (answer) {
        const outcome = decided(rule.action, [profileHit(name, rule.action, index)], {
          by: 'profile',
          profile: name,
          index,
        })
        return followedBy(outcome, [], also, also.size > 0)
      }
    }
  }
  return followedBy(noneMatched(), [], also, also.size > 0)
}
