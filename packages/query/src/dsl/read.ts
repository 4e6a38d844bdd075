// Calico's language of alerts, exceptions and graph filters: `dest_port = 22 AND process_name IN {"python?", "*ssh"}`. A second
// spelling of the same filter tree. Keywords stand in any case; a star and `?` are wildcards within sets only.
import type { Comparison, Filter, Gap, Literal } from '../filter.ts'
import { all, isStar } from '../filter.ts'
import { maxNesting, maxQueryLength } from '../kql/parse.ts'
import type { Parsed, Span, TextProblem } from '../problem.ts'
import { exactly } from '../spell.ts'
import type { DslToken } from './scan.ts'
import { scanDsl } from './scan.ts'

export interface DslOptions {
  /** The values of a set written `${name}`, which may hold wildcards; undefined if there is no such set. */
  readonly setNamed?: (name: string) => readonly string[] | undefined
}

/** Reads a query. An empty text matches everything. */
export function parseDsl(text: string, options: DslOptions = {}): Parsed<Filter> {
  if (text.length > maxQueryLength) {
    const message = `the query has ${text.length} characters; at most ${maxQueryLength} are read`
    return { ok: false, errors: [{ from: maxQueryLength, to: text.length, message }] }
  }
  return new Reader(text, options).query()
}

/** Thrown where the text cannot go on, caught in `query`. */
class Stop extends Error {
  readonly problem: TextProblem
  constructor(problem: TextProblem) {
    super(problem.message)
    this.problem = problem
  }
}

class Reader {
  readonly #tokens: readonly DslToken[]
  readonly #options: DslOptions
  readonly #end: number
  readonly #positions = new Map<object, Span>()
  #next = 0
  #depth = 0

  constructor(text: string, options: DslOptions) {
    this.#tokens = scanDsl(text)
    this.#options = options
    this.#end = text.length
  }

  query(): Parsed<Filter> {
    try {
      if (this.#tokens.length === 0) return { ok: true, filter: all, positions: this.#positions }
      const filter = this.#chain('or', 'OR', () => this.#chain('and', 'AND', () => this.#negation()))
      if (this.#here) throw this.#unexpectedAfterClause()
      return { ok: true, filter, positions: this.#positions }
    } catch (error) {
      if (error instanceof Stop) return { ok: false, errors: [error.problem] }
      throw error
    }
  }

  get #here(): DslToken | undefined {
    return this.#tokens[this.#next]
  }

  #isWord(...words: readonly string[]): boolean {
    const here = this.#here
    return here?.kind === 'word' && words.includes(here.text.toUpperCase())
  }

  #isSign(text: string): boolean {
    return this.#here?.kind === 'sign' && this.#here.text === text
  }

  #stop(message: string, hint?: string, at: Span | undefined = this.#here): Stop {
    const { from, to } = at ?? { from: this.#end, to: this.#end }
    return new Stop(hint === undefined ? { from, to, message } : { from, to, message, hint })
  }

