// What the ribbon draws, from groups of flow records to bars. Pure. A conversation may have two records, one of each end;
// the store says which of them is part of totals in this search. A denial at the destination is a second record beside the
// source's allowed one, so it is taken out of the allowed and shown as denied: the verdict is deny when either side denies.
import type { Group, SelectGroups } from '../api/question.ts'
import type { FixedRange } from '../view/moment.ts'

export interface Bucket {
  /** Unix seconds. */
  readonly from: number
  readonly to: number
  readonly allowed: number
  readonly deniedAtSource: number
  readonly deniedAtDestination: number
  /** No record at all came in: nothing is known of this time, which is not the same as nothing happening. */
  readonly gap: boolean
}

/** The keys that the ribbon's groups have, beside the time bucket. */
export const ribbonKeys: SelectGroups['by'] = [{ field: 'action' }, { field: 'reporter' }, { counted: true }]

interface Counts {
  allowed: number
  source: number
  destination: number
}

const add = (counts: Counts, [, action, reporter, counted]: Group['key'], rows: number): void => {
  if (action !== 'deny') counts.allowed += counted ? rows : 0
  else if (reporter === 'dst') {
    counts.destination += rows
    if (!counted) counts.allowed -= rows
  } else counts.source += rows
}

function countByBucket(groups: readonly Group[]): Map<number, Counts> {
  const buckets = new Map<number, Counts>()
  for (const { key, measures } of groups) {
    const at = Number(key[0])
    const counts = buckets.get(at) ?? { allowed: 0, source: 0, destination: 0 }
    buckets.set(at, counts)
    add(counts, key, Number(measures.rows ?? 0))
  }
  return buckets
}

/**
 * One bucket for each `width` seconds of the range. `seen` holds the buckets in which any record came in, whatever the
 * filter; the bucket that the present is in is no gap before it has ended.
 */
export function ribbonBuckets(
  groups: readonly Group[],
  seen: ReadonlySet<number>,
  { from, to }: FixedRange,
  width: number,
  now: number,
): readonly Bucket[] {
  const counts = countByBucket(groups)
  const isCovered = (at: number) =>
    Array.from({ length: Math.ceil(intervalSeconds / width) }, (_, back) => at - back * width).some(
      (start) => seen.has(start) || counts.has(start),
    )
  const first = Math.floor(from / width) * width
  return Array.from({ length: Math.ceil((to - first) / width) }, (_, index) => {
    const at = first + index * width
    const { allowed, source, destination } = counts.get(at) ?? { allowed: 0, source: 0, destination: 0 }
    return {
      from: at,
      to: at + width,
      allowed: Math.max(0, allowed),
      deniedAtSource: source,
      deniedAtDestination: destination,
      gap: !isCovered(at) && at + width < now - settleSeconds,
    }
  })
}

/** A record is of an interval and stands where that begins: it tells of the finer buckets after it too. */
const intervalSeconds = 10

/** Records are written at the end of their interval of ten seconds and take a moment to arrive. */
const settleSeconds = 15

export const denied = ({ deniedAtSource, deniedAtDestination }: Bucket): number => deniedAtSource + deniedAtDestination

export interface RibbonTotals {
  readonly allowed: number
  readonly deniedAtSource: number
  readonly deniedAtDestination: number
  readonly gaps: number
}

export function ribbonTotals(buckets: readonly Bucket[]): RibbonTotals {
  const sum = (of: (bucket: Bucket) => number) => buckets.reduce((total, bucket) => total + of(bucket), 0)
  return {
    allowed: sum(({ allowed }) => allowed),
    deniedAtSource: sum(({ deniedAtSource }) => deniedAtSource),
    deniedAtDestination: sum(({ deniedAtDestination }) => deniedAtDestination),
    gaps: sum(({ gap }) => Number(gap)),
  }
}
