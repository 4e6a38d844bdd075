// A grouping as one statement: keys, measures, order, limit. One group more than asked for is fetched, so that an answer
// can say that it was cut.
import type { Field, FieldKind, LogType, Value } from '@margay/model'
import type { Answer, Group, GroupKey, Measure, SelectGroups } from '@margay/query'
import { StoreError } from '../errors.ts'
import { columnName } from '../schema/column.ts'
import { fieldOf } from './field-of.ts'
import { fractionLiteral, numberLiteral } from './literal.ts'
import { listDepth, operandOf, readField } from './operand.ts'
import type { EngineOutput } from './output.ts'
import { decodeValue, elementKind, selectOf } from './output.ts'
import type { Source } from './source.ts'
import { fromWhere } from './source.ts'

interface Item {
  readonly select: string
  /** What to sort by, if not the selected value itself. */
  readonly order?: string
  readonly decode: (json: unknown) => Value | undefined
}

const flatten = (sql: string, depth: number) => (depth === 2 ? `arrayFlatten(${sql})` : sql)

/** The field of a list's elements, so that their SQL and decoders are those of single values. */
const elementOf = (field: Field): Field => ({ ...field, kind: elementKind[field.kind] })

/** The elements of a list that say something, lists of lists as one. */
function elementsOf(type: LogType, name: string): string {
  const field = fieldOf(type, name)
  const { present } = operandOf(elementOf(field), 'x')
  const all = flatten(readField(type, name), listDepth[field.kind])
  return `arrayFilter(x -> ${present}, ${all})`
}

function keyItem({ type, counted }: Source, key: GroupKey): Item {
  if ('timeBucket' in key) {
    const width = numberLiteral(Math.max(1, Math.floor(key.timeBucket)))
    const time = `toUnixTimestamp(${columnName(type.time)})`
    return { select: `toUInt32(intDiv(${time}, ${width}) * ${width})`, decode: (json) => json as number }
  }
  if ('counted' in key) return countedItem(type, counted)
  return fieldItem(type, key.field)
}

/** Whether a row is part of totals. */
function countedItem(type: LogType, counted: Source['counted']): Item {
  if (counted?.asLogged) return fieldItem(type, 'counts')
  return { select: `toUInt8(${counted?.condition ?? 1})`, decode: (json) => json === 1 }
}

/** A row with a list is in the group of each of its elements, and in that of "absent" if it has none. */
function fieldItem(type: LogType, name: string): Item {
  const field = fieldOf(type, name)
  const depth = listDepth[field.kind]
  const element = elementOf(field)
  const column = readField(type, name)
  const single = depth === 0 ? column : `arrayJoin(emptyArrayToSingle(${flatten(column, depth)}))`
  return { select: selectOf(element, single), decode: (json) => decodeValue(element, json) }
}

const decodeNumber = (json: unknown) => (json === null ? undefined : (json as number | bigint))

/** Sums of 64-bit counters are taken in 128 bits, because the engine's own wrap. */
function sumItem(type: LogType, name: string): Item {
  const field = fieldOf(type, name)
  const column = columnName(name)
  const wide = field.width === 32 ? `\`${column}\`` : `toUInt128(\`${column}\`)`
  return { select: `sum(${wide})`, decode: decodeNumber }
}

function extremeItem(type: LogType, name: string, aggregate: 'min' | 'max'): Item {
  const field = fieldOf(type, name)
  const column = readField(type, name)
  return {
    select: `${aggregate}OrNullIf(${selectOf(field, column)}, ${operandOf(field, column).present})`,
    decode: (json) => (json === null ? undefined : decodeValue(field, json)),
  }
}

/** Rows without a value, or with no weight, have no part in a mean. */
function meanItem(type: LogType, name: string): Item {
  const field = fieldOf(type, name)
  const column = readField(type, name)
  const { present } = operandOf(field, column)
  const weight = typeof field.merge === 'object' ? readField(type, field.merge.meanBy) : '1'
  const weights = `sumIf(toUInt128(${weight}), ${present})`
  return {
    select: `if(${weights} = 0, NULL, sumIf(toUInt128(${column}) * ${weight}, ${present}) / ${weights})`,
    // A fraction, which may be printed without its point.
    decode: (json) => (json === null ? undefined : Number(json)),
  }
}

function distinctItem(type: LogType, name: string): Item {
  const field = fieldOf(type, name)
  if (listDepth[field.kind] > 0) return { select: `uniqExactArray(${elementsOf(type, name)})`, decode: decodeNumber }
  const column = readField(type, name)
  return { select: `uniqExactIf(${column}, ${operandOf(field, column).present})`, decode: decodeNumber }
}

function quantileItem(type: LogType, name: string, at: number): Item {
  const field = fieldOf(type, name)
  const column = readField(type, name)
  return {
    select: `quantileExactOrNullIf(${fractionLiteral(at)})(${selectOf(field, column)}, ${operandOf(field, column).present})`,
    decode: decodeNumber,
  }
}

