// Figures over a whole search, not over the rows that happen to be loaded: how many records, how many of them count, and
// the sums of the counted ones. A conversation that both ends reported counts once in a sum.
import type { LogType, Value } from '@margay/model'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { askGroups, type Reports, type Scope, type SelectGroups } from '../../api/question.ts'

type Measures = SelectGroups['measures']

async function askTotals(type: LogType, scope: Scope, reports: Reports, measures: Measures, signal: AbortSignal) {
  const { groups, effort } = await askGroups(type.name, scope, reports, { by: [], measures, limit: 1 }, signal)
  return { measures: groups[0]?.measures ?? {}, effort }
}

const count: Measures = { rows: { rows: true } }

/** Names of measures may not be names of fields, which hold dots. */
const sumName = (at: number) => `sum${at}`

/** Records of a log type that match, whichever end reported them. */
export function useRecordCount(type: LogType, scope: Scope, enabled: boolean) {
  return useQuery({
    queryKey: ['count', type.name, scope],
    queryFn: async ({ signal }) => {
      const { measures, effort } = await askTotals(type, scope, 'every', count, signal)
      return { rows: Number(measures.rows ?? 0), effort }
    },
    enabled,
    placeholderData: keepPreviousData,
  })
}

export interface Totals {
  /** Records that count. */
  readonly rows: number
  /** Sums by field. */
  readonly sums: Readonly<Record<string, Value | undefined>>
}

/** The fields among these whose values add up. */
export const summable = (type: LogType, fields: readonly string[]): readonly string[] =>
  fields.filter((name) => type.fields[name]?.merge === 'sum')

export function useTotals(type: LogType, scope: Scope, fields: readonly string[], enabled: boolean) {
  const summed = summable(type, fields)
  return useQuery({
    queryKey: ['totals', type.name, scope, summed],
    queryFn: async ({ signal }): Promise<Totals> => {
      const sums = Object.fromEntries(summed.map((field, at) => [sumName(at), { sum: field }]))
      const { measures } = await askTotals(type, scope, 'counted', { ...count, ...sums }, signal)
      return {
        rows: Number(measures.rows ?? 0),
        sums: Object.fromEntries(summed.map((field, at) => [field, measures[sumName(at)]])),
      }
    },
    enabled,
    placeholderData: keepPreviousData,
  })
}
