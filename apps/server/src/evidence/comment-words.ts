// What the comments of rules mean: kube-router's (its iptables words and its shorter nftables ones), Felix's, and those
// of anybody else that name a known policy. One comment at a time; trace.ts puts them together. Pure.
import type { PolicyHitRule } from '@margay/model'
import { parsePolicyHit } from '@margay/model'
import type { Direction } from '@margay/policy'
import type { NamedPolicy } from './felix-identity.ts'
import { policyOf, readFelixPrefix } from './felix-prefix.ts'
import type { KnownPolicies } from './known-policies.ts'
import type { MarkHit } from './mark-hit.ts'

/** One comment, understood. */
export type CommentWord =
  /** From here on the rules are those of one pod, in one direction. */
  | { readonly says: 'enters pod'; readonly direction: Direction; readonly namespace: string }
  /** A policy applies to the pod: what none of its like admits is refused. */
  | { readonly says: 'selects'; readonly namespace: string | undefined; readonly name: string }
  | { readonly says: 'selected by none'; readonly direction: Direction }
  | {
      readonly says: 'admits'
      readonly namespace: string
      readonly name: string
      readonly direction: Direction | undefined
    }
  /** Nothing admitted the packet. */
  | { readonly says: 'refuses' }
  | { readonly says: 'end of tier'; readonly tier: string }
  | { readonly says: 'end of profiles' }
  /** A rule of a policy; its action is the rule's verdict, where it has one. */
  | {
      readonly says: 'policy'
      readonly policy: NamedPolicy
      readonly direction: Direction | undefined
      readonly rule: PolicyHitRule
    }
  /** A whole hit in one of the texts that hits have. */
  | { readonly says: 'hit'; readonly hit: MarkHit }
  /** Understood, and not about policy. */
  | { readonly says: 'nothing' }

type Read = (parts: RegExpExecArray, known: KnownPolicies) => CommentWord | undefined

const nothing: CommentWord = { says: 'nothing' }
const name = '([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)'
const of = (pattern: string) => new RegExp(`^${pattern}$`)

/** Which way a rule of kube-router's looks, where its words tell: pods on both sides are said of either direction. */
function admittedWay(from: string, to: string): Direction | undefined {
  if (to !== 'dest pods') return 'egress'
  return from === 'source pods' ? undefined : 'ingress'
}

const readers: readonly (readonly [RegExp, Read])[] = [
  [
    of(`rule to jump traffic destined to POD name:${name} namespace: ${name} to chain .*`),
    ([, , namespace]) => ({ says: 'enters pod', direction: 'ingress', namespace: namespace! }),
  ],
  [
    of(`rule to jump traffic from POD name:${name} namespace: ${name} to chain .*`),
    ([, , namespace]) => ({ says: 'enters pod', direction: 'egress', namespace: namespace! }),
  ],
  [of(`run through nw policy ${name}`), ([, policy]) => ({ says: 'selects', namespace: undefined, name: policy! })],
  [
    of('run through default (ingress|egress) network policy chain'),
    ([, direction]) => ({ says: 'selected by none', direction: direction as Direction }),
  ],
  [
    of(
      `rule to ACCEPT traffic from (source pods|all sources|specified ipBlocks) to (.+) selected by policy name:? ${name} namespace ${name}`,
    ),
    ([, from, to, policy, namespace]) => ({
      says: 'admits',
      namespace: namespace!,
      name: policy!,
      direction: admittedWay(from!, to!),
    }),
  ],
  [of('rule to REJECT traffic destined for POD name:.*'), () => ({ says: 'refuses' })],
  [
    /^(rule (for stateful|to (permit|drop invalid|log|explicitly|mark))|set mark to ACCEPT|kube-router netpol|allow (LOCAL|traffic)|Kubernetes |kubernetes )/,
    () => nothing,
  ],
  // kube-router on nftables.
  [
    of(`${name}/${name} (in|out)`),
    ([, namespace, , way]) => ({
      says: 'enters pod',
      direction: way === 'in' ? 'ingress' : 'egress',
      namespace: namespace!,
    }),
  ],
  [of(`${name}/${name} policy`), ([, namespace, policy]) => ({ says: 'selects', namespace, name: policy! })],
  [
    of(`${name}/${name} (ingress|egress) (?:pods|any|cidr)(?: np)?`),
    ([, namespace, policy, direction]) => ({
      says: 'admits',
      namespace: namespace!,
      name: policy!,
      direction: direction as Direction,
    }),
  ],
  [of(`${name}/${name} reject`), () => ({ says: 'refuses' })],
  [of(`${name}/${name} (?:log-drop|ipblock|except-src|except-dst)`), () => nothing],
  // Felix.
  [
    /^Policy (\S+) (ingress|egress)$/,
    ([, identity, direction], known) => felixPolicy(identity!, direction as Direction, known),
  ],
  [/^End of tier (\S+?)\. /, ([, tier]) => ({ says: 'end of tier', tier: tier! })],
  [/^Drop if no profiles matched$/, () => ({ says: 'end of profiles' })],
  [/^(cali:|Start of (tier|policies)|Return if |Profile )/, () => nothing],
]

function felixPolicy(identity: string, direction: Direction, known: KnownPolicies): CommentWord | undefined {
  const policy = policyOf(identity, known)
  return policy && { says: 'policy', policy, direction, rule: 'unknown' }
}

/** Words that may name a policy: whatever stands between blanks, without quotes and brackets around it. */
const words = (comment: string) => comment.split(/[\s,;"'()]+/).filter(Boolean)

function ruleIn(comment: string): PolicyHitRule {
  const found = /\brule[ :#=]?(\d{1,9})\b|\[(\d{1,9})\]/i.exec(comment)
  return found ? Number(found[1] ?? found[2]) : 'unknown'
}

/** A comment of anybody's rule that holds the name of a policy that there is. */
function namedPolicy(comment: string, known: KnownPolicies): CommentWord | undefined {
  for (const word of words(comment)) {
    const plain = word.replace(/\[\d+\]|:$/, '')
    const [first, second] = plain.split('/')
    const found = known.byIdentity(plain) ?? (second === undefined ? undefined : known.byName(first, second))
    if (!found) continue
    const { kind, namespace, name, tier } = found
    const direction = /\b(ingress|egress)\b/i.exec(comment)?.[1]?.toLowerCase() as Direction | undefined
    const policy = { kind, name, tier, staged: false, ...(namespace !== undefined && { namespace }) }
    return { says: 'policy', policy, direction, rule: ruleIn(comment) }
  }
  return undefined
}

function wholeHit(comment: string, known: KnownPolicies): CommentWord | undefined {
  const felix = readFelixPrefix(comment, known)
  if (felix) return { says: 'hit', hit: felix }
  const { hit } = parsePolicyHit(comment)
  if (!hit) return undefined
  const { index: _, ...rest } = hit
  return { says: 'hit', hit: { direction: undefined, hit: rest } }
}

/** What a comment says, or undefined where nobody knows. */
export function readComment(comment: string, known: KnownPolicies): CommentWord | undefined {
  for (const [pattern, read] of readers) {
    const parts = pattern.exec(comment)
    const word = parts && read(parts, known)
    if (word) return word
  }
  return wholeHit(comment, known) ?? namedPolicy(comment, known)
}
