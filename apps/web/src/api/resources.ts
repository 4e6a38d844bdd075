// Everything else that the console reads: health, values for completion, the graph's columns, and links to exports.
import type { GraphRequest, GraphResponse, Health } from '@margay/wire'
import { addressOf, call } from './http.ts'
import type { Scope } from './question.ts'

export const getHealth = (signal?: AbortSignal): Promise<Health> => call('health', { signal })

/** The commonest values of a field that start with `prefix`, with how many rows have each. */
export async function getValues(
  logType: string,
  field: string,
  prefix: string,
  range: Pick<Scope, 'from' | 'to'>,
  signal?: AbortSignal,
): Promise<readonly { value: string; count: number }[]> {
  const search = { logType, field, prefix, from: range.from, to: range.to }
  return (await call('values', { search, signal })).values
}

/** Flows grouped by both ends, as columns; packages/graph builds the picture from them. */
export function getGraph(
  scope: Scope,
  options: Pick<GraphRequest, 'extra' | 'limit'> = {},
  signal?: AbortSignal,
): Promise<GraphResponse> {
  const range = { from: { at: scope.from }, to: { at: scope.to } }
  return call('graph', { body: { range, query: scope.query, zone: scope.zone, ...options }, signal })
}

export type ExportFormat = 'csv' | 'ndjson'

export interface ExportOptions {
  readonly logType: string
  readonly scope: Scope
  /** CSV has these as its columns; NDJSON has every field there is. */
  readonly fields: readonly string[]
  readonly sort: { readonly field: string; readonly descending: boolean }
  readonly format: ExportFormat
}

/** A link to all rows of a search as a file: the browser saves it as it comes, whatever its size. */
export function exportAddress({ logType, scope, fields, sort, format }: ExportOptions): string {
  const search = {
    logType,
    ...scope,
    sort: sort.field,
    order: sort.descending ? ('descending' as const) : ('ascending' as const),
  }
  if (format === 'ndjson') return addressOf('exportNdjson', search)
  return addressOf('exportCsv', { ...search, fields: fields.join(',') })
}
