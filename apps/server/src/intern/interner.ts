// From an agent's frame to rows of the store, in columns: each series is named once for each pair of ends, and then a row
// costs a few look-ups and copies of numbers. Names are those of the row's own time, so a spool that comes an hour late is
// named as of then. Rows become objects only for people who watch.
import type { Row } from '@margay/model'
import type { BlockBuilder } from '@margay/store'
import type { Column, Frame } from '@margay/wire'
import { rowAt, transportFields } from '@margay/wire'
import type { Inventory } from '../inventory/inventory.ts'
import type { Agents } from './agents.ts'
import { createClocks } from './clocks.ts'
import type { Definition, Epoch } from './epochs.ts'
import type { Judge } from '../judge/judge.ts'
import type { Judgement } from '../judge/judgements.ts'
import type { Entry, Handle, Handles } from '../series/handles.ts'
import { createHandles, placeOf } from '../series/handles.ts'
import type { FrameNamer, Judged, Named } from './flow-rows.ts'
import { createFlowNamer } from './flow-rows.ts'
import type { FrameRows } from './frame-rows.ts'
import { numbersOf, readRows, valuesOf } from './frame-rows.ts'
import { createIdentity } from './identity.ts'
import { createLookupNamer } from './lookup-rows.ts'
import { createPatience } from './patience.ts'

export interface InternerConfig {
  readonly cluster: string
  /** Named series that are kept ready. */
  readonly maxSeries: number
}

export interface InternerDeps {
  readonly inventory: Inventory
  readonly agents: Agents
  /** Unix seconds. */
  readonly now: () => number
  readonly judge?: Judge
}

export interface Interned {
  readonly rows: number
  /** Rows that were left out, by reason. */
  readonly leftOut: ReadonlyMap<string, number>
  /** Rows about pods and hosts of other nodes than the agent's. */
  readonly elsewhere: number
}

export interface Interner {
  /** Adds the frame's rows to the builder; each row, whole, to `show` where that is given. */
  encode(frame: Frame, epoch: Epoch, builder: BlockBuilder, show?: (row: Row) => void): Interned
  /** The frame's rows as they would be stored, for deltas. */
  rows(frame: Frame, epoch: Epoch): readonly Row[]
  /** Whether some of the frame's pods are not known yet, and a moment's wait may help. */
  isUnnamed(frame: Frame, epoch: Epoch): boolean
  /** A frame arrived: told once, before anything else is asked about it. */
  noteArrival(frame: Frame): void
  /** Whether the frame was made just now. Whoever is to be named in one from a spool is known by now. */
  isFresh(frame: Frame): boolean
  /** Called between segments. */
  trim(): void
  readonly series: number
}

/** A frame's rows, named. */
interface NamedRows {
  readonly rows: Uint32Array
  /** By row; there is one for each of `rows`. */
  readonly handles: readonly Handle[]
  readonly columns: ReadonlyMap<string, Column>
  /** By row; absent where nobody judged. */
  readonly judgements: readonly (Judgement | undefined)[]
  readonly leftOut: ReadonlyMap<string, number>
  readonly elsewhere: number
}

/** Columns that go into the row as they are, and those that naming added; what no log has is only for us. */
function columnsOf({ rows }: Frame, added: ReadonlyMap<string, Column>): ReadonlyMap<string, Column> {
  const columns = new Map([...rows.columns, ...added])
  for (const name of Object.keys(transportFields)) columns.delete(name)
  return columns
}

function* wholeRows({ rows, handles, columns }: NamedRows): Iterable<Row> {
  for (const row of rows) yield { ...handles[row]!.dimensions, ...rowAt(columns, row) }
}

/** The handle of each of the rows. */
function handlesOf({ rows, handles }: NamedRows): Uint32Array {
  const picked = new Uint32Array(rows.length)
  for (let i = 0; i < rows.length; i++) picked[i] = handles[rows[i]!]!.handle
  return picked
}

/** Fast path: the handle of the series' last row, if this one is named and judged the same. */
function heldBy({ slot, source, dest, service, judgement }: Judged, definition: Definition): Entry | undefined {
  const { entry, of } = slot
  const isSame =
    of.judgement === judgement.id &&
    of.source === source &&
    of.dest === dest &&
    of.service === service &&
    of.definition === definition
  return isSame && entry?.isForgotten === false ? entry : undefined
}

function holdIn({ slot, source, dest, service, judgement }: Judged, definition: Definition, entry: Entry): void {
  slot.entry = entry
  slot.of.judgement = judgement.id
  slot.of.source = source
  slot.of.dest = dest
  slot.of.service = service
  slot.of.definition = definition
}

/** Adds what the rows count to what decided them. */
function countJudged(frame: Frame, { rows, judgements }: NamedRows, judge: Judge): void {
  const [starts, ends] = [numbersOf(frame, 'start_time'), numbersOf(frame, 'end_time')]
  const started = numbersOf(frame, 'num_flows_started')
  const [packetsIn, packetsOut] = [numbersOf(frame, 'packets_in'), numbersOf(frame, 'packets_out')]
  const [bytesIn, bytesOut] = [numbersOf(frame, 'bytes_in'), numbersOf(frame, 'bytes_out')]
  const counts = { started: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0, start: 0, end: 0 }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const judgement = judgements[row]
    if (!judgement) continue
    counts.started = started[row]! || 0
    counts.packetsIn = packetsIn[row]! || 0
    counts.packetsOut = packetsOut[row]! || 0
    counts.bytesIn = bytesIn[row]! || 0
    counts.bytesOut = bytesOut[row]! || 0
    counts.start = starts[row]!
    counts.end = ends[row]! || starts[row]!
    judge.count(judgement, counts)
  }
}

