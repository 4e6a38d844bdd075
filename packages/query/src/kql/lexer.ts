// Words, quotes and keywords of KQL. One reader serves the Lezer tokenizer (tokens.ts) and the plain scanner (scan.ts), so
// that the parser, the completion and the error messages agree on where a word ends. Every character is looked at a bounded
// number of times: cost is linear.

export type WordKind = 'Unquoted' | 'Quoted' | 'OpenQuote' | 'And' | 'Or' | 'Not'

export interface Word {
  readonly kind: WordKind
  readonly length: number
}

/** The UTF-16 unit at an offset from the present position (it may be negative), or -1 beyond the text. */
export type Peek = (offset: number) => number

const code = (character: string) => character.charCodeAt(0)
const quote = code('"')
const backslash = code('\\')
const whiteSpace: ReadonlySet<number> = new Set([' ', '\t', '\r', '\n', '\u00a0'].map(code))
/** Characters that mean something outside quotes; a star does not end a word. */
const special: ReadonlySet<number> = new Set(['\\', '(', ')', ':', '<', '>', '"', '*', '{', '}'].map(code))
const star = code('*')

export const isWhiteSpace = (unit: number): boolean => whiteSpace.has(unit)
export const isSpecial = (unit: number): boolean => special.has(unit)

const keywords: readonly (readonly [WordKind, string])[] = [
  ['And', 'and'],
  ['Or', 'or'],
  ['Not', 'not'],
]

/** The keyword at an offset, in any case, if white space follows it. */
function keywordAt(peek: Peek, offset: number): Word | undefined {
  for (const [kind, text] of keywords) {
    let length = 0
    while (length < text.length && (peek(offset + length) | 0x20) === text.charCodeAt(length)) length++
    if (length === text.length && isWhiteSpace(peek(offset + length))) return { kind, length }
  }
  return undefined
}

function readQuoted(peek: Peek): Word {
  let length = 1
  for (;;) {
    const unit = peek(length)
    if (unit < 0) return { kind: 'OpenQuote', length }
    if (unit === quote) return { kind: 'Quoted', length: length + 1 }
    length += unit === backslash && peek(length + 1) >= 0 ? 2 : 1
  }
}

/** A run of characters up to a keyword between white space, a special character or the end; outer spaces are not part of it. */
function readUnquoted(peek: Peek): Word | undefined {
  let length = 0
  for (;;) {
    const unit = peek(length)
    if (unit === backslash) length += peek(length + 1) < 0 ? 1 : 2
    else if (isWhiteSpace(unit)) {
      let next = length + 1
      while (isWhiteSpace(peek(next))) next++
      if (isWordEnd(peek(next)) || keywordAt(peek, next)) break
      length = next
    } else if (isWordEnd(unit)) break
    else length++
  }
  return length === 0 ? undefined : { kind: 'Unquoted', length }
}

const isWordEnd = (unit: number) => unit < 0 || (isSpecial(unit) && unit !== star && unit !== backslash)

/**
 * The word that starts at the present position, or undefined at white space, punctuation and the end. `not` with white
 * space after it is a keyword wherever a word may start; `and` and `or` need white space before them too, else they are text.
 */
export function readWord(peek: Peek): Word | undefined {
  const first = peek(0)
  if (first === quote) return readQuoted(peek)
  if (first < 0 || isWhiteSpace(first)) return undefined
  const keyword = keywordAt(peek, 0)
  if (keyword && (keyword.kind === 'Not' || isWhiteSpace(peek(-1)))) return keyword
  return readUnquoted(peek)
}
