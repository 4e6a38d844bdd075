// Asking for lists of objects: as of the end of the page's time, page after page, with the traffic of that time.
import { keepPreviousData, useInfiniteQuery, type QueryKey } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { asProblem, type ProblemError } from '../../api/problem.ts'
import { useScope } from '../../view/as-of.tsx'
import { endsNow } from '../../view/moment.ts'
import { useView } from '../../view/use-view.ts'

export interface Moment {
  /** Absent: as they are now. */
  readonly at?: number
  readonly from: number
  readonly to: number
}

/** The moment of the page: a time that ends earlier shows the objects of then. */
export function useMoment(): Moment {
  const { view } = useView()
  const { scope } = useScope('flows')
  const isNow = endsNow(view.range)
  return useMemo(
    () => ({ ...(!isNow && { at: scope.to }), from: scope.from, to: scope.to }),
    [isNow, scope.from, scope.to],
  )
}

interface Page {
  readonly total: number
  readonly cursor?: string | undefined
}

export interface ObjectPages<P> {
  readonly pages: readonly P[]
  readonly first: P | undefined
  readonly error: ProblemError | undefined
  /** The pages answer an earlier question: this one is under way, or failed. */
  readonly isOlder: boolean
  readonly loading: boolean
  readonly onEnd: () => void
}

/** The same array each time, as `useLast` and memos need it. */
const noPages: readonly never[] = []

/** The last value that there was. A value that did not change has to be the same one, or rendering never ends. */
export function useLast<T>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value)
  if (value !== undefined && value !== last) setLast(value)
  return value ?? last
}

/** Pages of a list; `ask` reads one of them. The last good ones stay where it fails. */
export function useObjectPages<P extends Page>(
  key: QueryKey,
  ask: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
): ObjectPages<P> {
  const { data, error, isFetching, isPlaceholderData, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor,
    placeholderData: keepPreviousData,
  })
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  const pages = useLast(data)?.pages ?? noPages
  return {
    pages,
    first: pages[0],
    error: error ? asProblem(error) : undefined,
    isOlder: isPlaceholderData || data === undefined,
    loading: isFetching,
    onEnd,
  }
}

/** Objects of one page: few enough to come at once, enough that scrolling seldom waits. */
export const pageSize = 500
