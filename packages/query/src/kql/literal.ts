// One literal of KQL between its text and its meaning: escapes, wildcards, quotes. Reading and printing stand side by side,
// because they must be each other's inverse.
import type { Literal } from '../filter.ts'
import type { TextProblem } from '../problem.ts'
import { isSpecial, isWhiteSpace } from './lexer.ts'

const controls: { readonly [letter: string]: string } = { t: '\t', r: '\r', n: '\n' }

/** The character of `\uXXXX` at a position, if it is one. */
function unicodeEscape(text: string, at: number): string | undefined {
  const match = /^\\u([0-9a-fA-F]{4})/.exec(text.slice(at, at + 6))
  return match ? String.fromCharCode(Number.parseInt(match[1]!, 16)) : undefined
}

/** Reads a quoted literal with its quotes. A backslash that starts no escape is itself; stars are plain. */
export function readQuoted(text: string): Literal {
  const inner = text.slice(1, -1)
  const read = inner.replace(/\\(?:u[0-9a-fA-F]{4}|["\\trn])/g, (escape) => {
    return unicodeEscape(escape, 0) ?? controls[escape[1]!] ?? escape[1]!
  })
  return { pieces: [read], quoted: true }
}

const keywordAfterBackslash = /^\\(or|and|not)/i

/** What an escape in unquoted text stands for and how long it is, or undefined for a backslash that stands alone. */
function readEscape(text: string, at: number): { readonly stands: string; readonly length: number } | undefined {
  const next = text[at + 1]
  if (next === undefined) return undefined
  if (isSpecial(next.charCodeAt(0))) return { stands: next, length: 2 }
  const keyword = keywordAfterBackslash.exec(text.slice(at, at + 4))?.[1]
  // `\not` alone is the word, `\nothing` is a line break before "othing".
  const isWord = keyword !== undefined && (keyword[0] !== 'n' || endsWord(text, at + 4))
  if (isWord) return { stands: keyword, length: keyword.length + 1 }
  const control = controls[next]
  if (control !== undefined) return { stands: control, length: 2 }
  const unicode = unicodeEscape(text, at)
  return unicode === undefined ? undefined : { stands: unicode, length: 6 }
}

function endsWord(text: string, at: number): boolean {
  const unit = at < text.length ? text.charCodeAt(at) : -1
  return unit < 0 || isWhiteSpace(unit) || isSpecial(unit)
}

export type ReadLiteral =
  | { readonly ok: true; readonly literal: Literal }
  | { readonly ok: false; readonly error: TextProblem }

/** Reads an unquoted literal that stands at `offset` in its query. */
export function readUnquoted(text: string, offset: number): ReadLiteral {
  const pieces: string[] = []
  let piece = ''
  for (let at = 0; at < text.length;) {
    if (text[at] === '*') {
      pieces.push(piece)
      piece = ''
      at++
    } else if (text[at] === '\\') {
      const escape = readEscape(text, at)
      if (!escape) return { ok: false, error: loneBackslash(text, at, offset) }
      piece += escape.stands
      at += escape.length
    } else piece += text[at++]
  }
  return { ok: true, literal: { pieces: [...pieces, piece], quoted: false } }
}

function loneBackslash(text: string, at: number, offset: number): TextProblem {
  return {
    from: offset + at,
    to: offset + Math.min(at + 2, text.length),
    message: 'a backslash outside quotes must stand before one of \\ ( ) : < > " * { }, a keyword, t, r, n or uXXXX',
    hint: `write it twice (\\\\), or quote the value: ${printQuoted(text)}`,
  }
}

/** A text between double quotes. */
export function printQuoted(text: string): string {
  const escaped = text.replace(/["\\\t\r\n]/g, (character) => escapes[character] ?? `\\${character}`)
  return `"${escaped}"`
}

const escapes: { readonly [character: string]: string } = { '\t': '\\t', '\r': '\\r', '\n': '\\n', '\u00a0': '\\u00a0' }

/** Escapes one piece for use outside quotes; white space at its ends and keywords are left to printUnquoted. */
function escapePiece(piece: string): string {
  return (
    piece
      .replace(/[\\():<>"*{}]/g, '\\$&')
      // `\n` before "ot" would be read as the keyword.
      .replace(/\n(?=ot)/gi, '\\u000a')
      .replace(/[\t\r\n\u00a0]/g, (character) => escapes[character]!)
  )
}

function printUnquoted(pieces: readonly string[]): string {
  return pieces
    .map(escapePiece)
    .join('*')
    .replace(/(^|[ *])(or|and|not)(?=$|[ *])/gi, '$1\\$2')
    .replace(/^ | $/g, '\\u0020')
}

/**
 * The text of a literal. An unquoted text that would be empty is quoted, for nothing else can spell it. KQL has no `?`: a
 * gap of one character is printed as `*`, which matches more.
 */
export function printLiteral({ pieces, quoted }: Literal): string {
  if (quoted || (pieces.length === 1 && pieces[0] === '')) return printQuoted(pieces.join('*'))
  return printUnquoted(pieces)
}
