// Spans in which an agent that reported before says nothing: an agent records its own conversation with the server too, so
// one that is there is never silent for long.
import type { Filter } from '@margay/query'
import type { Range } from '../cluster/as-of.ts'
import type { TrafficDeps } from '../cluster/traffic.ts'
import { askFlows, isField } from '../cluster/traffic.ts'
import type { Finding } from './finding.ts'

const ofAgents: Filter = isField('origin', 'agent')

/** Buckets of a range at the most, so that a month costs what a day costs. */
const mostBuckets = 500
/** An agent reports every ten seconds; a minute without a row is no accident. */
const finestBucket = 60
/** What an interval and its way to the store take. */
const waySeconds = 60

const bucketOf = ({ from, to }: Range) =>
  Math.max(finestBucket, Math.ceil((to - from) / mostBuckets / finestBucket) * finestBucket)

/** Holes between buckets in which an agent reported; the last one may still be open at `end`. */
export function gapsOf(
  times: readonly number[],
  bucket: number,
  end: number,
): readonly { from: number; until?: number }[] {
  const gaps = times.slice(1).flatMap((time, index) => {
    const from = times[index]! + bucket
    return time > from ? [{ from, until: time }] : []
  })
  const last = times.at(-1)
  const isOpen = last !== undefined && end - (last + bucket) >= finestBucket
  return isOpen ? [...gaps, { from: last + bucket }] : gaps
}

/** Throws where the store does. `now` of the deps is Unix seconds. */
export async function askAgentGaps(range: Range, deps: TrafficDeps): Promise<readonly Finding[]> {
  const bucket = bucketOf(range)
  const by = ['host', { timeBucket: bucket }]
  const { groups } = await askFlows(range, { filter: ofAgents, by, measures: { rows: { rows: true } } }, deps)
  const byHost = Map.groupBy(groups, ({ key: [host] }) => String(host ?? '-'))
  const end = Math.min(range.to, deps.now() - waySeconds)
  return [...byHost].flatMap(([host, of]) => {
    const times = of.map(({ key: [, time] }) => Number(time)).sort((a, b) => a - b)
    return gapsOf(times, bucket, end).map(({ from, until }): Finding => ({
      kind: 'agent',
      time: from,
      phrase: `the agent of ${host} says nothing`,
      details: [until === undefined ? 'it has not come back in the range' : `for ${until - from} s`],
      ...(until !== undefined && { until }),
    }))
  })
}
