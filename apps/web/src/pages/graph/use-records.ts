// The records under the graph, and how many there are of each tab: all flows and denied flows of the selection, and the
// DNS lookups of its clients. Sums are of records that count once, like the edges'.
import { dnsLog, flowLog, type LogType } from '@margay/model'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { askGroups, askRows, type Scope } from '../../api/question.ts'
import type { NameService, Tree } from '@margay/graph'
import type { Tab } from './graph-address.ts'
import { both, namesAskedOf } from './subject.ts'

/** Rows of a page, as the panel under the graph reads them. */
const pageSize = 100

export const typeOf: { readonly [T in Tab]: LogType } = { all: flowLog, denied: flowLog, dns: dnsLog }

export const narrowed = (scope: Scope, tab: Tab): Scope =>
  tab === 'denied' ? { ...scope, query: both(scope.query, 'action: deny') } : scope

export function useRecords(tab: Tab, scope: Scope | undefined) {
  const type = typeOf[tab]
  const query = useInfiniteQuery({
    queryKey: ['graph rows', tab, scope],
    queryFn: ({ pageParam, signal }) =>
      askRows(
        type,
        narrowed(scope!, tab),
        {
          sort: { field: type.time, descending: true },
          limit: pageSize,
          ...(pageParam !== undefined && { cursor: pageParam }),
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor,
    enabled: scope !== undefined,
    placeholderData: keepPreviousData,
  })
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data])
  return { ...query, rows }
}

const count = { by: [], measures: { rows: { rows: true as const } }, limit: 1 }

async function countRows(logType: string, scope: Scope, signal: AbortSignal): Promise<number> {
  const { groups } = await askGroups(logType, scope, 'every', count, signal)
  return Number(groups[0]?.measures['rows'] ?? 0)
}

/** How many records each tab has. */
export function useCount(tab: Tab, scope: Scope | undefined): number | undefined {
  const query = useQuery({
    queryKey: ['graph count', tab, scope],
    queryFn: ({ signal }) => countRows(typeOf[tab].name, narrowed(scope!, tab), signal),
    enabled: scope !== undefined,
    placeholderData: keepPreviousData,
  })
  return scope === undefined ? undefined : query.data
}

const services = {
  by: [{ field: 'dest_service_namespace' }, { field: 'dest_service_name' }],
  measures: { rows: { rows: true as const } },
  limit: 20,
}

export interface NameServices {
  /** Empty where nobody asks the vertex for names, undefined until that is known. */
  readonly known: readonly NameService[] | undefined
  readonly error: Error | null
}

/** The services by which a vertex is asked for names. */
export function useNameServices(scope: Scope, subject: string | undefined, tree: Tree | undefined): NameServices {
  const query = namesAskedOf(subject, tree)
  const { from, to, zone } = scope
  const { data, error } = useQuery({
    queryKey: ['name services', query, from, to],
    queryFn: async ({ signal }): Promise<readonly NameService[]> => {
      const { groups } = await askGroups('flows', { from, to, zone, query: query! }, 'every', services, signal)
      return groups.map(({ key }) => ({ namespace: String(key[0] ?? '-'), name: String(key[1] ?? '-') }))
    },
    enabled: query !== undefined,
    // Those of another time will do meanwhile, those of another vertex will not.
    placeholderData: (previous, of) => (of?.queryKey[1] === query ? previous : undefined),
  })
  return query === undefined ? { known: [], error: null } : { known: data, error }
}

const sums = {
  by: [],
  measures: {
    connections: { sum: 'num_flows' },
    bytesIn: { sum: 'bytes_in' },
    bytesOut: { sum: 'bytes_out' },
  },
  limit: 1,
}

export interface Sums {
  readonly connections: number
  readonly bytes: number
}

/** Sums over records that count once: what the edges of the selection add up to. */
export function useSums(scope: Scope): Sums | undefined {
  const query = useQuery({
    queryKey: ['graph sums', scope],
    queryFn: async ({ signal }): Promise<Sums> => {
      const { groups } = await askGroups('flows', scope, 'counted', sums, signal)
      const { connections = 0, bytesIn = 0, bytesOut = 0 } = groups[0]?.measures ?? {}
      return { connections: Number(connections), bytes: Number(bytesIn) + Number(bytesOut) }
    },
    placeholderData: keepPreviousData,
  })
  return query.data
}
