// Everything else that the console reads: health, values for completion, the graph's columns, exports.
import {
  graphSchema,
  healthSchema,
  valuesSchema,
  type GraphRequest,
  type GraphResponse,
  type Health,
} from '@margay/wire'
import { getJson, post, postJson } from './http.ts'
import type { Scope } from './question.ts'

export const getHealth = (signal?: AbortSignal): Promise<Health> => getJson('/health', healthSchema, signal)

/** The commonest values of a field that start with `prefix`, with how many rows have each. */
export async function getValues(
  logType: string,
  field: string,
  prefix: string,
  range: Pick<Scope, 'from' | 'to'>,
  signal?: AbortSignal,
): Promise<readonly { value: string; count: number }[]> {
  const params = new URLSearchParams({ logType, field, prefix, from: String(range.from), to: String(range.to) })
  return (await getJson(`/values?${params}`, valuesSchema, signal)).values
}

/** Flows grouped by both ends, as columns; packages/graph builds the picture from them. */
export function getGraph(
  scope: Scope,
  options: Pick<GraphRequest, 'extra' | 'limit'> = {},
  signal?: AbortSignal,
): Promise<GraphResponse> {
  const range = { from: { at: scope.from }, to: { at: scope.to } }
  return postJson('/graph', { range, query: scope.query, zone: scope.zone, ...options }, graphSchema, signal)
}

export type ExportFormat = 'csv' | 'ndjson'

export interface ExportRequest {
  readonly logType: string
  readonly scope: Scope
  readonly fields: readonly string[]
  readonly sort: { readonly field: string; readonly descending: boolean }
  readonly format: ExportFormat
}

/** All rows of a search as a file. The response is a stream; a search of any size costs this page no memory until it is saved. */
export function getExport({ logType, scope, fields, sort, format }: ExportRequest, signal?: AbortSignal) {
  const range = { from: { at: scope.from }, to: { at: scope.to } }
  const select = { kind: 'rows', fields, sort, limit: 10_000 }
  const body = { question: { logType, range, query: scope.query, zone: scope.zone, select }, format }
  return post('/export', body, format === 'csv' ? 'text/csv' : 'application/x-ndjson', signal)
}
