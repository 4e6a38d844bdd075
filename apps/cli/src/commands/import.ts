// `margay import`: files of records through the second door. Lines are sent in pieces, each with a key of its own, so that
// a piece whose answer was lost can be sent again without counting twice.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip, createZstdDecompress, zstdCompressSync } from 'node:zlib'
import { parseJsonExact } from '@margay/model'
import type { AnswerOf } from '@margay/wire'
import { Command, Option } from 'commander'
import { pathOf } from '../client.ts'
import type { Context } from '../context.ts'
import { CliError } from '../fail.ts'
import { formatBytes, formatCount } from '../output/numbers.ts'
import { safeText } from '../output/safe-text.ts'

interface Options {
  readonly type: 'auto' | 'flows' | 'dns'
}

interface Totals {
  accepted: number
  refused: number
  expiring: number
  readonly unknown: Map<string, number>
}

/** Well below the server's cap, and large enough that the fixed cost of a request does not count. */
const pieceBytes = 8 * 1024 * 1024
const tries = 4

interface Piece {
  readonly text: Buffer
  /** Lines of the file before this piece. */
  readonly linesBefore: number
}

/** Cuts a stream into pieces of whole lines. */
export async function* piecesOf(chunks: AsyncIterable<Buffer>, size = pieceBytes): AsyncGenerator<Piece> {
  let parts: Buffer[] = []
  let length = 0
  let linesBefore = 0
  const cut = (end: number): Piece => {
    const all = Buffer.concat(parts)
    const text = all.subarray(0, end)
    const piece = { text, linesBefore }
    linesBefore += text.reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 0)
    parts = end < all.length ? [all.subarray(end)] : []
    length = all.length - end
    return piece
  }
  for await (const chunk of chunks) {
    parts.push(chunk)
    length += chunk.length
    if (length < size) continue
    const lastEnd = Buffer.concat(parts).lastIndexOf(0x0a) + 1
    if (lastEnd > 0) yield cut(lastEnd)
  }
  if (length > 0) yield cut(length)
}

/** The log type of a file by its first record: lookups have a name that was asked for, or a type of their own. */
export function guessType(firstLine: string): 'flows' | 'dns' {
  try {
    const record = parseJsonExact(firstLine) as Record<string, unknown>
    return 'qname' in record || 'rcode' in record || record.type === 'UNLOGGED' ? 'dns' : 'flows'
  } catch {
    return 'flows'
  }
}

interface Progress {
  read(bytes: number): void
  end(): void
}

/** A bar on a terminal, nothing elsewhere. */
function createProgress({ output, paint }: Context, name: string, size: number | undefined): Progress {
  const width = 30
  let read = 0
  let drawn = ''
  const draw = () => {
    const share = size === undefined || size === 0 ? undefined : Math.min(1, read / size)
    const filled = share === undefined ? 0 : Math.round(share * width)
    const bar =
      share === undefined
        ? ''
        : `${'█'.repeat(filled)}${paint.faint('░'.repeat(width - filled))} ${Math.floor(share * 100)} % `
    const line = `${name} ${bar}${formatBytes(read)}`
    if (line === drawn) return
    drawn = line
    output.err(`\r\u001b[K${line}`)
  }
  if (!output.errIsTerminal) return { read: () => undefined, end: () => undefined }
  return {
    read(bytes) {
      read += bytes
      draw()
    },
    end: () => output.err('\r\u001b[K'),
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, progress: Progress): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    progress.read(chunk.length)
    yield chunk
  }
}

/** Takes a file of records out of its compression, which its name tells. */
export function plainOf(name: string, raw: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const make = name.endsWith('.gz') ? createGunzip : name.endsWith('.zst') ? createZstdDecompress : undefined
  if (!make) return raw
  const plain = make()
  void (async () => {
    try {
      for await (const chunk of raw)
        if (!plain.write(chunk)) await new Promise((resolve) => plain.once('drain', resolve))
      plain.end()
    } catch (error) {
      plain.destroy(error as Error)
    }
  })()
  return plain as Readable
}

type Sent = AnswerOf<'ingest'>

async function send(context: Context, type: string, piece: Piece, key: string): Promise<Sent> {
  const path = pathOf('ingest', {}, { logType: type })
  const headers = {
    'content-type': 'application/x-ndjson',
    'content-encoding': 'zstd',
    'idempotency-key': key,
  }
  const body = new Uint8Array(zstdCompressSync(piece.text))
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await context.client.open(path, { method: 'POST', headers, body, signal: context.signal })
      return parseJsonExact(await response.text()) as Sent
    } catch (error) {
      const isLost = error instanceof CliError && error.exitCode !== 2
      if (!isLost || attempt === tries || context.signal.aborted) throw error
      await sleep(250 * 4 ** attempt)
    }
  }
}

