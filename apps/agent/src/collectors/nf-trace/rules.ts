// What rules and chains are, asked of nftables one by one as traces name them and kept while the rule set is the same. The
// numbers of rules are given anew when a table is made anew, so a change of the rule set makes everything unknown.
import type { Netfilter } from '../../kernel/netfilter.ts'
import type { NetlinkMessage } from '../../netlink/message.ts'
import {
  chainRequest,
  generationRequest,
  nftMessage,
  readBaseChain,
  readGeneration,
  readRuleComment,
  ruleRequest,
} from '../../netlink/nft-rules.ts'
import type { BaseChain, RuleName } from '../../netlink/nft-rules.ts'

export interface RuleBook {
  /** Forgets everything if the rule set has changed. */
  refresh(): void
  /** What a rule says of itself, if it does and is still there. */
  comment(rule: RuleName): string | undefined
  /** Where packets enter a chain; undefined for one that rules jump to. */
  base(family: number, table: string, chain: string): BaseChain | undefined
}

/** More than a node's packets meet between two changes. */
const maxKnown = 20_000
/** `questions` is a socket for this alone. */
export function createRuleBook(questions: Pick<Netfilter, 'ask' | 'bytes'>): RuleBook {
  const comments = new Map<string, string | undefined>()
  const bases = new Map<string, BaseChain | undefined>()
  let sequence = 1
  let generation: number | undefined

  /** Asks and reads the one answer of a type; undefined where there is none. */
  const ask = <T>(
    question: (sequence: number) => Buffer,
    type: number,
    read: (bytes: Buffer, message: NetlinkMessage) => T,
  ): T | undefined => {
    let found: T | undefined
    questions.ask(question(++sequence), (message) => {
      if (message.type === type) found = read(questions.bytes, message)
    })
    return found
  }
  const remember = <T>(known: Map<string, T | undefined>, key: string, find: () => T | undefined): T | undefined => {
    if (known.has(key)) return known.get(key)
    if (known.size >= maxKnown) known.clear()
    const found = find()
    known.set(key, found)
    return found
  }

  return {
    refresh() {
      const now = ask(generationRequest, nftMessage.newGeneration, readGeneration)
      if (now === generation) return
      generation = now
      comments.clear()
      bases.clear()
    },
    comment: (rule) =>
      remember(comments, `${rule.family} ${rule.table} ${rule.chain} ${rule.handle}`, () =>
        ask((number) => ruleRequest(rule, number), nftMessage.newRule, readRuleComment),
      ),
    base: (family, table, chain) =>
      remember(bases, `${family} ${table} ${chain}`, () =>
        ask((number) => chainRequest(family, table, chain, number), nftMessage.newChain, readBaseChain),
      ),
  }
}
