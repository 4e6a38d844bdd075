// A mark: what one rule of a node said of a connection, as one line of text that agents send in `marks` of a flow and the
// server turns into policies. Agents know rules only, so a mark holds the rule's own words. What must stay true: parsing
// what was printed gives the same value, and a text that is no mark is told from one.

/** A packet that a rule logged: the group it logged to and its prefix, which may be empty. */
export interface NflogMark {
  readonly by: 'nflog'
  readonly group: number
  readonly prefix: string
}

export type StepVerdict = 'accept' | 'drop' | 'jump' | 'goto' | 'return' | 'continue' | 'queue'

/** One step of a packet's way through the node's rules. */
export interface TraceMark {
  readonly by: 'nf_trace'
  /** nftables' own word: `ip`, `ip6`, `inet`, `bridge`. */
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly verdict: StepVerdict
  /** What the rule says of itself; where it says nothing, its handle; the end of a base chain is its policy. */
  readonly rule: { readonly comment: string } | { readonly handle: number } | 'policy'
}

export type Mark = NflogMark | TraceMark

/** Longest comment that is kept, in characters: xtables allows 255. */
const maxComment = 255

const verdicts = ['accept', 'drop', 'jump', 'goto', 'return', 'continue', 'queue'] as const
const isVerdict = (text: string): text is StepVerdict => (verdicts as readonly string[]).includes(text)

/** Comments are free text: what would end a line or hide in one becomes a blank. */
// oxlint-disable-next-line no-control-regex -- control characters are the point
const cleaned = (text: string) => text.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, maxComment)

function ruleText(rule: TraceMark['rule']): string {
  if (rule === 'policy') return '#policy'
  return 'handle' in rule ? `#${rule.handle}` : cleaned(rule.comment)
}

export function printMark(mark: Mark): string {
  if (mark.by === 'nflog') return `nflog|${mark.group}|${cleaned(mark.prefix)}`
  return `nft|${mark.family}|${mark.table}|${mark.chain}|${mark.verdict}|${ruleText(mark.rule)}`
}

function parseRule(text: string): TraceMark['rule'] {
  if (text === '#policy') return 'policy'
  const handle = /^#(\d{1,15})$/.exec(text)?.[1]
  return handle === undefined ? { comment: text } : { handle: Number(handle) }
}

/** The mark, or undefined where the text is none. */
export function parseMark(text: string): Mark | undefined {
  const nflog = /^nflog\|(\d{1,5})\|(.*)$/s.exec(text)
  if (nflog) return { by: 'nflog', group: Number(nflog[1]), prefix: nflog[2]! }
  const [by, family, table, chain, verdict = '', ...rest] = text.split('|')
  if (by !== 'nft' || !family || !table || !chain || !isVerdict(verdict) || rest.length === 0) return undefined
  return { by: 'nf_trace', family, table, chain, verdict, rule: parseRule(rest.join('|')) }
}
