// KQL text to a filter. The grammar (kql.grammar) says whether the text stands; this file turns its tree into a filter and
// remembers where each part stood. What is wrong is worded in explain.ts.
import type { TreeCursor } from '@lezer/common'
import type { Comparison, Filter, Literal } from '../filter.ts'
import { all, isStar } from '../filter.ts'
import type { Parsed, Span, TextProblem } from '../problem.ts'
import { explainSyntax } from './explain.ts'
import { parser } from './parser.generated.ts'
import { readQuoted, readUnquoted } from './literal.ts'
import type { Token } from './scan.ts'
import { scan } from './scan.ts'

/** The longest text that is read, in UTF-16 units. */
export const maxQueryLength = 65_536
/** How deep brackets may stand within brackets. Deep enough for machines that write queries, and bounded for our stack. */
export const maxNesting = 256

const strict = parser.configure({ strict: true })

/** Reads a query. An empty text matches everything. Cost is linear in the length of the text. */
export function parseKql(text: string): Parsed<Filter> {
  if (text.length > maxQueryLength) return failed(tooLong(text))
  const tokens = scan(text)
  const tooDeep = findTooDeep(tokens)
  if (tooDeep) return failed(tooDeep)
  const lexical = lexicalErrors(text, tokens)
  const parsed = parseStrictly(text)
  const errors = 'failedAt' in parsed ? [...lexical, explainSyntax(text, tokens, parsed.failedAt)] : lexical
  const [first, ...others] = errors.sort((a, b) => a.from - b.from)
  if (first) return failed(first, ...others)
  return 'cursor' in parsed ? new Reader(text).query(parsed.cursor) : failed(tooLong(text))
}

const failed = (...errors: [TextProblem, ...TextProblem[]]): Parsed<Filter> => ({ ok: false, errors })

const tooLong = (text: string): TextProblem => ({
  from: maxQueryLength,
  to: text.length,
  message: `the query has ${text.length} characters; at most ${maxQueryLength} are read`,
  hint: 'split it into several queries',
})

function findTooDeep(tokens: readonly Token[]): TextProblem | undefined {
  let depth = 0
  for (const { kind, from, to } of tokens) {
    if (kind === '(' || kind === '{') depth++
    else if ((kind === ')' || kind === '}') && depth > 0) depth--
    if (depth > maxNesting) {
      const message = `brackets stand more than ${maxNesting} deep`
      return { from, to, message, hint: 'leave out brackets that change nothing' }
    }
  }
  return undefined
}

function lexicalErrors(text: string, tokens: readonly Token[]): TextProblem[] {
  const errors: TextProblem[] = []
  for (const { kind, from, to } of tokens) {
    if (kind === 'OpenQuote') errors.push(openQuote(text, from, to))
    if (kind !== 'Unquoted') continue
    const read = readUnquoted(text.slice(from, to), from)
    if (!read.ok) errors.push(read.error)
  }
  return errors
}

function openQuote(text: string, from: number, to: number): TextProblem {
  const endsInBackslash = text.endsWith('\\"')
  const hint = endsInBackslash
    ? 'a backslash before the last quote makes it part of the value; write the backslash twice (\\\\")'
    : 'write " at the end of the value'
  return { from, to, message: 'the quote that opens here is not closed', hint }
}

