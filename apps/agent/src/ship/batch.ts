// The rows of one epoch on their way into frames: numbers series, keeps a frame builder for each log type, and ends a frame
// early when it grows large. Where frames go is the caller's.
import type { Row } from '@margay/model'
import { logType } from '@margay/model'
import type { FrameBuilder, Loss, PieceHead, RecordSink } from '@margay/wire'
import { createFrameBuilder } from '@margay/wire'

/** A frame of so many rows compresses well and is decoded in some ten milliseconds. */
const maxFrameRows = 20_000

export interface BatchDeps {
  readonly agent: string
  readonly provisional: boolean
  /** A new epoch's name. */
  readonly newEpoch: () => string
  /** Unix seconds. */
  readonly now: () => number
  /** Takes a finished frame, by its name, and the rows it holds. Called in the order of sequences. */
  readonly onFrame: (frame: Uint8Array, name: PieceHead, rows: number) => void
  /** What was lost since the last frame; taken away by the call. */
  readonly takeLosses: () => readonly Loss[]
}

export interface Batch {
  readonly sink: RecordSink
  /** Writes what is held as frames, one for each log type that has something, or one for losses alone. */
  flush(): void
  /** Ends the epoch: every series number is void and what is held is thrown away; the rows that were. */
  nextEpoch(): number
}

export function createBatch(deps: BatchDeps): Batch {
  let generation = 0
  let epoch = deps.newEpoch()
  let sequence = 0
  let series: string[] = []
  const builders = new Map<string, FrameBuilder>()

  const builderOf = (name: string): FrameBuilder => {
    const known = builders.get(name)
    if (known) return known
    const type = logType(name)
    if (!type) throw new Error(`BUG: unknown log type ${name}`)
    const builder = createFrameBuilder(type)
    builders.set(name, builder)
    return builder
  }
  const write = (builder: FrameBuilder, losses: readonly Loss[]) => {
    const { rows } = builder
    const head = { agent: deps.agent, epoch, sequence: sequence++, provisional: deps.provisional, madeAt: deps.now() }
    deps.onFrame(builder.take(head, losses), head, rows)
  }
  const flush = () => {
    let losses = deps.takeLosses()
    // Losses without a row travel in a frame of the first log type.
    if (losses.length > 0) builderOf('flows')
    for (const builder of builders.values()) {
      if (builder.rows === 0 && builder.definitions === 0 && losses.length === 0) continue
      write(builder, losses)
      losses = []
    }
  }
  const begin = () => {
    generation++
    epoch = deps.newEpoch()
    sequence = 0
    series = []
    builders.clear()
  }
  return {
    sink: {
      get epoch() {
        return generation
      },
      series(name: string, dimensions: Row) {
        const number = series.push(name) - 1
        builderOf(name).define(number, dimensions)
        return number
      },
      add(number, rest) {
        const name = series[number]
        if (name === undefined) throw new Error(`BUG: series ${number} is of another epoch`)
        const builder = builderOf(name)
        builder.add(number, rest)
        if (builder.rows >= maxFrameRows) write(builder, deps.takeLosses())
      },
    },
    flush,
    nextEpoch() {
      const rows = [...builders.values()].reduce((sum, builder) => sum + builder.rows, 0)
      begin()
      return rows
    },
  }
}
