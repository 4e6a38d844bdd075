// Cuts selector text into tokens. Two things are unlike most languages: a word operator exists only directly behind a
// label (elsewhere `in`, `has` or `contains` are ordinary labels), and a function name includes its opening parenthesis,
// so `all ()` is not a function. White space is blank and tab only; strings know no escapes.

export type TokenKind =
  | 'Label'
  | 'StringLiteral'
  | 'LBrace'
  | 'RBrace'
  | 'Comma'
  | 'Eq'
  | 'Ne'
  | 'In'
  | 'Not'
  | 'NotIn'
  | 'Contains'
  | 'StartsWith'
  | 'EndsWith'
  | 'All'
  | 'Has'
  | 'Global'
  | 'LParen'
  | 'RParen'
  | 'And'
  | 'Or'
  | 'EOF'

export interface Token {
  readonly kind: TokenKind
  /** The label of `Label` and `Has`, the content of a string; else empty. */
  readonly value: string
  /** Where the token starts in the text, counted from 0. */
  readonly at: number
}

/** Says what is wrong and at which column; thrown inside this folder and turned into a value by `parseSelector`. */
export class SelectorError extends Error {}

const longestLabel = 512
const labelPattern = /[A-Za-z0-9_./-]+/y
const blankPattern = /[ \t]*/y

const punctuation: readonly (readonly [string, TokenKind])[] = [
  ['==', 'Eq'],
  ['!=', 'Ne'],
  ['&&', 'And'],
  ['||', 'Or'],
  ['!', 'Not'],
  ['(', 'LParen'],
  [')', 'RParen'],
  ['{', 'LBrace'],
  ['}', 'RBrace'],
  [',', 'Comma'],
]

/** Two-word operators may be written with any blanks between, or none. */
const operators: readonly (readonly [RegExp, TokenKind])[] = [
  [/contains(?![A-Za-z0-9_./-])/y, 'Contains'],
  [/starts[ \t]*with(?![A-Za-z0-9_./-])/y, 'StartsWith'],
  [/ends[ \t]*with(?![A-Za-z0-9_./-])/y, 'EndsWith'],
  [/not[ \t]*in(?![A-Za-z0-9_./-])/y, 'NotIn'],
  [/in(?![A-Za-z0-9_./-])/y, 'In'],
]

const functions: readonly (readonly [RegExp, TokenKind])[] = [
  [/has\([ \t]*([A-Za-z0-9_./-]+)[ \t]*\)/y, 'Has'],
  [/all\([ \t]*\)/y, 'All'],
  [/global\([ \t]*\)/y, 'Global'],
]

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

interface Lexeme {
  readonly kind: TokenKind
  readonly value: string
  readonly end: number
}

function readString(text: string, at: number): Lexeme {
  const quote = text.charAt(at)
  const end = text.indexOf(quote, at + 1)
  if (end < 0) throw new SelectorError(`string at column ${at + 1} has no closing ${quote}`)
  return { kind: 'StringLiteral', value: text.slice(at + 1, end), end: end + 1 }
}

function readFirst(table: readonly (readonly [RegExp, TokenKind])[], text: string, at: number): Lexeme | undefined {
  for (const [pattern, kind] of table) {
    const found = matchAt(pattern, text, at)
    if (found) return { kind, value: found[1] ?? '', end: at + found[0].length }
  }
  return undefined
}

function checkedLabel(value: string, at: number): string {
  if (value.length <= longestLabel) return value
  throw new SelectorError(`label at column ${at + 1} is longer than ${longestLabel} characters`)
}

function readLabel(text: string, at: number): Lexeme {
  const found = matchAt(labelPattern, text, at)?.[0]
  if (!found) throw new SelectorError(`unexpected "${text.charAt(at)}" at column ${at + 1}`)
  return { kind: 'Label', value: checkedLabel(found, at), end: at + found.length }
}

/** The word behind a label must be an operator; the word at any other place is a function or a label. */
function readWord(text: string, at: number, previous: TokenKind | undefined): Lexeme {
  if (previous !== 'Label') {
    const found = readFirst(functions, text, at)
    return found ? { ...found, value: checkedLabel(found.value, at) } : readLabel(text, at)
  }
  const operator = readFirst(operators, text, at)
  if (operator) return operator
  throw new SelectorError(
    `unexpected text at column ${at + 1}; behind a label comes ==, !=, in, not in, contains, starts with or ends with`,
  )
}

function readLexeme(text: string, at: number, previous: TokenKind | undefined): Lexeme {
  const first = text.charAt(at)
  if (first === '"' || first === "'") return readString(text, at)
  for (const [mark, kind] of punctuation)
    if (text.startsWith(mark, at)) return { kind, value: '', end: at + mark.length }
  return readWord(text, at, previous)
}

/** The tokens of the text, `EOF` last. Throws `SelectorError`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(blankPattern, text, at)?.[0].length ?? 0
    if (at >= text.length) return [...tokens, { kind: 'EOF', value: '', at }]
    const lexeme = readLexeme(text, at, tokens.at(-1)?.kind)
    tokens.push({ kind: lexeme.kind, value: lexeme.value, at })
    at = lexeme.end
  }
}
