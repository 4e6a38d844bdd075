// Sends the spool, oldest file first, and forgets a frame only when the server has said that it is durable. At least once:
// after a restart or an error everything unacknowledged goes again, and the server drops what it has.
import type { Logger, RecordReader, Spool } from '@margay/kit'
import { createBackoff, sleep } from '@margay/kit'
import type { FrameResult, FramesAnswer } from '@margay/wire'
import { rowsIn } from './agent-spool.ts'
import type { Losses } from './losses.ts'
import type { ServerLink } from './server-link.ts'
import { ServerError } from './server-link.ts'

export interface SpoolSenderDeps {
  readonly spool: Spool
  readonly link: ServerLink
  readonly losses: Losses
  readonly log: Logger
  /** Everything that was written is acknowledged. Resolves when there may be something new, or the signal aborts. */
  readonly waitForMore: (signal: AbortSignal) => Promise<void>
  readonly onAnswer: (answer: FramesAnswer) => void
  readonly onState: (state: { readonly connected: boolean; readonly error?: Error }) => void
}

const maxBatchFrames = 64
const maxBatchBytes = 4 * 1_048_576

/** What is being sent: a file, where reading it got to, and the frames that are read and not acknowledged. */
interface Cursor {
  readonly file: number
  reader: RecordReader
  pending: Uint8Array[]
  maxBytes: number
}

export async function sendSpool(deps: SpoolSenderDeps, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff({ firstMs: 200, mostMs: 10_000 })
  let cursor: Cursor | undefined
  try {
    while (!signal.aborted) {
      cursor = nextCursor(deps.spool, cursor)
      if (cursor) fill(cursor)
      if (!cursor || cursor.pending.length === 0) {
        await deps.waitForMore(signal)
        continue
      }
      const sent = await sendPending(cursor, deps, signal)
      if (sent) backoff.reset()
      else await sleep(backoff.next(), signal)
    }
  } finally {
    cursor?.reader.close()
  }
}

/** Stays with the file at hand while it lasts; removes it when all of it is acknowledged and no more will be written. */
function nextCursor(spool: Spool, cursor: Cursor | undefined): Cursor | undefined {
  let current = cursor
  if (current && !isInSpool(spool, current.file)) {
    // The budget dropped it under us: what was not acknowledged is counted by the spool.
    current.reader.close()
    current = undefined
  }
  if (current && (current.pending.length > 0 || spool.current?.file === current.file)) return current
  if (current) {
    fill(current)
    if (current.pending.length > 0) return current
    current.reader.close()
    spool.remove(current.file)
  }
  const file = spool.files()[0]
  return file === undefined ? undefined : { file, reader: spool.read(file), pending: [], maxBytes: maxBatchBytes }
}

const isInSpool = (spool: Spool, file: number) => spool.files().includes(file)

function fill(cursor: Cursor): void {
  let bytes = cursor.pending.reduce((sum, piece) => sum + piece.length, 0)
  while (cursor.pending.length < maxBatchFrames && bytes < cursor.maxBytes) {
    const piece = cursor.reader.next()
    if (!piece) return
    cursor.pending.push(piece)
    bytes += piece.length
  }
}

/** True if the server took at least one frame, so that the next may go at once. */
async function sendPending(cursor: Cursor, deps: SpoolSenderDeps, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await deps.link.sendFrames(cursor.pending, signal)
    deps.onState({ connected: true })
    deps.onAnswer(answer)
    return settle(cursor, answer.results, deps)
  } catch (error) {
    if (signal.aborted) return false
    // The server's limit is smaller than ours: a single frame over it is refused by itself.
    if (error instanceof ServerError && error.status === 413) return shrink(cursor, deps)
    deps.onState({ connected: false, error: error as Error })
    return false
  }
}

function shrink(cursor: Cursor, deps: SpoolSenderDeps): boolean {
  if (cursor.pending.length === 1) {
    deps.losses.add('refused_too_large', rowsIn(cursor.pending.shift()!))
    return true
  }
  cursor.maxBytes = Math.max(1, Math.floor(cursor.maxBytes / 2))
  rewind(cursor, deps.spool)
  return true
}

/** Reads the file from its first frame again: its definitions are needed, and its rows are dropped by the server. */
function rewind(cursor: Cursor, spool: Spool): void {
  cursor.reader.close()
  cursor.reader = spool.read(cursor.file)
  cursor.pending = []
}

function settle(cursor: Cursor, results: readonly FrameResult[], deps: SpoolSenderDeps): boolean {
  let settled = 0
  for (const result of results) {
    if (result.result === 'define') {
      rewind(cursor, deps.spool)
      return true
    }
    if (result.result === 'later') break
    if (result.result === 'refused') {
      deps.losses.add(`refused_${result.code}`, rowsIn(cursor.pending[settled]!))
      deps.log.error('server refused a frame', { code: result.code, reason: result.message })
    }
    settled++
  }
  cursor.pending.splice(0, settled)
  return settled > 0
}
