// A filter in Calico's language, where that language has words for it.
import type { Filter, Literal } from '../filter.ts'
import { hasWildcard, writtenText } from '../filter.ts'

export type PrintedDsl = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/** Thrown where the language has no words, caught in `printDsl`. */
class Unspeakable extends Error {}

/** Prints a filter. Read back, it is the same filter but for quotes that are not needed. */
export function printDsl(filter: Filter): PrintedDsl {
  try {
    return { ok: true, text: filter.kind === 'all' ? '' : print(filter) }
  } catch (error) {
    if (error instanceof Unspeakable) return { ok: false, reason: error.message }
    throw error
  }
}

const refuse = (reason: string): never => {
  throw new Unspeakable(reason)
}

function print(filter: Filter): string {
  switch (filter.kind) {
    case 'all':
      return refuse('"everything" cannot be part of a query')
    case 'and':
    case 'or':
      return printChain(filter.kind, filter.filters)
    case 'not':
      return printNegation(filter.filter)
    case 'exists':
      return `${printKey(filter.field)} IN {"*"}`
    case 'is':
      return printIs(filter.field, filter.value)
    case 'range':
      return `${printKey(filter.field)} ${filter.comparison} ${printValue(filter.value)}`
    case 'nested':
      return refuse('one element of a list cannot be asked for as a whole')
  }
}

const isChain = ({ kind }: Filter) => kind === 'and' || kind === 'or'

function printChain(kind: 'and' | 'or', filters: readonly Filter[]): string {
  if (filters.length === 0) return refuse('an empty list of clauses has no words')
  const needsBrackets = (inner: Filter) => isChain(inner) && !(kind === 'or' && inner.kind === 'and')
  return filters
    .map((inner) => (needsBrackets(inner) ? `(${print(inner)})` : print(inner)))
    .join(` ${kind.toUpperCase()} `)
}

function printNegation(filter: Filter): string {
  return isChain(filter) || filter.kind === 'not' ? `NOT (${print(filter)})` : `NOT ${print(filter)}`
}

function printIs(field: Literal | undefined, value: Literal): string {
  if (!field) return refuse('a value needs a field')
  if (!hasWildcard(value)) return `${printKey(field)} = ${printValue(value)}`
  // Sets have wildcards and no escapes.
  if (value.pieces.some((piece) => /[*?]/.test(piece))) return refuse('a star cannot be itself beside a wildcard')
  return `${printKey(field)} IN {${quote(writtenText(value))}}`
}

function printKey(field: Literal): string {
  if (hasWildcard(field)) return refuse('a field takes no wildcard')
  const [name = ''] = field.pieces
  return !field.quoted && /^[A-Za-z_]\w*$/.test(name) && !reserved.test(name) ? name : quote(name)
}

const reserved = /^(and|or|not|in|notin)$/i

function printValue(value: Literal): string {
  if (hasWildcard(value)) return refuse('a range takes no wildcard')
  const [text = ''] = value.pieces
  return !value.quoted && /^[\w.-]+$/.test(text) && !reserved.test(text) ? text : quote(text)
}

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
