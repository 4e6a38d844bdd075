// Rows of the object log on their way to the segments. Whoever makes them does not wait; they are kept here until they are
// durable, tried again where the disk does not take them, and over the limit the oldest go and are counted.
import type { Logger, Part, Stage } from '@margay/kit'
import { createBackoff, createQueue, sleep } from '@margay/kit'
import type { ObjectRow } from '@margay/model'

export interface ObjectWriterDeps {
  /** Resolves when the rows are durable. Numbers of one epoch have no gaps, also when a batch is tried again. */
  readonly append: (rows: readonly ObjectRow[], sequence: number) => Promise<unknown>
  readonly log: Logger
  readonly stage: Stage
}

export interface ObjectWriter extends Part {
  write(rows: readonly ObjectRow[]): void
}

/** Some thirty megabytes of JSON: every object of a large cluster several times. */
const maxRows = 50_000
const batchRows = 5_000

export function createObjectWriter({ append, log, stage }: ObjectWriterDeps): ObjectWriter {
  const queue = createQueue<ObjectRow>({
    limit: maxRows,
    whenFull: 'drop-oldest',
    onDrop: () => stage.lose('object versions over the limit', 1),
  })
  const takeBatch = (first: ObjectRow): readonly ObjectRow[] => {
    const rows = [first]
    while (rows.length < batchRows && queue.length > 0) rows.push(queue.shift()!)
    return rows
  }
  let sequence = 0
  const appendPatiently = async (rows: readonly ObjectRow[], signal: AbortSignal) => {
    const backoff = createBackoff({ firstMs: 250, mostMs: 30_000 })
    for (;;) {
      try {
        await append(rows, sequence + 1)
        sequence++
        return stage.set({ state: 'ok' })
      } catch (error) {
        stage.set({ state: 'degraded', detail: `writing object versions failed: ${(error as Error).message}` })
        if (signal.aborted) return log.error('object versions were not kept', { rows: rows.length })
        await sleep(backoff.next(), signal)
      }
    }
  }
  return {
    name: 'object-log',
    write: (rows) => rows.forEach((row) => queue.push(row)),
    async run(signal) {
      stage.set({ state: 'ok' })
      for (;;) {
        const row = await queue.take(signal)
        if (row) await appendPatiently(takeBatch(row), signal)
        else break
      }
      const last = queue.shift()
      if (last) await appendPatiently(takeBatch(last), signal)
    },
  }
}
