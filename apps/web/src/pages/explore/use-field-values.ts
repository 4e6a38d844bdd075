// What a field's values are within the search: the commonest with their records and how many there are; of an amount,
// its least, mean and largest.
import type { Field, LogType, Value } from '@margay/model'
import { useQuery } from '@tanstack/react-query'
import { askGroups, type Scope } from '../../api/question.ts'
import { isAmount } from '../../format/value.ts'

export interface ValueCount {
  /** undefined: the record has no value here. */
  readonly value: Value | undefined
  readonly rows: number
}

export interface FieldValuesAnswer {
  readonly values: readonly ValueCount[]
  /** Different values, absent not among them. */
  readonly distinct: number
  /** Records of the search. */
  readonly rows: number
  readonly exact: boolean
}

/** More are found by writing a filter. */
export const valuesShown = 8

async function askValues(type: LogType, name: string, scope: Scope, signal: AbortSignal): Promise<FieldValuesAnswer> {
  const rows = { rows: { rows: true as const } }
  const [top, all] = await Promise.all([
    askGroups(
      type.name,
      scope,
      'every',
      { by: [{ field: name }], measures: rows, sort: { measure: 'rows', descending: true }, limit: valuesShown },
      signal,
    ),
    askGroups(
      type.name,
      scope,
      'every',
      { by: [], measures: { ...rows, distinct: { distinct: name } }, limit: 1 },
      signal,
    ),
  ])
  const totals = all.groups[0]?.measures ?? {}
  return {
    values: top.groups.map(({ key, measures }) => ({ value: key[0], rows: Number(measures.rows ?? 0) })),
    distinct: Number(totals.distinct ?? 0),
    rows: Number(totals.rows ?? 0),
    exact: top.effort.exact && all.effort.exact,
  }
}

export const hasValues = (field: Field): boolean => !isAmount(field.kind) && field.role !== 'time'

export const useFieldValues = (type: LogType, name: string, scope: Scope, enabled: boolean) =>
  useQuery({
    queryKey: ['values', type.name, name, scope],
    queryFn: ({ signal }) => askValues(type, name, scope, signal),
    enabled,
  })

export interface Extent {
  readonly least: Value | undefined
  readonly mean: Value | undefined
  readonly most: Value | undefined
  readonly rows: number
}

async function askExtent(type: LogType, name: string, scope: Scope, signal: AbortSignal): Promise<Extent> {
  const measures = { least: { min: name }, mean: { mean: name }, most: { max: name }, rows: { rows: true as const } }
  const { groups } = await askGroups(type.name, scope, 'every', { by: [], measures, limit: 1 }, signal)
  const { least, mean, most, rows } = groups[0]?.measures ?? {}
  return { least, mean, most, rows: Number(rows ?? 0) }
}

export const useExtent = (type: LogType, name: string, scope: Scope, enabled: boolean) =>
  useQuery({
    queryKey: ['extent', type.name, name, scope],
    queryFn: ({ signal }) => askExtent(type, name, scope, signal),
    enabled,
  })
