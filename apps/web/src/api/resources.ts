// Everything else that the console reads: health, values for completion, the graph's columns, and links to exports.
import type {
  ChangesResponse,
  EndsRequest,
  EndsResponse,
  EndpointsResponse,
  GraphRequest,
  GraphResponse,
  Health,
  NetworkSetsResponse,
  NodesResponse,
  PolicyExplainRequest,
  PolicyExplanation,
  SearchOf,
  ValuesResponse,
} from '@margay/wire'
import { addressOf, call } from './http.ts'
import type { Scope } from './question.ts'

export const getHealth = (signal?: AbortSignal): Promise<Health> => call('health', { signal })

/** The commonest values of a field that start with `prefix`, with how many rows have each, or have at least. */
export function getValues(
  logType: string,
  field: string,
  prefix: string,
  range: Pick<Scope, 'from' | 'to'>,
  signal?: AbortSignal,
): Promise<ValuesResponse> {
  const search = { logType, field, prefix, from: range.from, to: range.to }
  return call('values', { search, signal })
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

export type EndpointsSearch = SearchOf<'endpoints'>
export type NodesSearch = SearchOf<'nodes'>
export type NetworkSetsSearch = SearchOf<'networkSets'>

/** One page of endpoints; the cursor of its answer asks for the next. */
export const getEndpoints = (search: EndpointsSearch, signal?: AbortSignal): Promise<EndpointsResponse> =>
  call('endpoints', { search, signal })

export const getNodes = (search: NodesSearch, signal?: AbortSignal): Promise<NodesResponse> =>
  call('nodes', { search, signal })

export const getNetworkSets = (search: NetworkSetsSearch, signal?: AbortSignal): Promise<NetworkSetsResponse> =>
  call('networkSets', { search, signal })

/** What changed in a range, numbered in the order of time. */
export const getChanges = (range: Pick<Scope, 'from' | 'to'>, signal?: AbortSignal): Promise<ChangesResponse> =>
  call('changes', { search: { from: range.from, to: range.to }, signal })

/** Why a flow, or a record of one, is allowed or denied. */
export const explainPolicy = (body: PolicyExplainRequest, signal?: AbortSignal): Promise<PolicyExplanation> =>
  call('policyExplain', { body, signal })

/** Both ends of the connections that a flow record, in its published form, keeps whole. */
export const endsOfRecord = (record: unknown, signal?: AbortSignal): Promise<EndsResponse> =>
  call('ends', { body: { record } as EndsRequest, signal })

/** Both ends of the newest failed and slow connections of a search. */
export const endsOfScope = (scope: Scope, limit: number, signal?: AbortSignal): Promise<EndsResponse> => {
  const range = { from: { at: scope.from }, to: { at: scope.to } }
  return call('ends', { body: { range, query: scope.query, zone: scope.zone, limit }, signal })
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
