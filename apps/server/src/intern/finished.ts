// Rows that come with their names (NDJSON, later other peers): nothing is looked up, equal dimensions are coded once.
import type { Row } from '@margay/model'
import { fieldsOf, logTypes } from '@margay/model'
import type { BlockBuilder } from '@margay/store'
import type { HandlePlace } from './handles.ts'
import { createHandles } from './handles.ts'

export interface FinishedRows {
  encode(logType: string, rows: readonly Row[], builder: BlockBuilder): void
  /** Called between segments. */
  trim(): void
}

const dimensionsOf = new Map(logTypes.map((type) => [type.name, fieldsOf(type, 'dimension')]))

export function createFinishedRows(config: { readonly maxSeries: number }): FinishedRows {
  const handles = createHandles({ limit: config.maxSeries })
  const places = new Map(logTypes.map((type): [string, HandlePlace] => [type.name, new Map()]))
  return {
    encode(logType, rows, builder) {
      const names = dimensionsOf.get(logType)
      const place = places.get(logType)
      if (!names || !place) throw new Error(`BUG: unknown log type ${logType}`)
      for (const row of rows) {
        const dimensions = Object.fromEntries(names.map((name) => [name, row[name]]))
        const key = JSON.stringify(dimensions)
        builder.add(handles.get(place, key, builder, () => dimensions).handle, row)
      }
    },
    trim: () => handles.trim(),
  }
}
