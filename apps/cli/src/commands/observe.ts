// `margay observe`: flows, lookups or rows of any other log, live or from the store, as lines for people or for programs.
import type { LogType, Row } from '@margay/model'
import { isWorthExplaining, logType, printJsonExact, readRow } from '@margay/model'
import { Command, Option } from 'commander'
import { askBothEnds } from '../ask/both-ends.ts'
import { queryText } from '../ask/filters.ts'
import type { FilterFlags } from '../ask/flow-filter.ts'
import type { FixedRange } from '../ask/moment.ts'
import { parseRange } from '../ask/moment.ts'
import type { Context } from '../context.ts'
import { zoneOf } from '../context.ts'
import { CliError } from '../fail.ts'
import { dnsLine } from '../output/dns-line.ts'
import { endsLines } from '../output/ends-lines.ts'
import type { LineOptions } from '../output/flow-line.ts'
import { flowLine } from '../output/flow-line.ts'
import { plainLine } from '../output/plain-line.ts'
import { tailEvents } from '../tail.ts'
import type { RangeOptions } from './options.ts'
import { addFilters, addQuery, addRange, typeOption, wholeNumber } from './options.ts'

interface Options extends FilterFlags, RangeOptions {
  readonly type: string
  readonly query?: string
  readonly last?: number
  readonly first?: number
  readonly follow?: boolean
  readonly output: 'compact' | 'json'
  readonly provisional: boolean
  readonly explain?: boolean
}

type Record = Readonly<{ [name: string]: unknown }>
type Print = (record: Record, provisional: boolean) => Promise<void>

/** Rows of one page; the server's limit is ten times this. */
const pageRows = 1000

/** Pages of a search in its order, at most `limit` rows. */
async function* search(
  context: Context,
  request: FixedRange & { type: LogType; query: string; descending: boolean; limit: number },
): AsyncGenerator<readonly Record[]> {
  const { type, query, from, to, descending } = request
  let left = request.limit
  let cursor: string | undefined
  do {
    const limit = Math.min(left, pageRows)
    const sort = { field: type.time, descending }
    const select = { kind: 'rows' as const, sort, limit, ...(cursor !== undefined && { cursor }) }
    const body = { logType: type.name, range: { from, to }, query, zone: zoneOf(context), select }
    const { answer } = await context.client.post('query', body)
    if (answer.kind !== 'rows') throw new Error('BUG: asked for rows, got groups')
    yield answer.rows
    left -= answer.rows.length
    cursor = answer.cursor
  } while (cursor !== undefined && left > 0 && !context.signal.aborted)
}

/** The newest rows in the order of time: they are found from the newest on, so they are held until all are there. */
async function lastRows(
  context: Context,
  type: LogType,
  query: string,
  past: FixedRange,
  limit: number,
): Promise<Record[]> {
  const rows: Record[] = []
  for await (const page of search(context, { type, query, ...past, descending: true, limit })) rows.push(...page)
  return rows.reverse()
}

/** What one interval's deltas and its lasting row have in common. */
const conversationOf = (record: Record): string =>
  ['reporter', 'action', 'source_ip', 'dest_ip', 'dest_port', 'proto', 'process_name', 'qname', 'client_ip']
    .map((name) => JSON.stringify(record[name] ?? null))
    .join()

/** An agent's interval and what its way takes: a lasting row that comes later is news. */
const intervalMs = 30_000

/** Tells lasting rows that only repeat what provisional ones said a moment ago. */
export function createRepeats(clock: () => number) {
  const shown = new Map<string, number>()
  return {
    note(record: Record) {
      shown.set(conversationOf(record), clock())
      for (const [key, at] of shown) {
        if (clock() - at <= intervalMs) break
        shown.delete(key)
      }
    },
    isRepeat: (record: Record) =>
      clock() - (shown.get(conversationOf(record)) ?? Number.NEGATIVE_INFINITY) < intervalMs,
  }
}

async function follow(context: Context, type: LogType, query: string, options: Options, print: Print): Promise<void> {
  const repeats = createRepeats(() => context.now().getTime())
  const subscription = { id: 'observe', logType: type.name, query, zone: zoneOf(context) }
  let dropped = 0
  for await (const event of tailEvents(context.client, subscription, context.signal)) {
    if (event.kind === 'state') {
      if (event.dropped > dropped) {
        context.output.err(`${event.dropped - dropped} rows left out: more come than can be shown; filter further\n`)
      }
      dropped = event.dropped
      continue
    }
    // A row that is not stored yet has no other end that is.
    if (event.provisional && (!options.provisional || options.explain === true)) continue
    for (const record of event.rows) {
      if (event.provisional) repeats.note(record)
      else if (options.output === 'compact' && repeats.isRepeat(record)) continue
      await print(record, event.provisional)
    }
  }
  if (!context.signal.aborted) throw new CliError('the server ended the stream; see "margay status"', 3)
}

