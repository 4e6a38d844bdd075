// A frame's rows as they are worked through: which can be stored, of which series and moment each is. Every series of the
// frame is looked up once; rows point to it.
import type { Column, Frame, ValueColumn } from '@margay/wire'
import type { Definition, Epoch } from './epochs.ts'

/** A series as its rows in one frame need it. */
export interface FrameSeries {
  readonly definition: Definition
  readonly reporter: string
  readonly isSource: boolean
  readonly local: boolean
  readonly proto: string
  readonly podUid: string | undefined
}

/** Rows of one and the same interval, which nearly all of a frame are. */
export interface RowMoment {
  /** Unix seconds of the interval's beginning and end. */
  readonly since: number
  readonly at: number
  readonly rows: readonly number[]
}

export interface FrameRows {
  /** Rows that can be stored, in order. */
  readonly rows: Uint32Array
  /** The same rows by the time as of which they are named. */
  readonly moments: readonly RowMoment[]
  /** By row; of rows that cannot be stored too, where their series is known. */
  readonly series: readonly (FrameSeries | undefined)[]
  /** Rows that cannot be stored, by reason. */
  readonly leftOut: ReadonlyMap<string, number>
}

/** Times outside are a clock unset or a unit mistaken; they would make partitions of their own. */
const earliest = 978_307_200
const oneDay = 86_400
/** Seconds of an interval that tell moments apart; with a time of this century the product is an exact number. */
const maxIntervals = 1 << 20

function seriesOf(definition: Definition): FrameSeries {
  const { reporter, local, proto, pod_uid: podUid } = definition.dimensions
  return {
    definition,
    reporter: String(reporter),
    isSource: reporter !== 'dst',
    local: local === true,
    proto: String(proto),
    podUid: podUid as string | undefined,
  }
}

/** Each row's series: one look-up for a row, one object for a series. */
function seriesByRow({ logType, rows }: Frame, epoch: Epoch): (FrameSeries | undefined)[] {
  const known = new Map<number, FrameSeries | undefined>()
  for (const number of new Set(rows.series)) {
    const definition = epoch.definitions.get(number)
    known.set(number, definition?.logType === logType ? seriesOf(definition) : undefined)
  }
  const byRow: (FrameSeries | undefined)[] = []
  for (let row = 0; row < rows.count; row++) byRow.push(known.get(rows.series[row]!))
  return byRow
}

/** The numbers of a column; all NaN, which is absent, where there is none. */
export function numbersOf(frame: Frame, name: string): Float64Array {
  const column: Column | undefined = frame.rows.columns.get(name)
  return column?.kind === 'numbers' ? column.values : new Float64Array(frame.rows.count).fill(Number.NaN)
}

/** The column of a dictionary; where there is none, one of nothing but its absent entry. */
export function valuesOf(frame: Frame, name: string): ValueColumn {
  const column: Column | undefined = frame.rows.columns.get(name)
  if (column?.kind === 'values') return column
  return { kind: 'values', dictionary: [undefined], index: new Uint8Array(frame.rows.count) }
}

/** `now` is Unix seconds. */
export function readRows(frame: Frame, epoch: Epoch, now: number): FrameRows {
  const series = seriesByRow(frame, epoch)
  const starts = numbersOf(frame, 'start_time')
  const ends = numbersOf(frame, 'end_time')
  const rows: number[] = []
  const moments = new Map<number, { since: number; at: number; rows: number[] }>()
  const leftOut = new Map<string, number>()
  for (let row = 0; row < frame.rows.count; row++) {
    const time = starts[row]!
    if (!series[row] || !(time >= earliest && time <= now + oneDay)) {
      const reason = series[row] ? 'time_far_off' : 'series_unknown'
      leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1)
      continue
    }
    rows.push(row)
    const at = Number.isNaN(ends[row]!) ? time : ends[row]!
    const key = time * maxIntervals + Math.max(0, Math.min(at - time, maxIntervals - 1))
    const ofMoment = moments.get(key)
    if (ofMoment) ofMoment.rows.push(row)
    else moments.set(key, { since: Math.min(time, at), at, rows: [row] })
  }
  return { rows: Uint32Array.from(rows), moments: [...moments.values()], series, leftOut }
}
