// Asks what changed in the time of the page: the same answer, and so the same numbers, wherever changes are shown.
import type { Change, ChangesResponse } from '@margay/wire'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getChanges } from '../api/resources.ts'
import { useScope } from '../view/as-of.tsx'

export interface Changes {
  readonly changes: readonly Change[]
  /** More than are told: the newest are. */
  readonly total: number
  /** Whether more changed than was read: the total is at least that. */
  readonly truncated: boolean
  /** What the answer lacks. */
  readonly unknown: ChangesResponse['unknown']
}

const none: Changes = { changes: [], total: 0, truncated: false, unknown: [] }

export function useChanges(): Changes {
  const { scope } = useScope('flows')
  const { from, to } = scope
  const { data } = useQuery({
    queryKey: ['changes', from, to],
    queryFn: ({ signal }) => getChanges({ from, to }, signal),
    placeholderData: keepPreviousData,
  })
  return data ?? none
}