function tell(context: Context, name: string, { linesBefore }: Piece, sent: Sent): void {
  for (const { line, field, value, problem } of sent.problems) {
    const where = `${name}:${line + linesBefore}`
    context.output.err(
      `${where}: ${field === '' ? '' : `${field}: `}${problem}${value === '' ? '' : `, got ${safeText(value)}`}\n`,
    )
  }
}

/** What people need to go on by hand: a file that is sent again from its beginning would double what is stored. */
export const stoppedAt =
  (name: string, { linesBefore }: Pick<Piece, 'linesBefore'>, { accepted }: Pick<Totals, 'accepted'>) =>
  (error: unknown): never => {
    if (!(error instanceof CliError)) throw error
    const far = `stopped at ${name}:${linesBefore + 1}; ${formatCount(accepted)} rows before it are stored`
    const next = accepted === 0 ? '' : `, and "tail -n +${linesBefore + 1}" gives the rest`
    throw new CliError(`${far}${next}\n${error.message}`, error.exitCode, { cause: error })
  }

async function importFile(context: Context, file: string, options: Options, totals: Totals): Promise<void> {
  const name = file === '-' ? 'standard input' : file
  const size = file === '-' ? undefined : (await stat(file).catch(unreadable(file))).size
  const raw = (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>
  const progress = createProgress(context, name, size)
  const run = randomUUID()
  let type = options.type === 'auto' ? undefined : options.type
  try {
    for await (const piece of piecesOf(plainOf(file, counted(raw, progress)))) {
      type ??= guessType(piece.text.toString('utf8', 0, Math.max(0, piece.text.indexOf(0x0a)) || undefined))
      const key = createHash('sha256').update(`${run} ${piece.linesBefore}`).digest('hex')
      const sent = await send(context, type, piece, key).catch(stoppedAt(name, piece, totals))
      tell(context, name, piece, sent)
      totals.accepted += sent.accepted
      totals.refused += sent.refused
      totals.expiring += sent.expiring
      for (const [field, count] of Object.entries(sent.unknownFields)) {
        totals.unknown.set(field, (totals.unknown.get(field) ?? 0) + count)
      }
    }
  } catch (error) {
    throw error instanceof CliError ? error : unreadable(file)(error)
  } finally {
    progress.end()
  }
}

export const unreadable =
  (file: string) =>
  (error: unknown): never => {
    const words = error instanceof Error ? error.message : String(error)
    throw new CliError(`cannot read ${file}: ${words}`, 2, { cause: error })
  }

async function importFiles(context: Context, files: readonly string[], options: Options): Promise<void> {
  const totals: Totals = { accepted: 0, refused: 0, expiring: 0, unknown: new Map() }
  for (const file of files) await importFile(context, file, options, totals)
  await context.output.out(`${formatCount(totals.accepted)} rows stored, ${formatCount(totals.refused)} refused\n`)
  if (totals.expiring > 0) {
    context.output.err(
      `${formatCount(totals.expiring)} rows are older than the server keeps rows and will be dropped; ` +
        'start it with a longer --retention-flows-days or --retention-dns-days to keep them\n',
    )
  }
  if (totals.unknown.size > 0) {
    const list = [...totals.unknown].map(([field, count]) => `${safeText(field)} (${formatCount(count)})`).join(', ')
    context.output.err(`members that are no field were left out: ${list}\n`)
  }
  if (totals.refused > 0) {
    const first = `the first hundred problems of each ${formatBytes(pieceBytes)} are above`
    throw new CliError(`${formatCount(totals.refused)} rows were refused; ${first}`, 1)
  }
}

const examples = `
Examples:
  margay import flows.ndjson dns.ndjson.gz
  zcat logs/*.gz | margay import --type flows -
  margay demo --ndjson --since 1h | margay import -

Good rows are stored even where others are refused; refused ones are named by file, line and field.
Exit codes: 0 all stored, 1 some refused, 2 a file cannot be read, 3 no server answers.`

export function importCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('import')
    .description('send files of flow or DNS records (NDJSON, .gz, .zst) to the server')
    .argument('<files...>', 'files, or - for standard input')
    .addOption(
      new Option('-t, --type <log>', 'log type; auto looks at the first record')
        .choices(['auto', 'flows', 'dns'])
        .default('auto'),
    )
    .addHelpText('after', examples)
  return command.action((files: readonly string[], options: Options) => importFiles(contextOf(command), files, options))
}
