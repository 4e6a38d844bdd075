// POST /ingest/{logType}: the second door. The answer comes when every good row is durable; bad rows are in the answer.
import { createHash, randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { LogType, Row } from '@margay/model'
import type { AnswerOf } from '@margay/wire'
import { ApiError } from '../http/problem.ts'
import { createCoverage } from '../receivers/coverage.ts'
import type { Intake } from '../receivers/intake.ts'
import type { BadRow } from '../receivers/ndjson.ts'
import { countUnknown, readNdjson } from '../receivers/ndjson.ts'
import { logTypeOf } from './filter.ts'

export interface IngestConfig {
  /** Bytes of a body as sent, and after decompression. */
  readonly maxBytes: number
  readonly maxPlainBytes: number
  readonly maxLineBytes: number
  /** Records older than so many seconds are refused. */
  readonly maxAge: number
  /** Seconds that rows of a log type are kept; older ones are taken, and the answer says that they will go. */
  readonly keep?: Readonly<Record<string, number>>
}

export interface IngestRequest {
  readonly logType: string
  readonly body: Readable
  readonly encoding: string | undefined
  readonly idempotencyKey: string | undefined
}

const batchRows = 5_000
/** Some lines are a megabyte; ordinary ones are one kilobyte. */
const batchBytes = 8 * 1024 * 1024
/** Batches that wait for the disk at the same time; more would only hold memory. */
const maxWaiting = 8
const maxProblems = 100
const maxKeyLength = 200

/** Counts bytes as they pass and throws `too_large` over the limit. */
async function* limited(chunks: AsyncIterable<Uint8Array>, max: number, what: string): AsyncGenerator<Uint8Array> {
  let passed = 0
  for await (const chunk of chunks) {
    passed += chunk.length
    if (passed > max) throw new ApiError('too_large', `the body has more than ${max} bytes ${what}`)
    yield chunk
  }
}

const decompressors = { gzip: createGunzip, zstd: createZstdDecompress } as const

async function* decompressed(body: Readable, encoding: string): AsyncGenerator<Uint8Array> {
  if (encoding === 'identity') return yield* body as AsyncIterable<Uint8Array>
  const make = decompressors[encoding as keyof typeof decompressors]
  if (!make) throw new ApiError('bad_encoding', `cannot read content encoding "${encoding}"; gzip and zstd can be read`)
  const plain = make()
  body.once('error', (error) => plain.destroy(error))
  try {
    yield* body.pipe(plain) as AsyncIterable<Uint8Array>
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new ApiError('bad_encoding', `cannot decompress the body as ${encoding}: ${words}`, { cause: error })
  }
}

/** A key names its request for ever; without one every request is another. */
function epochOf(key: string | undefined): string {
  if (key === undefined) return randomUUID()
  // An empty one names nothing: it comes from a variable that is not set, and would make all such requests one.
  if (key.trim() === '' || key.length > maxKeyLength) {
    throw new ApiError('bad_request', `Idempotency-Key has ${key.length} characters; 1 to ${maxKeyLength} are expected`)
  }
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}

const countOlder = (rows: readonly Row[], type: LogType, earliest: number): number =>
  rows.reduce((count, row) => (Number(row[type.time]) < earliest ? count + 1 : count), 0)

interface Tally {
  accepted: number
  refused: number
  duplicates: number
  expiring: number
  readonly problems: BadRow[]
  readonly unknown: Map<string, number>
}

export function createIngest(config: IngestConfig, deps: { readonly intake: Intake; readonly now: () => number }) {
  const coverage = createCoverage()

  /** What finished records lack: who they come from, and whether they count. */
  const complete = (logType: string, rows: readonly Row[]): readonly Row[] => {
    const marked = rows.map((row) => (row.origin === undefined ? { ...row, origin: 'import' } : row))
    return logType === 'flows' ? coverage.complete(marked) : marked
  }

  return async ({
    logType,
    body,
    encoding = 'identity',
    idempotencyKey,
  }: IngestRequest): Promise<AnswerOf<'ingest'>> => {
    const type = logTypeOf(logType)
    const epoch = epochOf(idempotencyKey)
    const now = deps.now()
    const limits = { maxLineBytes: config.maxLineBytes, batchRows, batchBytes, earliest: now - config.maxAge }
    const plain = limited(decompressed(body, encoding.toLowerCase()), config.maxPlainBytes, 'after decompression')
    const tally: Tally = { accepted: 0, refused: 0, duplicates: 0, expiring: 0, problems: [], unknown: new Map() }
    const waiting = new Set<Promise<void>>()
    let sequence = 0

    const store = async (rows: readonly Row[]) => {
      const source = { id: `ingest:${type.name}`, epoch, sequence: ++sequence }
      const { duplicate } = await deps.intake.append({ logType: type.name, rows, source })
      if (duplicate) tally.duplicates += rows.length
      else tally.accepted += rows.length
    }
    for await (const batch of readNdjson(type, plain, limits, now)) {
      note(tally, batch)
      tally.expiring += countOlder(batch.rows, type, now - (config.keep?.[type.name] ?? Number.POSITIVE_INFINITY))
      if (batch.rows.length === 0) continue
      const stored = store(complete(type.name, batch.rows))
      const tracked = stored.finally(() => waiting.delete(tracked))
      waiting.add(tracked)
      // A rejection is thrown where the set is awaited; until then it must not count as unhandled.
      tracked.catch(() => undefined)
      if (waiting.size >= maxWaiting) await Promise.race(waiting)
    }
    await Promise.all(waiting)
    return {
      accepted: tally.accepted,
      refused: tally.refused,
      expiring: tally.expiring,
      problems: tally.problems,
      unknownFields: Object.fromEntries(tally.unknown),
      duplicate: tally.duplicates > 0 && tally.accepted === 0,
    }
  }
}

function note(
  tally: Tally,
  batch: {
    readonly refused: number
    readonly problems: readonly BadRow[]
    readonly unknown: ReadonlyMap<string, number>
  },
): void {
  tally.refused += batch.refused
  tally.problems.push(...batch.problems.slice(0, maxProblems - tally.problems.length))
  for (const [name, count] of batch.unknown) countUnknown(tally.unknown, name, count)
}