/** The tree of a text that stands, or the place at which it can go no further. */
function parseStrictly(text: string): { readonly cursor: TreeCursor } | { readonly failedAt: number } {
  const parse = strict.startParse(text)
  try {
    for (;;) {
      const tree = parse.advance()
      if (tree) return { cursor: tree.cursor() }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { failedAt: parse.parsedPos }
  }
}

type Values = (value: Literal, at: Span) => Filter

/** Builds one filter. Its recursion is as deep as the brackets of the text, which are bounded. */
class Reader {
  readonly #text: string
  readonly #positions = new Map<object, Span>()

  constructor(text: string) {
    this.#text = text
  }

  query(cursor: TreeCursor): Parsed<Filter> {
    const filter = cursor.firstChild() ? this.#filter(cursor) : all
    return { ok: true, filter, positions: this.#positions }
  }

  #at<T extends object>(node: T, { from, to }: Span): T {
    if (!this.#positions.has(node)) this.#positions.set(node, { from, to })
    return node
  }

  /** Calls `visit` on each child that is more than punctuation, and comes back to the node. */
  #children<T>(cursor: TreeCursor, visit: () => T): T[] {
    const found: T[] = []
    if (!cursor.firstChild()) return found
    do {
      if (!punctuation.has(cursor.name)) found.push(visit())
    } while (cursor.nextSibling())
    cursor.parent()
    return found
  }

  #filter(cursor: TreeCursor): Filter {
    const at = { from: cursor.from, to: cursor.to }
    switch (cursor.name) {
      case 'Disjunction':
        return this.#at({ kind: 'or', filters: this.#children(cursor, () => this.#filter(cursor)) }, at)
      case 'Conjunction':
        return this.#at({ kind: 'and', filters: this.#children(cursor, () => this.#filter(cursor)) }, at)
      case 'Negation':
        return this.#at({ kind: 'not', filter: this.#children(cursor, () => this.#filter(cursor))[0]! }, at)
      case 'Group':
        return this.#children(cursor, () => this.#filter(cursor))[0]!
      case 'Nested':
        return this.#nested(cursor, at)
      case 'Range':
        return this.#range(cursor, at)
      case 'Is':
        return this.#is(cursor, at)
      case 'Any': {
        const value = this.#children(cursor, () => this.#literal(cursor))[0]!
        return this.#at({ kind: 'is', field: undefined, value }, at)
      }
      default:
        throw new Error(`BUG: the grammar gave the node ${cursor.name}`)
    }
  }

  #nested(cursor: TreeCursor, at: Span): Filter {
    let field: Literal | undefined
    let filter: Filter = all
    this.#children(cursor, () => {
      if (cursor.name === 'Field') field = this.#literal(cursor)
      else filter = this.#filter(cursor)
    })
    return this.#at({ kind: 'nested', field: field!, filter }, at)
  }

  #range(cursor: TreeCursor, at: Span): Filter {
    let comparison: Comparison = '<'
    const literals: Literal[] = []
    this.#children(cursor, () => {
      if (cursor.name === 'Comparison') comparison = this.#text.slice(cursor.from, cursor.to) as Comparison
      else literals.push(this.#literal(cursor))
    })
    return this.#at({ kind: 'range', field: literals[0]!, comparison, value: literals[1]! }, at)
  }

  #is(cursor: TreeCursor, at: Span): Filter {
    let field: Literal | undefined
    let filter: Filter = all
    const values: Values = (value, span) => this.#at(fieldIs(field!, value), span)
    this.#children(cursor, () => {
      if (cursor.name === 'Field') field = this.#literal(cursor)
      else filter = cursor.name === 'Value' ? values(this.#literal(cursor), at) : this.#values(cursor, values)
    })
    return filter
  }

  /** A list of values, the clause spread over them. */
  #values(cursor: TreeCursor, clause: Values): Filter {
    const at = { from: cursor.from, to: cursor.to }
    const inner = () => this.#children(cursor, () => this.#values(cursor, clause))
    switch (cursor.name) {
      case 'Value':
        return clause(this.#literal(cursor), at)
      case 'ValueDisjunction':
        return this.#at({ kind: 'or', filters: inner() }, at)
      case 'ValueConjunction':
        return this.#at({ kind: 'and', filters: inner() }, at)
      case 'ValueNegation':
        return this.#at({ kind: 'not', filter: inner()[0]! }, at)
      case 'ValueGroup':
        return inner()[0]!
      default:
        throw new Error(`BUG: the grammar gave the node ${cursor.name} in a list of values`)
    }
  }

  /** The literal of a Field or Value node, which is as long as its literal. */
  #literal({ from, to }: TreeCursor): Literal {
    const text = this.#text.slice(from, to)
    if (text.startsWith('"')) return this.#at(readQuoted(text), { from, to })
    const read = readUnquoted(text, from)
    // A text with such an error is answered with it; this reading is thrown away.
    return this.#at(read.ok ? read.literal : { pieces: [text], quoted: true }, { from, to })
  }
}

const punctuation: ReadonlySet<string> = new Set(['And', 'Or', 'Not', 'Colon', '(', ')', '{', '}'])

function fieldIs(field: Literal, value: Literal): Filter {
  if (!isStar(value)) return { kind: 'is', field, value }
  return isStar(field) ? { ...all } : { kind: 'exists', field }
}