export function createInterner(config: InternerConfig, deps: InternerDeps): Interner {
  const { inventory, agents } = deps
  const identity = createIdentity(inventory, agents)
  const names = { inventory, agents, identity }
  const clocks = createClocks()
  const patience = createPatience()
  const stored = createHandles({ limit: config.maxSeries })
  const shown = createHandles({ limit: Math.ceil(config.maxSeries / 10) })

  const namerOf = (frame: Frame, isLasting: boolean): FrameNamer => {
    const from = { cluster: config.cluster, host: agents.hostOf(frame.agent) }
    if (frame.logType === 'dns') return createLookupNamer(frame, from, names)
    const { judge } = deps
    return createFlowNamer(frame, from, names, judge?.isReady ? { judge, isLasting } : undefined)
  }
  /** Learns the frame's own addresses before any row is judged, so that both reports of one host agree. */
  const noteAddresses = (frame: Frame, { series }: FrameRows, now: number) => {
    if (frame.logType !== 'flows') return
    const ends = [valuesOf(frame, 'source_ip'), valuesOf(frame, 'dest_ip')].map(({ dictionary, index }) => ({
      dictionary,
      index,
      noted: new Uint8Array(dictionary.length),
    }))
    const [sources, dests] = [ends[0]!, ends[1]!]
    const { filled } = inventory
    for (let row = 0; row < series.length; row++) {
      const own = series[row]
      if (!own || (own.podUid !== undefined && filled)) continue
      const { dictionary, index, noted } = own.isSource ? sources : dests
      const entry = index[row]!
      if (noted[entry] === 1) continue
      noted[entry] = 1
      const ip = dictionary[entry]
      if (ip !== undefined) agents.noteLocal(frame.agent, ip as string, now)
    }
  }
  const shownOf = ({ group, key, dimensions }: Named, { shown: places }: Definition): Handle =>
    shown.get(placeOf(places, group), key, noBuilder, dimensions)
  const handleOf = (named: Named, definition: Definition, builder: BlockBuilder): Handle => {
    const { group, key, dimensions, judged } = named
    const held = judged && heldBy(judged, definition)
    if (held) {
      stored.touch(held)
      return held
    }
    const entry = stored.get(placeOf(definition.stored, group), key, builder, dimensions)
    if (judged) holdIn(judged, definition, entry)
    return entry
  }
  const nameRows = (frame: Frame, epoch: Epoch, handles: Handles, builder: BlockBuilder): NamedRows => {
    const now = deps.now()
    const ahead = clocks.ahead(frame.agent)
    const read = readRows(frame, epoch, now)
    noteAddresses(frame, read, now)
    const namer = namerOf(frame, handles === stored)
    const byRow: Handle[] = []
    const judgements: (Judgement | undefined)[] = []
    let elsewhere = 0
    for (const { at, since, rows } of read.moments) {
      const name = namer.at({ agent: frame.agent, at: at - ahead, since: since - ahead, now })
      for (const row of rows) {
        const series = read.series[row]!
        const named = name(series, row)
        judgements[row] = named.judged?.judgement
        if (named.isElsewhere) elsewhere++
        byRow[row] =
          handles === stored ? handleOf(named, series.definition, builder) : shownOf(named, series.definition)
      }
    }
    return {
      rows: read.rows,
      handles: byRow,
      columns: columnsOf(frame, namer.columns),
      judgements,
      leftOut: read.leftOut,
      elsewhere,
    }
  }
  return {
    encode(frame, epoch, builder, show) {
      const named = nameRows(frame, epoch, stored, builder)
      const { rows, columns, leftOut, elsewhere } = named
      if (rows.length > 0) builder.addColumns(handlesOf(named), columns, rows)
      if (deps.judge) countJudged(frame, named, deps.judge)
      if (show) for (const row of wholeRows(named)) show(row)
      return { rows: rows.length, leftOut, elsewhere }
    },
    rows(frame, epoch) {
      const rows = [...wholeRows(nameRows(frame, epoch, shown, noBuilder))]
      shown.trim()
      return rows
    },
    isUnnamed(frame, epoch) {
      const now = deps.now()
      const uidOf = (series: number) => epoch.definitions.get(series)?.dimensions.pod_uid as string | undefined
      const uids = new Set([...new Set(frame.rows.series)].map(uidOf))
      // Each is asked for, so that all have their time at once.
      const missing = [...uids].filter((uid) => uid !== undefined && identity.isUnnamed(uid, frame.madeAt))
      return missing.map((uid) => patience.mayCome(uid!, now)).includes(true)
    },
    noteArrival: (frame) => clocks.note(frame, deps.now()),
    isFresh: (frame) => clocks.isFresh(frame, deps.now()),
    trim() {
      stored.trim()
      deps.judge?.trim(deps.now())
    },
    get series() {
      return stored.size
    },
  }
}

/** Rows that are only shown are coded by nobody. */
const noBuilder: BlockBuilder = {
  logType: '',
  rows: 0,
  series: () => 0,
  forget: () => {},
  add: () => {},
  addColumns: () => {},
  take: () => [],
}
