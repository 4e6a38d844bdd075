// A bound filter as one SQL condition. Nothing in it is ever NULL, so NOT is plain negation and finds absent values too.
import type { Field, LogType } from '@margay/model'
import type { BoundFilter, Test } from '@margay/query'
import { fieldOf } from './field-of.ts'
import { textLiteral } from './literal.ts'
import { columnSql, elementOf, listDepth, operandOf } from './operand.ts'
import { testSql } from './test.ts'

/** Within `element`: the variable that is the element where it is one list's, or that holds its place, from 1. */
interface Context {
  readonly type: LogType
  readonly element?: string
  readonly place?: string
}

export function filterSql(type: LogType, filter: BoundFilter): string {
  return compile({ type }, filter)
}

function compile(context: Context, filter: BoundFilter): string {
  switch (filter.kind) {
    case 'constant':
      return filter.value ? '1' : '0'
    case 'and':
      return joined(context, filter.filters, ' AND ', '1')
    case 'or':
      return joined(context, filter.filters, ' OR ', '0')
    case 'not':
      return `NOT (${compile(context, filter.filter)})`
    case 'test':
      return fieldTest(context, filter.field, filter.test)
    case 'element':
      return elementTest(context, filter.fields, filter.filter)
  }
}

function joined(context: Context, filters: readonly BoundFilter[], word: string, none: string): string {
  if (filters.length === 0) return none
  return `(${filters.map((filter) => compile(context, filter)).join(word)})`
}

function fieldTest({ type, element, place }: Context, name: string, test: Test): string {
  const field = fieldOf(type, name)
  const column = columnSql(name)
  const depth = listDepth[field.kind]
  if (element !== undefined) return anyElement(field, element, depth - 1, test)
  // A list that ends before this place has no value here.
  if (place !== undefined) {
    return `(${place} <= length(${column}) AND ${anyElement(field, `${column}[${place}]`, depth - 1, test)})`
  }
  return depth === 0 ? testSql(operandOf(field, column), test) : anyElement(field, column, depth, test)
}

/** A list passes if one of its elements does; it is present if it has any. */
function anyElement(field: Field, sql: string, depth: number, test: Test): string {
  if (depth === 0) return testSql(elementOf(field, sql), test)
  if (depth === 1 && test.kind === 'present') return `notEmpty(${sql})`
  // Fast path. Not for the empty text: in a list of LowCardinality the engine's `has` does not find it.
  if (depth === 1 && test.kind === 'equals' && test.text !== '' && elementOf(field, sql).shape === 'text') {
    return `has(${sql}, ${textLiteral(test.text)})`
  }
  const variable = `v${depth}`
  return `arrayExists(${variable} -> ${anyElement(field, variable, depth - 1, test)}, ${sql})`
}

/** One list is walked by its elements, several by place as far as the longest of them goes. */
function elementTest({ type }: Context, names: readonly string[], filter: BoundFilter): string {
  const lists = names.map((name) => {
    if (listDepth[fieldOf(type, name).kind] === 0) throw new Error(`BUG: ${type.name}.${name} is no list`)
    return columnSql(name)
  })
  if (lists.length === 1) return `arrayExists(e -> ${compile({ type, element: 'e' }, filter)}, ${lists[0]})`
  const longest = `greatest(${lists.map((sql) => `length(${sql})`).join(', ')})`
  return `arrayExists(e -> ${compile({ type, place: 'e' }, filter)}, range(1, ${longest} + 1))`
}
