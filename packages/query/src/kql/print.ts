// A filter as KQL text. The law: parse(print(filter)) is the filter, for every filter that the parser can give. Filters made
// otherwise may have chains of less than two members; these print as what they mean.
import type { Filter } from '../filter.ts'
import { printLiteral } from './literal.ts'

const everything = '*: *'
const nothing = `not ${everything}`

/** Prints a filter as KQL; the filter that matches everything is the empty text. */
export function printKql(filter: Filter): string {
  return filter.kind === 'all' ? '' : print(filter)
}

function print(filter: Filter): string {
  switch (filter.kind) {
    case 'all':
      return everything
    case 'and':
    case 'or':
      return printChain(filter)
    case 'not':
      return `not ${printOperand(filter.filter)}`
    case 'is':
      return filter.field ? `${printLiteral(filter.field)}: ${printLiteral(filter.value)}` : printLiteral(filter.value)
    case 'range':
      return `${printLiteral(filter.field)} ${filter.comparison} ${printLiteral(filter.value)}`
    case 'exists':
      return `${printLiteral(filter.field)}: *`
    case 'nested':
      return `${printLiteral(filter.field)}: { ${print(filter.filter)} }`
  }
}

function printChain({ kind, filters }: Extract<Filter, { kind: 'and' | 'or' }>): string {
  if (filters.length === 0) return kind === 'and' ? everything : nothing
  if (filters.length === 1) return print(filters[0]!)
  // `and` binds tighter, so that a chain of `and` needs no brackets within `or`.
  const needsBrackets = (inner: Filter) => isChain(inner) && !(kind === 'or' && inner.kind === 'and')
  return filters.map((inner) => (needsBrackets(inner) ? `(${print(inner)})` : print(inner))).join(` ${kind} `)
}

const isChain = ({ kind }: Filter) => kind === 'and' || kind === 'or'

/** What stands after `not`, which takes one operand and no second `not`. */
function printOperand(filter: Filter): string {
  return isChain(filter) || filter.kind === 'not' ? `(${print(filter)})` : print(filter)
}
