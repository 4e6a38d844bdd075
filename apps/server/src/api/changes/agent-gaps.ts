// Spans in which an agent that reported before says nothing: an agent records its own conversation with the server too, so
// one that is there is never silent for long.
import { fieldIs } from '@margay/query'
import type { Range } from '../cluster/as-of.ts'
import type { TrafficDeps } from '../cluster/traffic.ts'
import { askAllFlows } from '../cluster/traffic.ts'
import type { Finding } from './finding.ts'

const ofAgents = fieldIs('origin', 'agent')

/** Buckets of a range at the most, so that a month costs what a day costs. */
const mostBuckets = 500
/** An agent reports every ten seconds; a minute without a row is no accident. */
const finestBucket = 60
/** What an interval and its way to the store take. */
const waySeconds = 60

const bucketOf = ({ from, to }: Range, buckets: number) =>
  Math.max(finestBucket, Math.ceil((to - from) / buckets / finestBucket) * finestBucket)

/** Groups that are read for one answer; where many agents have more, buckets are wider. */
const mostGroups = 50_000

async function bucketFor(range: Range, deps: TrafficDeps): Promise<number> {
  const finest = bucketOf(range, mostBuckets)
  const measures = { hosts: { distinct: 'host' } }
  const [all] = await askAllFlows(range, { filter: ofAgents, by: [], measures, limit: 1 }, deps)
  const hosts = Math.max(1, Number(all?.measures['hosts'] ?? 0))
  return Math.max(finest, bucketOf(range, Math.max(1, Math.floor(mostGroups / hosts))))
}

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
  const bucket = await bucketFor(range, deps)
  const by = ['host', { timeBucket: bucket }]
  const measures = { rows: { rows: true } } as const
  const groups = await askAllFlows(range, { filter: ofAgents, by, measures, limit: mostGroups * 2 }, deps)
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