function valuesItem(type: LogType, name: string, limit: number): Item {
  const field = fieldOf(type, name)
  const column = readField(type, name)
  const element = elementOf(field)
  const all =
    listDepth[field.kind] > 0
      ? `groupUniqArrayArray(${elementsOf(type, name)})`
      : `groupUniqArrayIf(${selectOf(field, column)}, ${operandOf(field, column).present})`
  const sorted =
    element.kind === 'enum' || element.kind === 'bool' ? `arraySort(x -> toString(x), ${all})` : `arraySort(${all})`
  return {
    select: `arraySlice(${sorted}, 1, ${numberLiteral(limit)})`,
    decode: (json) => (json as unknown[]).map((value) => decodeValue(element, value)) as unknown as readonly string[],
  }
}

const amounts: ReadonlySet<FieldKind> = new Set(['count', 'bytes', 'duration'])
const numbers: ReadonlySet<FieldKind> = new Set([...amounts, 'port'])

/** What can be asked of a field by its kind; every other measure can be asked of every field. */
const measurable: {
  readonly [measure: string]: { readonly needs: string; readonly fits: (kind: FieldKind) => boolean }
} = {
  sum: { needs: 'amounts', fits: (kind) => amounts.has(kind) },
  mean: { needs: 'amounts', fits: (kind) => amounts.has(kind) },
  quantile: { needs: 'numbers', fits: (kind) => numbers.has(kind) },
  min: { needs: 'a single value', fits: (kind) => listDepth[kind] === 0 },
  max: { needs: 'a single value', fits: (kind) => listDepth[kind] === 0 },
}

/** Throws `bad_question` where a measure makes no sense of the field's kind; the engine would fail halfway. */
function checkMeasure(type: LogType, measure: Measure): void {
  for (const [name, { needs, fits }] of Object.entries(measurable)) {
    const field = (measure as { readonly [name: string]: unknown })[name]
    if (typeof field !== 'string') continue
    const { kind } = fieldOf(type, field)
    if (!fits(kind)) {
      throw new StoreError('bad_question', `cannot take the ${name} of "${field}": it needs ${needs}, this is ${kind}`)
    }
  }
}

function measureItem(type: LogType, measure: Measure): Item {
  checkMeasure(type, measure)
  if ('rows' in measure) return { select: 'count()', decode: decodeNumber }
  if ('sum' in measure) return sumItem(type, measure.sum)
  if ('max' in measure) return extremeItem(type, measure.max, 'max')
  if ('min' in measure) return extremeItem(type, measure.min, 'min')
  if ('mean' in measure) return meanItem(type, measure.mean)
  if ('distinct' in measure) return distinctItem(type, measure.distinct)
  if ('quantile' in measure) return quantileItem(type, measure.quantile, measure.at)
  return valuesItem(type, measure.values, measure.limit)
}

export interface CompiledGroups {
  readonly sql: string
  decode(output: EngineOutput): Answer
}

/** Enums sort by their words, everything else by itself. */
function orderOf(type: LogType, key: GroupKey, alias: string): string {
  if ('timeBucket' in key) return alias
  if ('counted' in key) return `toString(${alias})`
  const { kind } = fieldOf(type, key.field)
  return kind === 'enum' || kind === 'bool' ? `toString(${alias})` : alias
}

export function compileGroups(source: Source, select: SelectGroups): CompiledGroups {
  const { type } = source
  const names = Object.keys(select.measures)
  const keys = select.by.map((key) => keyItem(source, key))
  const measures = names.map((name) => measureItem(type, select.measures[name]!))
  const selects = [
    ...keys.map(({ select: sql }, index) => `${sql} AS k${index}`),
    ...measures.map(({ select: sql }, index) => `${sql} AS m${index}`),
  ]
  const order = select.by.map((key, index) => orderOf(type, key, `k${index}`))
  if (select.sort) order.unshift(measureOrder(names, select.sort))
  const sql = [
    `SELECT ${selects.length > 0 ? selects.join(', ') : 'count()'}`,
    fromWhere(source, source.from, source.to),
    keys.length > 0 ? `GROUP BY ${keys.map((_, index) => `k${index}`).join(', ')}` : '',
    order.length > 0 && keys.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    `LIMIT ${numberOfGroups(select.limit) + 1}`,
  ].join(' ')
  const decodeGroup = (values: readonly unknown[]): Group => ({
    key: keys.map(({ decode }, index) => decode(values[index])),
    measures: Object.fromEntries(
      names.map((name, index) => [name, measures[index]!.decode(values[keys.length + index])]),
    ),
  })
  return {
    sql,
    decode: ({ data }) => ({
      kind: 'groups',
      groups: data.slice(0, select.limit).map(decodeGroup),
      truncated: data.length > select.limit,
    }),
  }
}

function numberOfGroups(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new StoreError('bad_question', `limit ${limit} is no whole number over 0`)
  }
  return limit
}

function measureOrder(names: readonly string[], sort: NonNullable<SelectGroups['sort']>): string {
  const index = names.indexOf(sort.measure)
  if (index < 0) throw new StoreError('bad_question', `unknown measure "${sort.measure}" to sort by`)
  return `m${index} ${sort.descending ? 'DESC' : 'ASC'} NULLS LAST`
}
