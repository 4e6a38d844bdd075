// What traces say of themselves: how many at most, whether any came, and which rules of the node are in none.
import { readFileSync } from 'node:fs'
import type { StageState } from '@margay/kit'

/** Tables of iptables-legacy in this thread's network namespace: the kernel keeps their rules apart from nftables'. */
export function readLegacyTables(): readonly string[] {
  const names = ['ip_tables_names', 'ip6_tables_names'].flatMap((file) => {
    try {
      return readFileSync(`/proc/thread-self/net/${file}`, 'utf8').split('\n').filter(Boolean)
    } catch {
      // This kernel has none, or we may not look.
      return []
    }
  })
  return [...new Set(names)].toSorted()
}

/** What is in no trace, if anything. */
export const untracedWords = (legacyTables: readonly string[]): readonly string[] =>
  legacyTables.length > 0 ? [`rules of iptables-legacy are in no trace (tables ${legacyTables.join(', ')})`] : []

export interface Traced {
  readonly perSecond: number
  /** A rule of the node was met. */
  readonly hasMetRule: boolean
  readonly legacyTables: readonly string[]
}

const untracedHint =
  'use iptables-nft, or --nflog-groups where rules log; until then policies are evaluated, and drops are seen without their rule'

export function traceState({ perSecond, hasMetRule, legacyTables }: Traced): Partial<StageState> {
  const met = hasMetRule ? '' : ', none of which has met a rule of nftables yet'
  const detail = [`traces up to ${perSecond} new connections a second${met}`, ...untracedWords(legacyTables)].join('; ')
  // Rules that nobody meets and rules that nobody can follow: the verdicts come from elsewhere.
  return hasMetRule || legacyTables.length === 0
    ? { state: 'ok', detail }
    : { state: 'degraded', detail, hint: untracedHint }
}
