// Felix's NFLOG prefixes: which rule of which policy, profile or tier's end said what. Pure; Felix's rules for long ones
// are in `whole`. Facts: docs/decisions/0021-evidence.md.
import { createHash } from 'node:crypto'
import type { PolicyHitAction } from '@margay/model'
import { identityOf, oldIdentityOf, readIdentity } from './felix-identity.ts'
import type { NamedPolicy } from './felix-identity.ts'
import { hashedEnd } from './known-policies.ts'
import type { KnownPolicies } from './known-policies.ts'
import type { MarkHit } from './mark-hit.ts'

/** The kernel's room is 64 bytes with the closing zero; a prefix that would fill it is hashed. */
const longest = 63
const hashedStart = 10
const hashLength = 41
/** Felix' word for "the endpoint's profiles did not match", which is also the policy engine's. */
const noProfile = '__NO_MATCH__'

const actions: Readonly<Record<string, PolicyHitAction>> = { A: 'allow', D: 'deny', P: 'pass' }
const directions = { I: 'ingress', E: 'egress' } as const

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, hashLength)

/** A complete prefix as Felix hands it to the kernel. */
export function shortenPrefix(whole: string): string {
  if (whole.length < longest) return whole
  return `${whole.slice(0, hashedStart)}_${hashOf(whole)}_${whole.slice(-hashedEnd)}`
}

const hashed = /^(.{10})_([\w-]{41})_(.{10})$/s

/** The complete prefix of a hashed one, found among what is known; a prefix that is not hashed is itself. */
function whole(prefix: string, known: KnownPolicies): string | undefined {
  const parts = prefix.length === longest ? hashed.exec(prefix) : null
  if (!parts) return prefix
  const [, start = '', hash, end = ''] = parts
  const head = start.slice(0, start.indexOf('|') + 1)
  for (const name of known.endingWith(end)) {
    const candidate = head + name
    if (candidate.startsWith(start) && hashOf(candidate) === hash) return candidate
  }
  return undefined
}

/** The policy of an identity, from the inventory or else from the identity's own words. */
export function policyOf(identity: string, known: KnownPolicies): NamedPolicy | undefined {
  const policy = known.byIdentity(identity)
  if (!policy) return readIdentity(identity)
  const { kind, namespace, name, tier } = policy
  return { tier, kind, ...(namespace !== undefined && { namespace }), name, staged: false }
}

const ruled = /^([ADP])([PR])([IE])(\d{1,9})\|(.+)$/s
const tierEnd = /^([DP])P([IE])\|([^/]+)$/s
const profileEnd = /^DR([IE])$/

const profileHit = (name: string, action: PolicyHitAction, rule: number | 'none') =>
  ({ kind: 'Profile', name, action, rule, staged: false }) as const

/** What a prefix says, or undefined where it is none of Felix's or its hash is of nothing that is known. */
export function readFelixPrefix(prefix: string, known: KnownPolicies): MarkHit | undefined {
  const text = whole(prefix, known)
  if (text === undefined) return undefined
  const rule = ruled.exec(text)
  if (rule) return readRuled(rule, known)
  const end = tierEnd.exec(text)
  if (end) {
    const tier = end[3]!
    const action = actions[end[1]!]!
    const hit = { tier, kind: 'EndOfTier', name: tier, action, rule: 'none', staged: false } as const
    return { direction: directions[end[2] as 'I' | 'E'], hit }
  }
  const none = profileEnd.exec(text)
  return none ? { direction: directions[none[1] as 'I' | 'E'], hit: profileHit(noProfile, 'deny', 'none') } : undefined
}

function readRuled(parts: RegExpExecArray, known: KnownPolicies): MarkHit | undefined {
  const [, letter = '', owner, way, index, name = ''] = parts
  const action = actions[letter]!
  const direction = directions[way as 'I' | 'E']
  if (owner === 'R') return action === 'pass' ? undefined : { direction, hit: profileHit(name, action, Number(index)) }
  const policy = policyOf(name, known)
  return policy && { direction, hit: { ...policy, action, rule: Number(index) } }
}

/**
 * The prefix that Felix gives the rule of a hit, shortened as it does: of v3.32 and later, or as its forerunners wrote it.
 * Undefined for hits that Felix does not log.
 */
export function printFelixPrefix(
  { direction, hit }: MarkHit,
  generation: 'v3.31' | 'v3.32' = 'v3.32',
): string | undefined {
  const way = direction === 'ingress' ? 'I' : 'E'
  const letter = { allow: 'A', deny: 'D', pass: 'P' }[hit.action]
  if (hit.kind === 'EndOfTier') return shortenPrefix(`${letter}P${way}|${hit.tier}`)
  if (hit.kind === 'Profile') {
    return hit.rule === 'none' ? `DR${way}` : shortenPrefix(`${letter}R${way}${hit.rule}|${hit.name}`)
  }
  const identity = generation === 'v3.32' ? identityOf(hit) : oldIdentityOf(hit)
  return identity && typeof hit.rule === 'number' ? shortenPrefix(`${letter}P${way}${hit.rule}|${identity}`) : undefined
}
