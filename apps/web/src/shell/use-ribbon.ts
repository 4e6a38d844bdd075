// Asks what the ribbon draws: records by verdict over the range, and in which buckets any record came in at all.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { askGroups, type Group, type Scope, type SelectGroups } from '../api/question.ts'
import { useAsOf, useScope } from '../view/as-of.tsx'
import { bucketWidth } from '../view/moment.ts'
import { ribbonBuckets, ribbonKeys } from './ribbon-buckets.ts'

/** An hour is drawn by the minute: a finer bucket than the longest interval of records would show the intervals, not the traffic. */
const bucketsAtMost = 90
/** Verdicts, reporters and counts of each bucket. */
const groupsAtMost = bucketsAtMost * 13

const countBy = (by: SelectGroups['by']): Omit<SelectGroups, 'kind'> => ({
  by,
  measures: { rows: { rows: true } },
  limit: groupsAtMost,
})

const askSeen = async (scope: Scope, width: number, signal: AbortSignal): Promise<readonly Group[]> => {
  const select = countBy([{ timeBucket: width }])
  return (await askGroups('flows', { ...scope, query: '' }, 'every', select, signal)).groups
}

async function ask(scope: Scope, width: number, signal: AbortSignal) {
  const select = countBy([{ timeBucket: width }, ...ribbonKeys])
  const [matching, any] = await Promise.all([
    askGroups('flows', scope, 'every', select, signal),
    scope.query === '' ? [] : askSeen(scope, width, signal),
  ])
  return { matching, seen: new Set(any.map(({ key }) => Number(key[0]))), scope, width }
}

export function useRibbon() {
  const { scope, problem } = useScope('flows')
  const { now } = useAsOf()
  const width = bucketWidth(scope, bucketsAtMost)
  const query = useQuery({
    queryKey: ['ribbon', scope, width],
    queryFn: ({ signal }) => ask(scope, width, signal),
    enabled: !problem,
    placeholderData: keepPreviousData,
  })
  const { data } = query
  const buckets = data && ribbonBuckets(data.matching.groups, data.seen, data.scope, data.width, now)
  return {
    buckets,
    width: data?.width ?? width,
    range: data?.scope ?? scope,
    error: query.error,
    loading: query.isFetching,
  }
}
