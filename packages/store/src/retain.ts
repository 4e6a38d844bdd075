// What goes: whole UTC days that are too old, then the oldest days of a log type that is over its budget. The decision is a
// function of the partitions; dropping one is a statement that frees its disk at once.
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

const isoDay = ({ name }: Partition) => `${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6, 8)}`

/** Drops what the rules say and tells what went, days as `2026-11-25`. */
export async function retain(
  engine: AdminEngine,
  rules: ReadonlyMap<string, Retention>,
  now: number,
): Promise<readonly Dropped[]> {
  const partitions = await readPartitions(engine)
  const dropped: Dropped[] = []
  for (const [logType, rule] of rules) {
    const own = partitions.filter((partition) => partition.logType === logType)
    for (const partition of expired(own, rule, now)) {
      await engine.execute(`ALTER TABLE ${tableOf(logType)} DROP PARTITION ${textLiteral(partition.name)}`)
      dropped.push({ logType, partition: isoDay(partition), rows: partition.rows, bytes: partition.bytes })
    }
  }
  return dropped
}
