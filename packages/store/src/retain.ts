// What goes: whole UTC days that are too old, then the oldest days of a log type that is over its budget, then those of the largest
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

const bytesOf = (partitions: readonly Partition[]) => partitions.reduce((sum, { bytes }) => sum + bytes, 0)

/**
 * Which partitions of one log type go. A day goes when its last second is older than `days`. The newest day never goes for
 * the budget's sake: people who look at the present must find it, and the budget is then reported as exceeded.
 */
export function expired(partitions: readonly Partition[], rule: Retention, now: number): readonly Partition[] {
  const oldestKept = now - rule.days * secondsPerDay
  const gone = partitions.filter((partition) => startOf(partition) + secondsPerDay <= oldestKept)
  const kept = partitions.filter((partition) => !gone.includes(partition)).sort((a, b) => startOf(a) - startOf(b))
  let bytes = bytesOf(kept)
  const over = kept.slice(0, -1).filter((partition) => {
    if (rule.maxBytes === undefined || bytes <= rule.maxBytes) return false
    bytes -= partition.bytes
    return true
  })
  return [...gone, ...over]
}

/**
 * Which partitions go so that so many bytes are free: again and again the oldest day of the log type that takes most. What is
 * small and kept for long (what policies decided, versions of objects) gives no room and would be gone first by age alone. Never
 * a log type's newest day.
 */
export function forRoom(partitions: readonly Partition[], bytes: number): readonly Partition[] {
  const logs = [...Map.groupBy(partitions, ({ logType }) => logType).values()].map((own) =>
    own.toSorted((a, b) => startOf(a) - startOf(b)),
  )
  const gone: Partition[] = []
  while (bytesOf(gone) < bytes) {
    const [largest] = logs.filter(({ length }) => length > 1).sort((a, b) => bytesOf(b) - bytesOf(a))
    if (!largest) break
    gone.push(largest.shift()!)
  }
  return gone
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
  const left = partitions.filter((partition) => !ruledOut.includes(partition))
  const crowdedOut = forRoom(left, room - bytesOf(ruledOut))
  const dropped: Dropped[] = []
  const drop = async (partition: Partition, why: Dropped['why']) => {
    const { logType, name, rows, bytes } = partition
    await engine.execute(`ALTER TABLE ${tableOf(logType)} DROP PARTITION ${textLiteral(name)}`)
    dropped.push({ logType, partition: isoDay(partition), rows, bytes, why })
  }
  for (const partition of ruledOut) await drop(partition, 'rule')
  for (const partition of crowdedOut) await drop(partition, 'room')
  return dropped
}