  /** What was found instead, for messages. */
  get #found(): string {
    return this.#here ? `found "${this.#here.source}"` : 'found the end of the query'
  }

  #at<T extends object>(node: T, from: number): T {
    const last = this.#tokens[this.#next - 1]
    this.#positions.set(node, { from, to: last?.to ?? from })
    return node
  }

  #chain(kind: 'and' | 'or', word: string, operand: () => Filter): Filter {
    const from = this.#here?.from ?? this.#end
    const first = operand()
    if (!this.#isWord(word)) return first
    const filters = [first]
    while (this.#isWord(word)) {
      this.#next++
      filters.push(operand())
    }
    return this.#at({ kind, filters }, from)
  }

  #negation(): Filter {
    const from = this.#here?.from ?? this.#end
    const after = this.#tokens[this.#next + 1]
    const isField = after?.kind === 'sign' && after.text !== '('
    if (!this.#isWord('NOT') || isField) return this.#primary()
    this.#next++
    return this.#at({ kind: 'not', filter: this.#primary() }, from)
  }

  #primary(): Filter {
    if (!this.#isSign('(')) return this.#clause()
    const open = this.#here!
    if (++this.#depth > maxNesting) throw this.#stop(`brackets stand more than ${maxNesting} deep`)
    this.#next++
    const inner = this.#chain('or', 'OR', () => this.#chain('and', 'AND', () => this.#negation()))
    if (!this.#isSign(')')) {
      if (this.#here) throw this.#unexpectedAfterClause()
      throw this.#stop('")" is missing', `it closes the "(" at character ${open.from + 1}`)
    }
    this.#next++
    this.#depth--
    return inner
  }

  #clause(): Filter {
    const key = this.#here
    const isKey = key?.kind === 'quoted' || (key?.kind === 'word' && !this.#isWord('AND', 'OR', 'NOT', 'IN', 'NOTIN'))
    if (key?.kind === 'open') throw this.#openQuote(key)
    if (!isKey) throw this.#stop(`a field, NOT or "(" expected, ${this.#found}`)
    this.#next++
    const field = this.#at(exactly(key.text), key.from)
    if (this.#isWord('IN', 'NOTIN')) return this.#membership(field, key.from)
    const operator = this.#here
    if (operator?.kind !== 'sign' || !operators.has(operator.text)) throw this.#noOperator(key)
    this.#next++
    const value = this.#value(false)
    switch (operator.text) {
      case '=':
        return this.#at({ kind: 'is', field, value }, key.from)
      case '!=':
        return this.#at({ kind: 'not', filter: this.#at({ kind: 'is', field, value }, key.from) }, key.from)
      default:
        return this.#at({ kind: 'range', field, comparison: operator.text as Comparison, value }, key.from)
    }
  }

  #noOperator(key: DslToken): Stop {
    if (this.#isSign('==')) return this.#stop('"==" is no operator', `write ${key.source} = …`)
    if (this.#isSign(':')) return this.#stop('":" is no operator of this language', `write ${key.source} = …`)
    return this.#stop(`=, !=, <, <=, >, >=, IN or NOTIN expected after ${key.source}, ${this.#found}`)
  }

  #membership(field: Literal, from: number): Filter {
    const isNegated = this.#isWord('NOTIN')
    this.#next++
    const members = this.#set().map((value) => this.#at(member(field, value), from))
    const [only] = members
    const filter: Filter = members.length === 1 ? only! : this.#at({ kind: 'or', filters: members }, from)
    return isNegated ? this.#at({ kind: 'not', filter }, from) : filter
  }

  #set(): readonly Literal[] {
    const here = this.#here
    if (here?.kind === 'variable') {
      const values = this.#options.setNamed?.(here.text)
      if (!values) throw this.#stop(`there is no set named "${here.text}"`, 'write its values: {"a", "b"}')
      this.#next++
      return values.map((value) => this.#at(wildcards(value), here.from))
    }
    if (!this.#isSign('{')) throw this.#stop(`"{" or a set such as \${name} expected, ${this.#found}`)
    this.#next++
    const values: Literal[] = []
    if (this.#isSign('}')) throw this.#stop('the set is empty', 'write at least one value: {"a"}')
    for (;;) {
      values.push(this.#value(true))
      if (this.#isSign('}')) break
      if (!this.#isSign(',')) throw this.#stop(`"," or "}" expected, ${this.#found}`)
      this.#next++
    }
    this.#next++
    return values
  }

  #value(withWildcards: boolean): Literal {
    const here = this.#here
    if (here?.kind === 'open') throw this.#openQuote(here)
    if (here?.kind !== 'word' && here?.kind !== 'quoted') throw this.#stop(`a value expected, ${this.#found}`)
    this.#next++
    return this.#at(withWildcards ? wildcards(here.text) : exactly(here.text), here.from)
  }

  #openQuote(token: DslToken): Stop {
    return this.#stop(
      'the quote that opens here is not closed',
      `write ${token.source[0]} at the end of the value`,
      token,
    )
  }

  #unexpectedAfterClause(): Stop {
    const here = this.#here!
    if (here.kind === 'sign' && here.text === ')') return this.#stop('")" closes nothing', 'take it away')
    if (here.text === '&&' || here.text === '||') {
      return this.#stop(`"${here.text}" is no word of this language`, `write ${here.text === '&&' ? 'AND' : 'OR'}`)
    }
    if (here.kind === 'sign') return this.#stop(`AND, OR or the end expected, ${this.#found}`)
    return this.#stop(
      `AND or OR is missing before ${here.source}`,
      `write AND ${here.source}; a value with spaces is quoted`,
    )
  }
}

const operators: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>='])

const member = (field: Literal, value: Literal): Filter =>
  isStar(value) ? { kind: 'exists', field } : { kind: 'is', field, value }

/** A value of a set: `*` is any run of characters, `?` is one. */
function wildcards(text: string): Literal {
  const pieces = text.split(/[*?]/)
  if (pieces.length === 1) return exactly(text)
  const gaps = [...text.matchAll(/[*?]/g)].map(([sign]): Gap => (sign === '?' ? 'one' : 'any'))
  return gaps.includes('one') ? { pieces, gaps, quoted: false } : { pieces, quoted: false }
}
