// The agent's rows on disk: a file is an epoch, a record is a piece. What `endInterval` has returned from is
// synced and will reach the server, unless the disk budget drops it, which is counted in rows.
import { randomBytes } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Clock, RecordReader, Spool } from '@margay/kit'
import { openSpool } from '@margay/kit'
import type { PieceHead } from '@margay/wire'
import { countFrame, pieceHead, readPiece } from '@margay/wire'
import type { Batch } from './batch.ts'
import { createBatch } from './batch.ts'
import type { ShipConfig } from './config.ts'
import type { Losses } from './losses.ts'

/** Far over any frame of ours; bounds what a damaged length can ask for. */
const maxFrameBytes = 64 * 1_048_576

const compress = (frame: Uint8Array): Uint8Array =>
  zstdCompressSync(frame, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })

/** A frame as it is kept and sent: its name in clear, its bytes compressed. */
export const makePiece = (frame: Uint8Array, name: PieceHead): readonly [Uint8Array, Uint8Array] => [
  pieceHead(name),
  compress(frame),
]

/** Rows in a piece; 0 where it cannot be read. */
export function rowsIn(piece: Uint8Array): number {
  try {
    return countFrame(zstdDecompressSync(readPiece(piece).compressed, { maxOutputLength: maxFrameBytes })).rows
  } catch {
    return 0
  }
}

export const newEpoch = () => randomBytes(8).toString('hex')

export interface AgentSpool {
  readonly batch: Batch
  readonly spool: Spool
  /** Writes and syncs what the interval gathered, and ends the epoch when the file is old or large. */
  endInterval(): void
  close(): void
}

export interface AgentSpoolDeps {
  readonly agent: string
  readonly losses: Losses
  readonly clock: Clock
  /** Something new can be sent. */
  readonly onFrames: () => void
  readonly onTrouble: (message: string, error: Error) => void
}

export function openAgentSpool(dir: string, config: ShipConfig, deps: AgentSpoolDeps): AgentSpool {
  const countDropped = (_file: number, records: RecordReader) => {
    for (let piece = records.next(); piece; piece = records.next()) deps.losses.add('spool_full', rowsIn(piece))
  }
  const spool = openSpool(
    { dir, magic: 'MGSPOOL1', maxRecordBytes: maxFrameBytes, maxBytes: config.maxSpoolBytes },
    { onDrop: countDropped, onTorn: (_file, bytes) => deps.losses.add('spool_torn_bytes', bytes) },
  )
  let startedAt = 0
  /** Set when a frame could not be written: the epoch has a gap and must end. */
  let broken = false

  const startFile = () => {
    spool.startFile()
    startedAt = deps.clock()
    broken = false
  }
  const append = (frame: Uint8Array, name: PieceHead, rows: number) => {
    try {
      if (broken) throw new Error('the epoch has a gap')
      if (!spool.current) startFile()
      spool.append(makePiece(frame, name))
    } catch (error) {
      if (!broken) deps.onTrouble('writing the spool failed', error as Error)
      broken = true
      deps.losses.add('spool_write', rows)
    }
  }
  const batch = createBatch({
    agent: deps.agent,
    provisional: false,
    newEpoch,
    now: () => Math.floor(deps.clock() / 1000),
    onFrame: append,
    takeLosses: () => deps.losses.take(),
  })
  const isFinished = () =>
    broken ||
    (spool.current !== undefined && spool.current.bytes >= config.epochBytes) ||
    deps.clock() - startedAt >= config.epochSeconds * 1000
  return {
    batch,
    spool,
    endInterval() {
      batch.flush()
      spool.sync()
      if (spool.current && isFinished()) {
        batch.nextEpoch()
        endFile()
      } else if (broken) {
        batch.nextEpoch()
        broken = false
      }
      deps.onFrames()
    },
    close() {
      batch.flush()
      spool.sync()
      spool.close()
    },
  }

  /** The next frame opens the next file, so that an idle agent leaves no empty ones. */
  function endFile(): void {
    broken = false
    spool.endFile()
  }
}
