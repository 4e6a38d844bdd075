// Rows that come with their names (NDJSON, later other peers): nothing is looked up, equal dimensions are coded once.
import type { Row } from '@margay/model'
import { fieldsOf, logTypes } from '@margay/model'
import type { BlockBuilder } from '@margay/store'
import type { HandlePlace } from '../series/handles.ts'
import { createHandles } from '../series/handles.ts'

export interface FinishedRows {
  /** `shared` holds the dimensions of each row where the rows do not; the same object is looked at once. */
  encode(logType: string, rows: readonly Row[], builder: BlockBuilder, shared?: readonly Row[]): void
  /** Called between segments. */
  trim(): void
}

const dimensionsOf = new Map(logTypes.map((type) => [type.name, fieldsOf(type, 'dimension')]))

export function createFinishedRows(config: { readonly maxSeries: number }): FinishedRows {
  const handles = createHandles({ limit: config.maxSeries })
  const places = new Map(logTypes.map((type): [string, HandlePlace] => [type.name, new Map()]))
  return {
    encode(logType, rows, builder, shared) {
      const names = dimensionsOf.get(logType)
      const place = places.get(logType)
      if (!names || !place) throw new Error(`BUG: unknown log type ${logType}`)
      const handleOf = (row: Row): number => {
        const dimensions = Object.fromEntries(names.map((name) => [name, row[name]]))
        return handles.get(place, JSON.stringify(dimensions), builder, () => dimensions).handle
      }
      const seen = new Map<Row, number>()
      for (const [index, row] of rows.entries()) {
        const same = shared?.[index]
        const handle = (same && seen.get(same)) ?? handleOf(same ?? row)
        if (same) seen.set(same, handle)
        builder.add(handle, row)
      }
    },
    trim: () => handles.trim(),
  }
}
