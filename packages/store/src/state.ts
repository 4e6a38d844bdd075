// How much each table holds, from the engine's list of parts: no row is read.
import { logTypes } from '@margay/model'
import { columnName } from './schema/column.ts'
import { database, tableOf } from './schema/ddl.ts'
import type { AdminEngine } from './schema/migrate.ts'
import type { TableState } from './store.ts'

/** One partition, a UTC day. */
export interface Partition {
  readonly logType: string
  /** `20261125`, as ClickHouse names it. */
  readonly name: string
  readonly rows: number
  readonly bytes: number
}

/** Partitions of every log type, oldest first within each. */
export async function readPartitions(engine: AdminEngine): Promise<readonly Partition[]> {
  const rows = await engine.read(
    `SELECT table, partition, sum(rows), sum(bytes_on_disk) FROM system.parts ` +
      `WHERE database = '${database}' AND active GROUP BY table, partition ORDER BY table, partition`,
  )
  const known = new Set(logTypes.map(({ name }) => name))
  return rows
    .filter(([table]) => known.has(table!))
    .map(([table, name, count, bytes]) => ({
      logType: table!,
      name: name!,
      rows: Number(count),
      bytes: Number(bytes),
    }))
}

/** The state of each log type's table. Oldest and newest come from the index of partitions. */
export async function readTables(engine: AdminEngine): Promise<readonly TableState[]> {
  const partitions = await readPartitions(engine)
  return Promise.all(
    logTypes.map(async ({ name, time }): Promise<TableState> => {
      const own = partitions.filter(({ logType }) => logType === name)
      const rows = own.reduce((sum, partition) => sum + partition.rows, 0)
      const bytes = own.reduce((sum, partition) => sum + partition.bytes, 0)
      if (rows === 0) return { logType: name, rows, bytes }
      const column = columnName(time)
      const [ends] = await engine.read(
        `SELECT toUnixTimestamp(min(${column})), toUnixTimestamp(max(${column})) FROM ${tableOf(name)}`,
      )
      return { logType: name, rows, bytes, oldest: Number(ends![0]), newest: Number(ends![1]) }
    }),
  )
}
