// What every storage engine is to the rest of the product. Two engines stand behind it (embedded now, a ClickHouse server
// later) and one contract suite holds both. SQL is known in this package only.
import type { Row, Value } from '@margay/model'
import type { Answer, Effort, Question } from '@margay/query'

/**
 * One insert: rows of one log type and one UTC day as a binary block. The token names the block for ever: inserting
 * the same token again changes nothing, and a token is never used for other rows.
 */
export interface Block {
  readonly logType: string
  readonly token: string
  readonly rows: number
  /** The block in ClickHouse's Native format, in pieces that are written one after the other. */
  readonly parts: readonly Uint8Array[]
}

/**
 * One field's values over rows that come together. Numbers are NaN where absent, and those over 2^53 are also in `exact` by
 * their row; every other kind is an index into a dictionary, whose undefined entries are absent.
 */
export type RowColumn =
  | { readonly kind: 'numbers'; readonly values: Float64Array; readonly exact: ReadonlyMap<number, bigint> }
  | {
      readonly kind: 'values'
      readonly dictionary: readonly (Value | undefined)[]
      readonly index: Uint8Array | Uint16Array | Uint32Array
    }

/**
 * Builds blocks of one log type from per-series codes. `series` does the costly work once for a set of dimensions and
 * gives a handle; `add` then costs copies of numbers. Handles stay valid until `forget`. One builder belongs to one caller.
 */
export interface BlockBuilder {
  readonly logType: string
  /** Codes the time-independent part of a row: its dimensions. Equal dimensions may be given twice and get two handles. */
  series(dimensions: Row): number
  forget(handle: number): void
  /** Adds a row: the handle's dimensions and this row's times, details and measures. */
  add(handle: number, rest: Row): void
  /**
   * Adds many rows at once: row `rows[i]` of the columns belongs to `handles[i]`. A field without a column is absent, a
   * column that is no time, detail or measure is not read. Nothing is kept of what is given, and nothing is added if one
   * time cannot be stored.
   */
  addColumns(handles: Uint32Array, columns: ReadonlyMap<string, RowColumn>, rows: Uint32Array): void
  /** Rows added since the last `take`, of all days. */
  readonly rows: number
  /** Ends the block: what was added, one part list for each UTC day, and starts anew. */
  take(): readonly DayPart[]
}

/** The rows of one UTC day of a taken block: with a token of its own it is a `Block`. */
export interface DayPart {
  /** `2026-11-25`. */
  readonly day: string
  readonly rows: number
  readonly parts: readonly Uint8Array[]
}

export interface AskOptions {
  /** Unix seconds that `ago` and `now` are counted from. */
  readonly now: number
  readonly signal?: AbortSignal
  /** A class of limits: `interactive` 10 s, `export` 120 s. */
  readonly limits?: 'interactive' | 'export'
  readonly onProgress?: (rowsRead: number) => void
}

export interface TableState {
  readonly logType: string
  readonly rows: number
  readonly bytes: number
  /** Unix seconds of the oldest and newest row, absent in an empty table. */
  readonly oldest?: number
  readonly newest?: number
}

export interface StoreState {
  readonly engine: string
  readonly state: 'ready' | 'starting' | 'failed'
  readonly error?: string
  /** The engine's process, where it has one of its own. */
  readonly pid?: number
  /** Times the engine's process had to be started again. */
  readonly restarts: number
  readonly queued: number
  readonly tables: readonly TableState[]
}

/** Retention of one log type: by age and by disk, whichever comes first. */
export interface Retention {
  readonly days: number
  readonly maxBytes?: number
}

/** A day that retention dropped. */
export interface Dropped {
  readonly logType: string
  /** The UTC day, `2026-11-25`. */
  readonly partition: string
  readonly rows: number
  readonly bytes: number
  /** `room`: before its time, since the disk had no room. */
  readonly why: 'rule' | 'room'
}

export interface Store {
  /** Opens or makes the data directory, applies migrations, resolves when questions can be asked. */
  open(): Promise<void>
  /** Resolves when the block is durable (fsync). Rejects if it is not stored; the caller tries again with the same block. */
  insert(block: Block): Promise<void>
  /** Answers; rejects with a StoreError whose `code` says what to do. A failure never spoils another question. */
  ask(question: Question, options: AskOptions): Promise<{ readonly answer: Answer; readonly effort: Effort }>
  /** All rows of a question in its order, page after page, for exports and live replays. */
  stream(question: Question, options: AskOptions): AsyncIterable<readonly Row[]>
  state(): Promise<StoreState>
  /** Drops what is too old or over budget at `now` (Unix seconds); tells what went. */
  retain(rules: ReadonlyMap<string, Retention>, now: number, room?: number): Promise<readonly Dropped[]>
  close(): Promise<void>
}
