// Habits from Lucene, SQL and programming that KQL would take for text and answer with no rows in silence. Each is refused
// with its KQL spelling; quoting the text means it as it stands.
import type { Field } from '@margay/model'
import type { Literal } from '../filter.ts'
import { printQuoted } from '../kql/literal.ts'
import type { Problem } from '../problem.ts'
import { shapeOf, shown } from './values.ts'

const orQuote = (value: Literal) => `; to mean the text, quote it: ${printQuoted(shown(value))}`

/** Slips are short; a longer text is meant, and is not worth the steps of these expressions. */
const longestSlip = 256

const mayBeSlip = ({ pieces, quoted }: Literal) =>
  !quoted && pieces.reduce((sum, piece) => sum + piece.length, pieces.length) <= longestSlip

/** A slip in the value of `field: value`. */
export function slipOfValue(name: string, field: Field | undefined, value: Literal): Problem | undefined {
  if (!mayBeSlip(value)) return undefined
  const text = value.pieces.join('*')
  return lucene(name, value, text) ?? symbols(name, value, text) ?? pattern(field, value, text)
}

function lucene(name: string, value: Literal, text: string): Problem | undefined {
  const range = /^([[{])\s*(\S.*?)\s+TO\s+(.*?\S)\s*([\]}])$/i.exec(text)
  if (!range) return undefined
  const [, open, from, to, close] = range
  return {
    message: `"${shown(value)}" is Lucene's range`,
    hint: `write ${rangeInKql(name, open === '[', from!, to!, close === ']')}`,
  }
}

/** `[400 TO 499]` in KQL. */
export function rangeInKql(name: string, withFrom: boolean, from: string, to: string, withTo: boolean): string {
  const clauses = [
    from === '*' ? undefined : `${name} ${withFrom ? '>=' : '>'} ${from}`,
    to === '*' ? undefined : `${name} ${withTo ? '<=' : '<'} ${to}`,
  ].filter((clause) => clause !== undefined)
  return clauses.join(' and ') || `${name}: *`
}

function symbols(name: string, value: Literal, text: string): Problem | undefined {
  const conjunction = conjunctionSlip(value)
  if (conjunction) return conjunction
  const start = /^(==?|!=?|~)\s*(.*)$/s.exec(text)
  if (!start) return undefined
  const isNegated = start[1]!.startsWith('!')
  return {
    message: `"${start[1]}" is part of the value here`,
    hint: `write ${isNegated ? 'not ' : ''}${name}: ${start[2]}${orQuote(value)}`,
  }
}

/** `a && b` within one value. */
export function conjunctionSlip(value: Literal): Problem | undefined {
  const match = !mayBeSlip(value) ? null : /(?:^|\s)(&&|\|\|)(?:\s|$)/.exec(value.pieces.join('*'))
  if (!match) return undefined
  return {
    message: `"${match[1]}" is part of the value here`,
    hint: `write ${match[1] === '&&' ? 'and' : 'or'}${orQuote(value)}`,
  }
}

function pattern(field: Field | undefined, value: Literal, text: string): Problem | undefined {
  const isFreeText = field && shapeOf(field) === 'text'
  const isPath = isFreeText || value.pieces.length > 1
  if (/^\/.+\/$/s.test(text) && (!isPath || text.includes('.*'))) {
    return { message: 'KQL has no regular expressions', hint: `use wildcards: *part*${orQuote(value)}` }
  }
  if (/\S~\d*(\.\d+)?$/.test(text)) {
    return { message: 'KQL has no "~" for similar words', hint: `use wildcards: *part*${orQuote(value)}` }
  }
  if (/^'.*'$/s.test(text)) {
    return {
      message: 'single quotes are part of the value',
      hint: `write ${printQuoted(text.slice(1, -1))}${orQuote(value)}`,
    }
  }
  return undefined
}

export interface Assignment {
  readonly name: string
  readonly operator: string
  readonly value: string
  readonly isSpaced: boolean
}

/** `action = deny`, which stands as a search for that text in any field. */
export function assignmentSlip(value: Literal): Assignment | undefined {
  if (!mayBeSlip(value)) return undefined
  const match = /^([\w.@-]+)(\s*)(==?|!=|=~|!~|~)(\s*)(.*)$/s.exec(value.pieces.join('*'))
  if (!match) return undefined
  return { name: match[1]!, operator: match[3]!, value: match[5]!, isSpaced: match[2] !== '' && match[4] !== '' }
}
