// What goes: whole UTC days that are too old, then the oldest days of a log type that is over its budget, then the oldest of all
// where the disk itself has no room. The decision is a function of the partitions; dropping one is a statement that frees its
// disk at once.
import { textLiteral } from './compile/literal.ts'
import { tableOf } from './schema/ddl.ts'
import type { AdminEngine } from './schema/migrate.ts'
import type { Partition } from './state.ts'
import { readPartitions } from './state.ts'
import type { Dropped, Retention } from './store.ts'

const secondsPerDay = 86_400

/** The partition's name as the first second of its day. */
function startOf({ name }: Partition): number {
  return Date.UTC(Number(name.slice(0, 4)), Number(name.slice(4, 6)) - 1, Number(name.slice(6, 8))) / 1000
}

/**
 * Which partitions of one log type go. A day goes when its last second is older than `days`. The newest day never goes for
 * the budget's sake: people who look at the present must find it, and the budget is then reported as exceeded.
 */
export function expired(partitions: readonly Partition[], rule: Retention, now: number): readonly Partition[] {
  const oldestKept = now - rule.days * secondsPerDay
  const gone = partitions.filter((partition) => startOf(partition) + secondsPerDay <= oldestKept)
  const kept = partitions.filter((partition) => !gone.includes(partition)).sort((a, b) => startOf(a) - startOf(b))
  let bytes = kept.reduce((sum, partition) => sum + partition.bytes, 0)
  const over = kept.slice(0, -1).filter((partition) => {
    if (rule.maxBytes === undefined || bytes <= rule.maxBytes) return false
    bytes -= partition.bytes
    return true
  })
  return [...gone, ...over]
}

/** Which partitions go so that so many bytes are free: the oldest day first, of one day the largest. Never a log's newest day. */
export function forRoom(partitions: readonly Partition[], bytes: number): readonly Partition[] {
  const newest = Map.groupBy(partitions, ({ logType }) => logType)
    .values()
    .map((own) => own.reduce((last, each) => (startOf(each) > startOf(last) ? each : last)))
  const spared = new Set(newest)
  let freed = 0
  return partitions
    .filter((partition) => !spared.has(partition))
    .sort((a, b) => startOf(a) - startOf(b) || b.bytes - a.bytes)
    .filter((partition) => {
      if (freed >= bytes) return false
      freed += partition.bytes
      return true
    })
}

const isoDay = ({ name }: Partition) => `${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6, 8)}`

/** Drops what the rules say and then what `room` asks for, and tells what went, days as `2026-11-25`. */
export async function retain(
  engine: AdminEngine,
  rules: ReadonlyMap<string, Retention>,
  now: number,
  room = 0,
): Promise<readonly Dropped[]> {
  const partitions = (await readPartitions(engine)).filter(({ logType }) => rules.has(logType))
  const ruledOut = [...rules].flatMap(([logType, rule]) =>
    expired(
      partitions.filter((partition) => partition.logType === logType),
      rule,
      now,
    ),
  )
  const freed = ruledOut.reduce((sum, { bytes }) => sum + bytes, 0)
  const left = partitions.filter((partition) => !ruledOut.includes(partition))
  const crowdedOut = forRoom(left, room - freed)
  const dropped: Dropped[] = []
  for (const [partitionsToGo, why] of [
    [ruledOut, 'rule'],
    [crowdedOut, 'room'],
  ] as const) {
    for (const partition of partitionsToGo) {
      const { logType, name, rows, bytes } = partition
      await engine.execute(`ALTER TABLE ${tableOf(logType)} DROP PARTITION ${textLiteral(name)}`)
      dropped.push({ logType, partition: isoDay(partition), rows, bytes, why })
    }
  }
  return dropped
}
