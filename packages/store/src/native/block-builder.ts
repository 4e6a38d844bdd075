// Builds insert blocks from per-series codes. Dimensions are coded once per series; a row costs copies of numbers and of
// its own details. Rows are kept apart by UTC day, because a block belongs to one partition. Two rows that are equal are
// two rows: nothing here folds.
import type { LogType, Row } from '@margay/model'
import type { Column } from '../schema/column.ts'
import { columnsOf } from '../schema/column.ts'
import type { BlockBuilder, DayPart, RowColumn } from '../store.ts'
import { Growing, columnHeader, varint } from './bytes.ts'
import type { ColumnWriter } from './column-writer.ts'
import { pick, pushColumn } from './column-writer.ts'
import { plainType, rowColumn } from './row-column.ts'
import type { Gather, SeriesColumn } from './series-column.ts'
import { seriesColumn } from './series-column.ts'

const secondsPerDay = 86_400
/** The last second that a column of 32 bits can hold, in 2106. */
const latest = 2 ** 32 - 1
const isTime = (seconds: number) => seconds > 0 && seconds <= latest

interface SeriesPart {
  readonly field: string
  readonly header: Uint8Array
  readonly column: SeriesColumn
}

interface RowPart {
  readonly field: string
  readonly header: Uint8Array
  readonly make: (rows: number | undefined) => ColumnWriter<unknown>
}

/** The rows of one day so far. */
interface DayRows {
  readonly handles: Growing<Uint32Array>
  readonly writers: readonly ColumnWriter<unknown>[]
}

const isoDay = (day: number) => new Date(day * secondsPerDay * 1000).toISOString().slice(0, 10)

function partsOf(type: LogType) {
  const series: SeriesPart[] = []
  const rows: RowPart[] = []
  for (const column of columnsOf(type)) {
    const field = type.fields[column.field]!
    if (field.role === 'dimension') series.push(seriesPart(column, seriesColumn(field)))
    else rows.push({ field: column.field, header: plainHeader(column), make: (count) => rowColumn(field, count) })
  }
  return { series, rows }
}

const plainHeader = ({ name, type }: Column) => columnHeader(name, plainType(type))

const seriesPart = (column: Column, codes: SeriesColumn): SeriesPart => ({
  field: column.field,
  header: codes.dictionary ? columnHeader(column.name, column.type) : plainHeader(column),
  column: codes,
})

/** Distinct handles in order of first use, and each row's place among them. */
function gatherOf(handles: Growing<Uint32Array>, places: Uint32Array): Gather {
  const series: number[] = []
  const rows = handles.items.slice(0, handles.length)
  // `places` is all zero between calls; a place is kept as one more than it is.
  for (let i = 0; i < rows.length; i++) {
    const handle = rows[i]!
    if (places[handle] === 0) places[handle] = series.push(handle)
    rows[i] = places[handle]! - 1
  }
  for (const handle of series) places[handle] = 0
  return { series: Uint32Array.from(series), rows }
}

/** Some rows of a batch, and the handle of each. */
interface BatchRows {
  readonly handles: Uint32Array
  readonly rows: Uint32Array
}

/** A batch's rows by UTC day; nearly always there is one. */
function partByDay(times: Float64Array, { handles, rows }: BatchRows): ReadonlyMap<number, BatchRows> {
  const places = new Map<number, number[]>()
  let last = Number.NaN
  let ofDay: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const day = Math.floor(times[rows[i]!]! / secondsPerDay)
    if (day !== last) {
      ofDay = places.get(day) ?? []
      places.set(day, ofDay)
      last = day
    }
    ofDay.push(i)
  }
  // Fast path: nothing to pick.
  if (places.size === 1) return new Map([[last, { handles, rows }]])
  const some = (at: number[]) => ({
    handles: pick(handles, Uint32Array.from(at)),
    rows: pick(rows, Uint32Array.from(at)),
  })
  return new Map([...places].map(([day, at]) => [day, some(at)]))
}

/** A builder for one log type. It has no limits of its own: the caller takes when `rows` or the clock says so. */
export function createBlockBuilder(type: LogType): BlockBuilder {
  const parts = partsOf(type)
  const columnCount = varint(parts.series.length + parts.rows.length)
  const free: number[] = []
  const forgotten: number[] = []
  let days = new Map<number, DayRows>()
  let handleCount = 0
  let rowCount = 0
  /** Rows of the block before, of which the next one's first day is expected to have as many. */
  let lastRows: number | undefined

  const dayOf = (day: number): DayRows => {
    let rows = days.get(day)
    if (!rows) {
      const room = days.size === 0 ? lastRows : undefined
      rows = { handles: new Growing(new Uint32Array(256)), writers: parts.rows.map(({ make }) => make(room)) }
      days.set(day, rows)
    }
    return rows
  }

  const badTime = (time: unknown) =>
    new Error(`BUG: a ${type.name} row has the ${type.time} ${String(time)}; Unix seconds are expected`)

  const addPart = (day: number, part: BatchRows, columns: ReadonlyMap<string, RowColumn>) => {
    const { handles, writers } = dayOf(day)
    const at = handles.reserve(part.handles.length)
    handles.items.set(part.handles, at)
    parts.rows.forEach(({ field }, index) => pushColumn(writers[index]!, columns.get(field), part.rows))
    rowCount += part.rows.length
  }

  const encode = ({ handles, writers }: DayRows, places: Uint32Array): Uint8Array[] => {
    const gather = gatherOf(handles, places)
    const bytes: Uint8Array[] = [columnCount, varint(handles.length)]
    for (const { header, column } of parts.series) bytes.push(header, ...column.bytes(gather))
    parts.rows.forEach(({ header }, index) => bytes.push(header, ...writers[index]!.bytes()))
    return bytes
  }

  // A handle may be forgotten while rows of this block still need its codes.
  const releaseForgotten = () => {
    for (const handle of forgotten) {
      for (const { column } of parts.series) column.forget(handle)
      free.push(handle)
    }
    forgotten.length = 0
  }

  return {
    logType: type.name,
    series(dimensions: Row) {
      const handle = free.pop() ?? handleCount++
      for (const { field, column } of parts.series) column.code(handle, dimensions[field])
      return handle
    },
    forget: (handle) => void forgotten.push(handle),
    add(handle, rest) {
      const time = rest[type.time]
      if (typeof time !== 'number' || !isTime(time)) throw badTime(time)
      const { handles, writers } = dayOf(Math.floor(time / secondsPerDay))
      handles.push(handle)
      parts.rows.forEach(({ field }, index) => writers[index]!.push(rest[field]))
      rowCount++
    },
    addColumns(handles, columns, rows) {
      const times = columns.get(type.time)
      if (times?.kind !== 'numbers') throw new Error(`BUG: ${type.name} rows have no column of ${type.time}`)
      for (let i = 0; i < rows.length; i++) if (!isTime(times.values[rows[i]!]!)) throw badTime(times.values[rows[i]!])
      for (const [day, part] of partByDay(times.values, { handles, rows })) addPart(day, part, columns)
    },
    get rows() {
      return rowCount
    },
    take() {
      const places = new Uint32Array(handleCount)
      const taken = [...days].map(([day, rows]): DayPart => ({
        day: isoDay(day),
        rows: rows.handles.length,
        parts: encode(rows, places),
      }))
      days = new Map()
      lastRows = rowCount
      rowCount = 0
      releaseForgotten()
      return taken
    },
  }
}
