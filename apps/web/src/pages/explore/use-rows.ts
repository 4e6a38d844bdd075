// The rows of the table: pages of a stored search and, in live mode, what comes in by the stream above them.
import type { LogType, Row } from '@margay/model'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useReducer, useState } from 'react'
import { askRows, type Scope } from '../../api/question.ts'
import { tail, type StreamState } from '../../api/tail.ts'
import type { Sort } from '../../log-table/LogTable.tsx'
import { rowId } from '../../log-table/row-id.ts'
import { noLiveRows, pause, resume, takeIn, type LiveRows } from './live-rows.ts'

const pageSize = 200

/** The pages of a search; `enabled` is false while its query cannot be asked. */
export function useStoredRows(type: LogType, scope: Scope, sort: Sort, enabled: boolean) {
  const query = useInfiniteQuery({
    queryKey: ['rows', type.name, scope, sort],
    queryFn: ({ pageParam, signal }) =>
      askRows(type, scope, { sort, limit: pageSize, ...(pageParam !== undefined && { cursor: pageParam }) }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor,
    enabled,
    placeholderData: keepPreviousData,
  })
  const rows = useMemo(() => query.data?.pages.flatMap(({ rows }) => rows) ?? [], [query.data])
  return { ...query, rows, first: query.data?.pages[0] }
}

type LiveAction =
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly provisional: boolean }
  | { readonly kind: 'pause' | 'resume' | 'clear' }

const reduce =
  (time: string) =>
  (live: LiveRows, action: LiveAction): LiveRows => {
    switch (action.kind) {
      case 'rows':
        return takeIn(live, action.rows, action.provisional, time)
      case 'pause':
        return pause(live)
      case 'resume':
        return resume(live, time)
      case 'clear':
        return noLiveRows
    }
  }

/** What comes in by the stream while `active`. */
export function useLiveRows(type: LogType, query: string, zone: string, active: boolean) {
  const reducer = useMemo(() => reduce(type.time), [type])
  const [live, dispatch] = useReducer(reducer, noLiveRows)
  const [stream, setStream] = useState<StreamState>()
  useEffect(() => {
    dispatch({ kind: 'clear' })
    if (!active) return setStream(undefined)
    return tail({
      type,
      query,
      zone,
      onRows: (rows, provisional) => dispatch({ kind: 'rows', rows, provisional }),
      onState: setStream,
    })
  }, [type, query, zone, active])
  const togglePause = useCallback(() => dispatch({ kind: live.paused ? 'resume' : 'pause' }), [live.paused])
  return { live, stream, togglePause }
}

/** Live rows above stored ones; a row that came both ways is shown once. */
export function joinRows(live: readonly Row[], stored: readonly Row[], time: string): readonly Row[] {
  if (live.length === 0) return stored
  const seen = new Set(live.map((row) => rowId(row, time)))
  return [...live, ...stored.filter((row) => !seen.has(rowId(row, time)))]
}
