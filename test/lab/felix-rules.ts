// Rules as Felix would program them for one pod, with a log rule before every verdict, in nftables' language. Written from
// the facts of Felix's prefixes alone and sharing nothing with the server's reader of them, so that two readings are
// compared.
import { createHash } from 'node:crypto'

type Direction = 'ingress' | 'egress'

export interface FelixRule {
  readonly action: 'allow' | 'deny' | 'pass'
  /** An nftables match; empty matches everything. */
  readonly match: string
}

export interface FelixPolicy {
  /** `knp/shop/web`. */
  readonly id: string
  readonly rules: readonly FelixRule[]
}

export interface FelixPod {
  readonly ip: string
  readonly ingress?: readonly FelixPolicy[]
  readonly egress?: readonly FelixPolicy[]
  /** The pod's one profile, which allows. */
  readonly profile: string
  readonly tier: string
}

const groups: Readonly<Record<Direction, number>> = { ingress: 1, egress: 2 }
const ways: Readonly<Record<Direction, string>> = { ingress: 'I', egress: 'E' }

/** A prefix of 63 characters or more: ten of its first, its hash, ten of its last. */
export function felixPrefix(whole: string): string {
  if (whole.length < 63) return whole
  const hash = createHash('sha256').update(whole).digest('base64').replaceAll('+', '-').replaceAll('/', '_')
  return `${whole.slice(0, 10)}_${hash.slice(0, 41)}_${whole.slice(whole.length - 10)}`
}

const log = (match: string, prefix: string, direction: Direction) =>
  `${match} log prefix "${felixPrefix(prefix)}" group ${groups[direction]}`.trim()

const verdicts = { allow: 'accept', deny: 'drop', pass: 'return' } as const

/** Each accepted packet of a pod's chain goes back, so that the other pod's chain is asked as well. */
function lines(direction: Direction, policies: readonly FelixPolicy[], profile: string, tier: string): string[] {
  const way = ways[direction]
  const letters = { allow: 'A', deny: 'D', pass: 'P' } as const
  const ruled = policies.flatMap(({ id, rules }) =>
    rules.flatMap(({ action, match }, index) => [
      log(match, `${letters[action]}P${way}${index}|${id}`, direction),
      `${match} ${action === 'deny' ? 'drop' : 'return'}`.trim(),
    ]),
  )
  const end = policies.length > 0 ? [log('', `DP${way}|${tier}`, direction), 'drop'] : []
  return [...ruled, ...end, log('', `AR${way}0|${profile}`, direction), verdicts.pass]
}

const chain = (name: string, body: readonly string[]) =>
  `  chain ${name} {\n${body.map((line) => `    ${line}`).join('\n')}\n  }`

/** One table for the node that forwards between the pods. */
export function felixRules(table: string, pods: readonly FelixPod[]): string {
  const chains = pods.flatMap(({ ingress = [], egress = [], profile, tier }, at) => [
    chain(`from${at}`, lines('egress', egress, profile, tier)),
    chain(`to${at}`, lines('ingress', ingress, profile, tier)),
  ])
  const jumps = [
    'ct state established,related accept',
    ...pods.map(({ ip }, at) => `ip saddr ${ip} jump from${at}`),
    ...pods.map(({ ip }, at) => `ip daddr ${ip} jump to${at}`),
  ]
  const forward = chain('forward', ['type filter hook forward priority 0', ...jumps])
  return `table ip ${table}\ndelete table ip ${table}\ntable ip ${table} {\n${chains.join('\n')}\n${forward}\n}\n`
}
