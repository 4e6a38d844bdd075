// Reads Calico's selector language. `!` binds to one primary, `&&` before `||`; an empty text means everything.
import type { ComparisonKind, Selector } from './ast.ts'
import { all } from './ast.ts'
import { SelectorError, type Token, type TokenKind, tokenize } from './token.ts'

/** Either the selector or what is wrong with the text. */
export type ParsedSelector =
  | { readonly selector: Selector; readonly error?: undefined }
  | { readonly selector?: undefined; readonly error: string }

/** Deeper than any selector that people write, and far from the end of the stack. */
const deepest = 200

const comparisons: Partial<Record<TokenKind, ComparisonKind>> = {
  Eq: 'equals',
  Ne: 'not-equals',
  Contains: 'contains',
  StartsWith: 'starts-with',
  EndsWith: 'ends-with',
}

/** Tokens as people write them. */
const spelled: Readonly<Record<TokenKind, string>> = {
  Label: 'label',
  StringLiteral: 'a string in quotes',
  LBrace: '{',
  RBrace: '}',
  Comma: ',',
  Eq: '==',
  Ne: '!=',
  In: 'in',
  Not: '!',
  NotIn: 'not in',
  Contains: 'contains',
  StartsWith: 'starts with',
  EndsWith: 'ends with',
  All: 'all()',
  Has: 'has()',
  Global: 'global()',
  LParen: '(',
  RParen: ')',
  And: '&&',
  Or: '||',
  EOF: 'the end',
}

interface Cursor {
  readonly peek: () => Token
  readonly take: () => Token
}

function createCursor(tokens: readonly Token[]): Cursor {
  let next = 0
  const peek = () => tokens[Math.min(next, tokens.length - 1)] ?? { kind: 'EOF', value: '', at: 0 }
  return {
    peek,
    take: () => {
      const token = peek()
      next += 1
      return token
    },
  }
}

function unexpected(token: Token, wanted: string): SelectorError {
  const found = token.value === '' ? spelled[token.kind] : `${spelled[token.kind]} ${token.value}`
  return new SelectorError(`unexpected ${found} at column ${token.at + 1}; expected ${wanted}`)
}

function expect(cursor: Cursor, kind: TokenKind): Token {
  const token = cursor.take()
  if (token.kind === kind) return token
  throw unexpected(token, spelled[kind])
}

function parseSet(cursor: Cursor): readonly string[] {
  expect(cursor, 'LBrace')
  const values: string[] = []
  while (cursor.peek().kind === 'StringLiteral') {
    values.push(cursor.take().value)
    if (cursor.peek().kind !== 'Comma') break
    cursor.take()
  }
  expect(cursor, 'RBrace')
  return values
}

function parseComparison(cursor: Cursor, label: string): Selector {
  const operator = cursor.take()
  if (operator.kind === 'In') return { kind: 'in', label, values: parseSet(cursor) }
  if (operator.kind === 'NotIn') return { kind: 'not-in', label, values: parseSet(cursor) }
  const kind = comparisons[operator.kind]
  if (!kind) throw unexpected(operator, `an operator behind label "${label}"`)
  return { kind, label, value: expect(cursor, 'StringLiteral').value }
}

function parsePrimary(cursor: Cursor, depth: number): Selector {
  const token = cursor.take()
  switch (token.kind) {
    case 'All':
      return all
    case 'Global':
      return { kind: 'global' }
    case 'Has':
      return { kind: 'has', label: token.value }
    case 'Label':
      return parseComparison(cursor, token.value)
    case 'LParen': {
      const inner = parseOr(cursor, depth + 1)
      expect(cursor, 'RParen')
      return inner
    }
    default:
      throw unexpected(token, 'a label, has(), all(), global() or (')
  }
}

function parseUnary(cursor: Cursor, depth: number): Selector {
  let negated = false
  while (cursor.peek().kind === 'Not') {
    cursor.take()
    negated = !negated
  }
  const primary = parsePrimary(cursor, depth)
  return negated ? { kind: 'not', of: primary } : primary
}

function parseGroup(cursor: Cursor, kind: 'and' | 'or', parsePart: () => Selector): Selector {
  const first = parsePart()
  const joint = kind === 'and' ? 'And' : 'Or'
  if (cursor.peek().kind !== joint) return first
  const of = [first]
  while (cursor.peek().kind === joint) {
    cursor.take()
    of.push(parsePart())
  }
  return { kind, of }
}

const parseAnd = (cursor: Cursor, depth: number) => parseGroup(cursor, 'and', () => parseUnary(cursor, depth))

function parseOr(cursor: Cursor, depth: number): Selector {
  if (depth > deepest) throw new SelectorError(`parentheses are nested deeper than ${deepest}`)
  return parseGroup(cursor, 'or', () => parseAnd(cursor, depth))
}

function parseTokens(tokens: readonly Token[]): Selector {
  const cursor = createCursor(tokens)
  if (cursor.peek().kind === 'EOF') return all
  const selector = parseOr(cursor, 0)
  expect(cursor, 'EOF')
  return selector
}

/** Reads a selector; a text that is none yields `error`, which names the column and what was expected there. */
export function parseSelector(text: string): ParsedSelector {
  try {
    return { selector: parseTokens(tokenize(text)) }
  } catch (error) {
    if (error instanceof SelectorError) return { error: `parse selector "${text.slice(0, 120)}": ${error.message}` }
    throw error
  }
}
