// NDJSON in the published formats to rows. Good rows are kept, bad ones named by line and field. It reads a stream of
// bytes piece by piece and holds one batch; what a batch is depends on the input alone, so that a request that is sent
// again makes the same batches.
import type { LogType, Row } from '@margay/model'
import { flowLog, parseJsonExact, readRow } from '@margay/model'
import { takeOverTrace } from '../evidence/index.ts'

export interface NdjsonLimits {
  /** Bytes of one line, decompressed. */
  readonly maxLineBytes: number
  /** Lines of one batch, good and bad: what is told of a bad one is held too. */
  readonly batchRows: number
  /** Bytes of lines that end a batch, however few they are. */
  readonly batchBytes: number
  /** Records that began earlier than this, Unix seconds, are refused: nothing is kept so long. */
  readonly earliest: number
}

export interface BadRow {
  readonly line: number
  readonly field: string
  readonly value: string
  readonly problem: string
}

export interface NdjsonBatch {
  readonly rows: readonly Row[]
  /** Lines with at least one problem; a line may have several. */
  readonly refused: number
  readonly problems: readonly BadRow[]
  /** Members that are no field, with how often they came. */
  readonly unknown: ReadonlyMap<string, number>
}

interface Builder {
  rows: Row[]
  refused: number
  problems: BadRow[]
  unknown: Map<string, number>
}

const newBuilder = (): Builder => ({ rows: [], refused: 0, problems: [], unknown: new Map() })

const newline = 0x0a
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A line with its number from 1; undefined where it is longer than may be. */
interface Line {
  readonly number: number
  readonly bytes: Uint8Array | undefined
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let number = 1
  let parts: Uint8Array[] = []
  let length = 0
  const add = (part: Uint8Array) => {
    length += part.length
    if (length <= maxBytes) parts.push(part)
  }
  const end = (): Line => {
    const line = { number: number++, bytes: length <= maxBytes ? Buffer.concat(parts) : undefined }
    parts = []
    length = 0
    return line
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      add(chunk.subarray(from, at))
      yield end()
      from = at + 1
    }
    add(chunk.subarray(from))
  }
  if (length > 0) yield end()
}

/** Names of unknown members that are told; who sends random ones shall not fill our memory with them. */
const maxUnknown = 100

export function countUnknown(counts: Map<string, number>, name: string, count: number): void {
  if (counts.has(name) || counts.size < maxUnknown) counts.set(name, (counts.get(name) ?? 0) + count)
}

const refuse = (into: Builder, problems: readonly BadRow[]) => {
  into.refused++
  into.problems.push(...problems)
}

function whole(line: number, value: string, problem: string): BadRow[] {
  return [{ line, field: '', value: value.slice(0, 80), problem }]
}

function parseLine({ number, bytes }: Line, limits: NdjsonLimits): { readonly record: unknown } | BadRow[] | undefined {
  if (!bytes) return whole(number, '', `is longer than ${limits.maxLineBytes} bytes`)
  let text = ''
  try {
    text = decoder.decode(bytes).trim()
    return text === '' ? undefined : { record: parseJsonExact(text) }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return whole(number, text, text === '' ? 'is not UTF-8' : `is not JSON: ${words}`)
  }
}

function readLine(type: LogType, line: Line, limits: NdjsonLimits, now: number, into: Builder): void {
  const parsed = parseLine(line, limits)
  if (!parsed) return
  if (Array.isArray(parsed)) return refuse(into, parsed)
  const read = readRow(type, parsed.record, now)
  if (!read.ok)
    return refuse(
      into,
      read.problems.map((problem) => ({ line: line.number, ...problem })),
    )
  const time = Number(read.row[type.time])
  if (time < limits.earliest) {
    const problem = `is older than anything is kept; the earliest is ${new Date(limits.earliest * 1000).toISOString()}`
    return refuse(into, [{ line: line.number, field: type.time, value: String(time), problem }])
  }
  for (const name of read.unknown) countUnknown(into.unknown, name, 1)
  into.rows.push(type === flowLog ? takeOverTrace(read.row) : read.row)
}

/** Reads records of one log type. `now` is Unix seconds and bounds their times. */
export async function* readNdjson(
  type: LogType,
  chunks: AsyncIterable<Uint8Array>,
  limits: NdjsonLimits,
  now: number,
): AsyncGenerator<NdjsonBatch> {
  let batch = newBuilder()
  let bytes = 0
  for await (const line of linesOf(chunks, limits.maxLineBytes)) {
    readLine(type, line, limits, now, batch)
    bytes += line.bytes?.length ?? 0
    if (batch.rows.length + batch.refused >= limits.batchRows || bytes >= limits.batchBytes) {
      yield batch
      batch = newBuilder()
      bytes = 0
    }
  }
  yield batch
}
