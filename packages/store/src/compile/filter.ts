// A bound filter as one SQL condition. Nothing in it is ever NULL, so NOT is plain negation and finds absent values too.
import type { LogType } from '@margay/model'
import type { BoundFilter, Test } from '@margay/query'
import { StoreError } from '../errors.ts'
import { listDepth, operandOf, readField } from './operand.ts'
import { testSql } from './test.ts'

/** Where a field's value is found: a column of the row, or a variable inside `element`. */
type Scope = ReadonlyMap<string, { readonly sql: string; readonly depth: number }>

interface Context {
  readonly type: LogType
  readonly scope: Scope
  /** Names variables apart. */
  readonly level: number
}

export function filterSql(type: LogType, filter: BoundFilter): string {
  return compile({ type, scope: new Map(), level: 0 }, filter)
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

function knownField(type: LogType, name: string) {
  const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined
  if (!field) throw new StoreError('bad_question', `unknown field "${name}" on log type "${type.name}"`)
  return field
}

function fieldTest({ type, scope, level }: Context, name: string, test: Test): string {
  const field = knownField(type, name)
  const bound = scope.get(name)
  const sql = bound?.sql ?? readField(type, name)
  return anyElement(sql, bound?.depth ?? listDepth[field.kind], level, test, (value) =>
    testSql(operandOf(field, value), test),
  )
}

/** A list passes if one of its elements does; it is present if it has any. */
function anyElement(sql: string, depth: number, level: number, test: Test, single: (sql: string) => string): string {
  if (depth === 0) return single(sql)
  if (test.kind === 'present') return `notEmpty(${sql})`
  const variable = `v${level}`
  return `arrayExists(${variable} -> ${anyElement(variable, depth - 1, level + 1, test, single)}, ${sql})`
}

/** Lists of unequal lengths are read as if the shorter ones went on with absent values. */
function elementTest({ type, scope, level }: Context, names: readonly string[], filter: BoundFilter): string {
  const lists = names.map((name, index) => {
    const field = knownField(type, name)
    return { name, depth: listDepth[field.kind], sql: readField(type, name), variable: `e${level}_${index}` }
  })
  const inner = new Map(scope)
  for (const { name, depth, variable } of lists) inner.set(name, { sql: variable, depth: depth - 1 })
  const condition = compile({ type, scope: inner, level: level + 1 }, filter)
  const variables = lists.map(({ variable }) => variable).join(', ')
  const longest = lists.length > 1 ? `greatest(${lists.map(({ sql }) => `length(${sql})`).join(', ')})` : undefined
  const arrays = lists.map(({ sql }) => (longest ? `arrayResize(${sql}, ${longest})` : sql))
  return `arrayExists((${variables}) -> ${condition}, ${arrays.join(', ')})`
}