/** Logs whose rows are told as sentences; those of others are their columns. */
const lines: Readonly<{ [log: string]: (row: Row, line: LineOptions, provisional: boolean) => string }> = {
  flows: flowLine,
  dns: dnsLine,
}

/** Both ends of a record, where that was asked for and the record leaves something to explain. */
const endsOf = (context: Context, type: LogType, { explain }: Options, record: Record) =>
  explain === true && type.name === 'flows' && isWorthExplaining(record) ? askBothEnds(context, record) : undefined

function printerOf(context: Context, type: LogType, options: Options): Print {
  if (options.output === 'json') {
    return async (record, provisional) => {
      const ends = await endsOf(context, type, options, record)
      const shown = { ...record, ...(provisional && { provisional }), ...(ends && { ends: ends.connections }) }
      return context.output.out(`${printJsonExact(shown)}\n`)
    }
  }
  return async (record, provisional) => {
    const line: LineOptions = { paint: context.paint, utc: context.utc, now: context.now() }
    const read = readRow(type, record, Number.MAX_SAFE_INTEGER)
    const row: Row = read.ok ? read.row : {}
    const print = lines[type.name] ?? ((plain: Row) => plainLine(type, plain, line))
    await context.output.out(`${print(row, line, provisional)}\n`)
    const ends = await endsOf(context, type, options, record)
    for (const text of ends ? endsLines(ends, line) : []) await context.output.out(`${text}\n`)
  }
}

/** Prints what is stored, and returns how many records that were. */
async function printPast(
  context: Context,
  { type, query, ...past }: FixedRange & { readonly type: LogType; readonly query: string },
  options: Options,
  print: Print,
): Promise<number> {
  let found = 0
  const printAll = async (records: readonly Record[]) => {
    for (const record of records) await print(record, false)
    found += records.length
  }
  if (options.last !== undefined) await printAll(await lastRows(context, type, query, past, options.last))
  else {
    const limit = options.first ?? Number.MAX_SAFE_INTEGER
    for await (const page of search(context, { type, query, ...past, descending: false, limit })) await printAll(page)
  }
  return found
}

async function observe(context: Context, options: Options): Promise<void> {
  const type = logType(options.type)!
  const query = queryText(type, options, options.query)
  const print = printerOf(context, type, options)
  const wantsPast =
    options.last !== undefined ||
    options.first !== undefined ||
    options.since !== undefined ||
    options.until !== undefined
  if (options.last !== undefined && options.first !== undefined) {
    throw new CliError('--first and --last exclude each other; give one of them', 2)
  }
  if (options.explain === true && type.name !== 'flows') {
    throw new CliError('--explain tells both ends of flows; leave out --type, or give flows', 2)
  }
  if (options.follow === true && options.until !== undefined) {
    throw new CliError('--follow goes on after now and --until ends before; give one of them', 2)
  }
  if (wantsPast) {
    const past = parseRange(options, { at: 0 }, context.now(), context.utc)
    const found = await printPast(context, { type, query, ...past }, options, print)
    if (found === 0 && !options.follow) context.output.err('no record matches\n')
  }
  if (options.follow ?? !wantsPast) await follow(context, type, query, options, print)
}

const examples = `
Examples:
  margay observe                                    what happens now
  margay observe -n shop --verdict deny             denied flows from or to namespace shop
  margay observe --from-pod shop/checkout --to-pod payments/payments --last 20
  margay observe --since 13:40 --until 14:00 -q 'bytes_in: 0 and action: allow'
  margay observe -t dns -q 'not rcode: NOERROR' --last 50 -f
  margay observe --outcome unanswered --last 3 --explain   what became of them, seen from both ends
  margay observe --to-ip 203.0.113.0/24 -o json | jq .process_name

A filter flag may come several times: its values are alternatives. * stands for anything.
Live lines that begin with ~ are of the last second and not stored yet.`

export function observeCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('observe')
    .alias('o')
    .description('show flows or lookups, live or from the store')
    .addOption(typeOption())
    .option('-l, --last <n>', 'the newest n that match, in the order of time', wholeNumber)
    .option('--first <n>', 'the oldest n that match', wholeNumber)
    .option('-f, --follow', 'go on with live ones after the stored ones')
    .addOption(new Option('-o, --output <form>', 'form').choices(['compact', 'json']).default('compact'))
    .option('--no-provisional', 'leave out the last second, which is not stored yet')
    .option(
      '--explain',
      'under each failed or slow flow what both ends saw of it; live lines then wait until it is stored',
    )
    .addHelpText('after', examples)
  addFilters(addQuery(addRange(command)))
  return command.action((options: Options) => observe(contextOf(command), options))
}
