// Grouping done naively over rows in memory, from the words of question.ts, to hold the SQL against.
import type { Field, LogType, Row, Value } from '@margay/model'
import { isPresent, parseIp } from '@margay/model'
import type { Group, GroupKey, Measure, SelectGroups } from '@margay/query'
import { asAnswered } from '../schema/as-stored.ts'
import { elementKind } from '../compile/output.ts'

type Scalar = string | number | bigint | boolean
type Key = readonly (Scalar | undefined)[]

const flat = (value: Value | undefined): Scalar[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as Value[]).flatMap(flat) : [value as Scalar]

const bytesOf = (field: Field | undefined, value: Scalar | undefined): Buffer => {
  if (field && elementKind[field.kind] === 'ip') return Buffer.from(parseIp(String(value ?? '::'))!)
  return Buffer.from(String(value ?? ''))
}

/** Absent first, numbers by size, addresses by their bytes, everything else by its UTF-8. */
function compareScalars(field: Field | undefined, a: Scalar | undefined, b: Scalar | undefined): number {
  const isNumber = (value: unknown) => typeof value === 'number' || typeof value === 'bigint'
  if ((isNumber(a) || a === undefined) && (isNumber(b) || b === undefined) && (isNumber(a) || isNumber(b))) {
    const [x, y] = [BigInt(a ?? 0), BigInt(b ?? 0)]
    return x < y ? -1 : x > y ? 1 : 0
  }
  return Buffer.compare(bytesOf(field, a), bytesOf(field, b))
}

/** What a value in a list stands for as a key: the empty text and the unspecified address are absent. */
const asKey = (value: Scalar): Scalar | undefined => (value === '' || value === '::' ? undefined : value)

function keysOf(type: LogType, key: GroupKey, row: Row): readonly (Scalar | undefined)[] {
  if ('timeBucket' in key) return [Math.floor((row[type.time] as number) / key.timeBucket) * key.timeBucket]
  if (!('field' in key)) throw new Error('BUG: whether a row counts is not told by the row alone')
  const values = flat(row[key.field])
  return values.length === 0 ? [undefined] : values.map(asKey)
}

const combinations = (lists: readonly (readonly (Scalar | undefined)[])[]): readonly Key[] =>
  lists.reduce<readonly Key[]>((heads, list) => heads.flatMap((head) => list.map((value) => [...head, value])), [[]])

const sum = (values: readonly (number | bigint)[]) => values.reduce<bigint>((total, value) => total + BigInt(value), 0n)
const exact = (value: bigint) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value)

function measureOf(type: LogType, measure: Measure, rows: readonly Row[]): Value | undefined {
  if ('rows' in measure) return rows.length
  const [name] = Object.entries(measure)
    .find(([kind]) => kind !== 'at' && kind !== 'limit')!
    .slice(1) as [string]
  const field = type.fields[name]!
  const present = rows.filter((row) => isPresent(field, row[name]))
  const values = present.flatMap((row) => flat(row[name])).filter((value) => asKey(value) !== undefined)
  const sorted = [...values].sort((a, b) => compareScalars(field, a, b))
  if ('sum' in measure) return exact(sum(values as number[]))
  if ('max' in measure) return sorted.at(-1)
  if ('min' in measure) return sorted[0]
  if ('distinct' in measure) return new Set(values).size
  if ('quantile' in measure) return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * measure.at))]
  if ('values' in measure) return [...new Set(sorted)].slice(0, measure.limit) as string[]
  const weight = (row: Row) => (typeof field.merge === 'object' ? (row[field.merge.meanBy] as number | bigint) : 1)
  const weights = sum(present.map(weight))
  if (weights === 0n) return undefined
  return Number(sum(present.map((row) => BigInt(row[name] as number) * BigInt(weight(row))))) / Number(weights)
}

/** All groups in their order, without the limit. */
export function referenceGroups(type: LogType, rows: readonly Row[], select: SelectGroups): readonly Group[] {
  const members = new Map<string, { key: Key; rows: Row[] }>()
  if (select.by.length === 0) members.set('[]', { key: [], rows: [] })
  for (const row of rows.map((each) => asAnswered(type, each))) {
    for (const key of combinations(select.by.map((each) => keysOf(type, each, row)))) {
      const name = JSON.stringify(key.map((value) => (value === undefined ? null : [typeof value, String(value)])))
      const group = members.get(name) ?? { key, rows: [] }
      members.set(name, group)
      group.rows.push(row)
    }
  }
  const groups = [...members.values()].map(({ key, rows: own }): Group => {
    const measures = Object.entries(select.measures).map(([name, measure]) => [name, measureOf(type, measure, own)])
    return { key, measures: Object.fromEntries(measures) as Group['measures'] }
  })
  const fields = select.by.map((key) => ('field' in key ? type.fields[key.field] : undefined))
  return groups.sort((a, b) => compareMeasures(select, a, b) || compareKeys(fields, a.key as Key, b.key as Key))
}

function compareKeys(fields: readonly (Field | undefined)[], a: Key, b: Key): number {
  for (const [index, field] of fields.entries()) {
    const order = compareScalars(field, a[index], b[index])
    if (order !== 0) return order
  }
  return 0
}

/** Groups without the measure come last either way. */
function compareMeasures({ sort }: SelectGroups, a: Group, b: Group): number {
  if (!sort) return 0
  const [x, y] = [a.measures[sort.measure], b.measures[sort.measure]] as (number | bigint | undefined)[]
  if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined)
  const order = x < y ? -1 : x > y ? 1 : 0
  return sort.descending ? -order : order
}
