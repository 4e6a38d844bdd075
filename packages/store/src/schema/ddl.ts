// The statements that make tables, derived from the catalogue. What durability and exactness rest on is written out here
// and never left to an engine's defaults.
import type { LogType } from '@margay/model'
import type { Column } from './column.ts'
import { columnName, columnsOf } from './column.ts'

export const database = 'margay'

export const tableOf = (logType: string): string => `${database}.${logType}`

/**
 * Blocks whose tokens a table remembers. A segment is inserted within seconds or replayed soon after a restart; ten
 * thousand are hours of segments.
 */
const rememberedTokens = 10_000

/** Pinned for every table: what is acknowledged survives a power cut, and a block sent twice is one. */
export const tableSettings = {
  non_replicated_deduplication_window: rememberedTokens,
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  index_granularity: 8192,
  // Small columns of a fresh part share one file; ninety files for a second's rows would cost more than the rows.
  min_bytes_for_wide_part: 10_485_760,
} as const

const settingsText = Object.entries(tableSettings)
  .map(([name, value]) => `${name} = ${value}`)
  .join(', ')

export const columnDefinition = ({ name, type, codec }: Column): string => `\`${name}\` ${type} CODEC(${codec})`

/** The hour comes first, then the log type's own key: a range of hours is read alone, and equal names lie together. */
export function createTable(type: LogType, table = tableOf(type.name)): string {
  const time = columnName(type.time)
  const key = [`toStartOfHour(${time})`, ...type.sortKey.map((field) => `\`${columnName(field)}\``)]
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (`,
    columnsOf(type).map(columnDefinition).join(',\n'),
    `) ENGINE = MergeTree PARTITION BY toYYYYMMDD(${time})`,
    `ORDER BY (${key.join(', ')})`,
    `SETTINGS ${settingsText}`,
  ].join('\n')
}
