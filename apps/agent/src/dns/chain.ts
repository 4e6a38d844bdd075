// How an answer leads from the name that was asked for to its addresses: by CNAME records, in whatever order they came. A name
// of the answer that lies on no way from the question is nobody's alias, so an answer can claim nothing beyond its own chain.
// Names are those of `readDns`, in lower case: letters make no difference (RFC 4343). Pure.
import type { DnsMessage, DnsRecord } from './message.ts'

/** An address, and the names between it and the one that was asked for: its owner last, none where that is the same. */
export interface LedTo {
  /** 16 bytes as latin1 text. */
  readonly address: string
  readonly aliases: readonly string[]
}

/** Resolvers give up earlier: BIND and Unbound follow eleven. */
const maxAliases = 16

/** Aliases of every name that the question leads to, itself with none. A loop ends where it comes back. */
function aliasesByName(asked: string, answers: readonly DnsRecord[]): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string>()
  for (const { name, type, data } of answers) if (type === 'CNAME' && !targets.has(name)) targets.set(name, data)
  const found = new Map<string, readonly string[]>([[asked, []]])
  const chain: string[] = []
  let next = targets.get(asked)
  while (next !== undefined && !found.has(next) && chain.length < maxAliases) {
    chain.push(next)
    found.set(next, [...chain])
    next = targets.get(next)
  }
  return found
}

const noAliases: readonly string[] = []

/** The addresses of an answer, each with the aliases that led to it. */
export function addressesOf({ question, answers }: DnsMessage): readonly LedTo[] {
  if (!question) return []
  const aliases = aliasesByName(question.name, answers)
  return answers.flatMap(({ name, address }) =>
    address === undefined ? [] : { address, aliases: aliases.get(name) ?? noAliases },
  )
}
