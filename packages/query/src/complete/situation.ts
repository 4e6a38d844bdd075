// Where a cursor stands in unfinished KQL and what can be written there. Works from tokens alone, in one pass, so that open
// brackets and quotes are no trouble.
import { readQuoted, readUnquoted } from '../kql/literal.ts'
import type { Token } from '../kql/scan.ts'
import { isComparison, isLiteral, scan } from '../kql/scan.ts'
import type { Span } from '../problem.ts'

export type Wanted =
  /** A field, or a value without one, or `not`. */
  | { readonly kind: 'clause' }
  /** What goes between a field and its value; or the text before is a value and a conjunction may follow. */
  | { readonly kind: 'operator'; readonly field: string }
  | { readonly kind: 'value'; readonly field: string; readonly after: 'colon' | 'comparison' | 'list' }
  | { readonly kind: 'conjunction' }

export interface Situation {
  readonly wanted: Wanted
  /** The text that a completion replaces. */
  readonly replaced: Span
  /** What of the word was typed before the cursor, without quotes and escapes. */
  readonly typed: string
  /** Whether the word is quoted, so that bare texts do not fit. */
  readonly isQuoted: boolean
  /** An operator follows already. */
  readonly hasOperator: boolean
  /** `policies` within `policies: { … }`. */
  readonly prefix: string | undefined
  /** The bracket that may be closed here. */
  readonly closing: ')' | '}' | undefined
  /** The last word of an unquoted value with spaces, which may be the beginning of a conjunction. */
  readonly lastWord: { readonly typed: string; readonly replaced: Span } | undefined
}

interface Frame {
  readonly bracket: '(' | '{'
  /** The field of `field: ( … )` or `field: { … }`. */
  readonly field: string | undefined
}

/** Tells what can stand at a cursor, 0 to the length of the text. */
export function situationAt(text: string, cursor: number): Situation {
  const tokens = scan(text)
  const index = tokens.findIndex(({ to }) => to >= cursor)
  const at = index < 0 ? undefined : tokens[index]
  // A keyword is complete only with the space after it; right behind it, it is still a word being typed.
  const isWord = at && at.from < cursor && (isLiteral(at) || (isKeyword(at) && at.to === cursor))
  const word = isWord ? at : undefined
  const before = tokens.slice(0, index < 0 ? tokens.length : at!.from < cursor && !isWord ? index + 1 : index)
  const frames = framesOf(text, before)
  const frame = frames.at(-1)
  return {
    wanted: wantedAfter(text, before, frame),
    replaced: replacedBy(word, cursor),
    typed: word ? typedOf(text.slice(word.from, cursor)) : '',
    isQuoted: word?.kind === 'Quoted' || word?.kind === 'OpenQuote',
    hasOperator: word !== undefined && isOperator(tokens[index + 1]),
    prefix: frames.findLast(({ bracket }) => bracket === '{')?.field,
    closing: frame && (frame.bracket === '(' ? ')' : '}'),
    lastWord: word?.kind === 'Unquoted' ? lastWordOf(text, word, cursor) : undefined,
  }
}

const isKeyword = ({ kind }: Token) => kind === 'And' || kind === 'Or' || kind === 'Not'

const isOperator = (token: Token | undefined) => token !== undefined && (token.kind === ':' || isComparison(token))

function replacedBy(word: Token | undefined, cursor: number): Span {
  if (!word) return { from: cursor, to: cursor }
  // What follows an open quote may be other clauses.
  return { from: word.from, to: word.kind === 'OpenQuote' ? cursor : word.to }
}

/** The meaning of a beginning of a word. */
function typedOf(source: string): string {
  if (source.startsWith('"'))
    return readQuoted(source.length > 1 && source.endsWith('"') ? source : `${source}"`).pieces[0]!
  const read = readUnquoted(source, 0)
  return read.ok ? read.literal.pieces.join('*') : source
}

function lastWordOf(text: string, word: Token, cursor: number): Situation['lastWord'] {
  const typed = /\s(\S+)$/.exec(text.slice(word.from, cursor))?.[1]
  if (typed === undefined) return undefined
  return { typed, replaced: { from: cursor - typed.length, to: cursor } }
}

const nameOf = (text: string, token: Token | undefined) =>
  token && isLiteral(token) ? typedOf(text.slice(token.from, token.to)) : undefined

function framesOf(text: string, tokens: readonly Token[]): readonly Frame[] {
  const frames: Frame[] = []
  tokens.forEach(({ kind }, index) => {
    if (kind === '(' || kind === '{') {
      const isAfterColon = tokens[index - 1]?.kind === ':'
      const outer = kind === '(' && isList(frames.at(-1)) ? frames.at(-1)!.field : undefined
      frames.push({ bracket: kind, field: isAfterColon ? nameOf(text, tokens[index - 2]) : outer })
    } else if (kind === ')' || kind === '}') frames.pop()
  })
  return frames
}

/** Whether values of one field are listed here. */
const isList = (frame: Frame | undefined) => frame?.bracket === '(' && frame.field !== undefined

function wantedAfter(text: string, before: readonly Token[], frame: Frame | undefined): Wanted {
  const last = before.at(-1)
  const field = nameOf(text, before.at(-2)) ?? ''
  if (last?.kind === ':') return { kind: 'value', field, after: 'colon' }
  if (last && isComparison(last)) return { kind: 'value', field, after: 'comparison' }
  const isOpen = !last || last.kind === '(' || last.kind === '{' || isKeyword(last)
  if (isOpen) return isList(frame) ? { kind: 'value', field: frame!.field!, after: 'list' } : { kind: 'clause' }
  const previous = before.at(-2)
  const isValue = previous && (previous.kind === ':' || isComparison(previous))
  if (isLiteral(last) && !isValue && !isList(frame)) return { kind: 'operator', field: nameOf(text, last) ?? '' }
  return { kind: 'conjunction' }
}
