// Answers a question whose filter is bound: compiles it, runs its statements, decodes what comes. It knows an engine only as
// something that runs a statement, so that every engine gives the same answers.
import type { LogType, Row } from '@margay/model'
import type { Answer, BoundFilter, Effort, Question, SelectRows } from '@margay/query'
import { bind, resolveMoment } from '@margay/query'
import type { Cursor } from './compile/cursor.ts'
import { parseCursor, printCursor } from './compile/cursor.ts'
import { compileGroups } from './compile/groups.ts'
import type { EngineOutput } from './compile/output.ts'
import { parseOutput, rowDecoder } from './compile/output.ts'
import type { PageRequest, RowOrder } from './compile/rows.ts'
import { keyLength, keysSql, orderedPageSql, pageSql, rowOrder } from './compile/rows.ts'
import type { Slice } from './compile/slices.ts'
import { slices } from './compile/slices.ts'
import type { Source } from './compile/source.ts'
import { sourceOf } from './compile/source.ts'
import { StoreError } from './errors.ts'
import type { AskOptions } from './store.ts'

/** Runs one statement that reads, in the class of limits asked for. */
export type RunQuery = (sql: string, options: AskOptions) => Promise<Uint8Array>

export interface Answered {
  readonly answer: Answer
  readonly effort: Effort
}

/** What the question's filter means. Callers that read filters from people bind them first, to show errors at their place. */
export function boundFilter(
  type: LogType,
  { filter, zone }: Pick<Question, 'filter' | 'zone'>,
  { now }: AskOptions,
): BoundFilter {
  const bound = bind(filter, type, { now, ...(zone !== undefined && { zone }) })
  if (bound.ok) return bound.filter
  throw new StoreError(
    'bad_question',
    `understand the filter: ${bound.errors.map(({ message }) => message).join('; ')}`,
  )
}

/** Rows read so far, over the several statements of one question. */
interface Meter {
  run(sql: string): Promise<EngineOutput>
  readonly rowsRead: number
}

function createMeter(run: RunQuery, options: AskOptions): Meter {
  let rowsRead = 0
  const { onProgress } = options
  return {
    async run(sql) {
      const before = rowsRead
      const onPart = onProgress && { onProgress: (rows: number) => onProgress(before + rows) }
      const output = parseOutput(await run(sql, { ...options, ...onPart }))
      rowsRead += output.rowsRead
      onProgress?.(rowsRead)
      return output
    },
    get rowsRead() {
      return rowsRead
    },
  }
}

/** Answers one question. Rejects with a StoreError. */
export async function ask(
  run: RunQuery,
  type: LogType,
  filter: BoundFilter,
  question: Question,
  options: AskOptions,
): Promise<Answered> {
  const started = performance.now()
  const from = resolveMoment(question.range.from, options.now)
  const to = resolveMoment(question.range.to, options.now)
  const { zone, among: search, reports } = question
  const among = search ? boundFilter(type, { filter: search, ...(zone !== undefined && { zone }) }, options) : filter
  const source = sourceOf(type, { filter, among, range: { from, to }, reports })
  const meter = createMeter(run, options)
  const { select } = question
  const answer = select.kind === 'rows' ? await askRows(meter, source, select) : await askGroups(meter, source, select)
  const elapsedMs = performance.now() - started
  return {
    answer,
    effort: { rowsRead: meter.rowsRead, elapsedMs, source: type.name, from: source.from, to: source.to, exact: true },
  }
}

async function askGroups(
  meter: Meter,
  source: Source,
  select: Extract<Question['select'], { kind: 'groups' }>,
): Promise<Answer> {
  const compiled = compileGroups(source, select)
  return compiled.decode(await meter.run(compiled.sql))
}

/** The fields of a page in catalogue order, the time field always among them. */
function wantedFields(type: LogType, fields: readonly string[] | undefined): readonly string[] {
  const unknown = fields?.find((name) => !Object.hasOwn(type.fields, name))
  if (unknown !== undefined) {
    throw new StoreError('bad_question', `unknown field "${unknown}" on log type "${type.name}"`)
  }
  return Object.keys(type.fields).filter((name) => !fields || name === type.time || fields.includes(name))
}

async function askRows(meter: Meter, source: Source, select: SelectRows): Promise<Answer> {
  if (!Number.isSafeInteger(select.limit) || select.limit < 1) {
    throw new StoreError('bad_question', `limit ${select.limit} is no whole number over 0`)
  }
  const order = rowOrder(source.type, select.sort)
  const fields = wantedFields(source.type, select.fields)
  const pager: Pager = { meter, source, order, fields, decode: rowDecoder(source.type, fields) }
  const rows: Row[] = []
  let start = select.cursor === undefined ? undefined : parseCursor(select.cursor, keyLength(order))
  let end = start
  for (const slice of partsOf(source, order, start)) {
    const part = await readPart(pager, slice, start, select.limit - rows.length)
    rows.push(...part.rows)
    end = part.end ?? end
    if (part.more) return { kind: 'rows', rows, cursor: printCursor(end!) }
    // Every row of the slices that follow lies behind the cursor.
    start = undefined
  }
  return { kind: 'rows', rows }
}

/** Where to look, nearest first. A cursor by time says where the page before ended. */
function partsOf({ from, to }: Source, order: RowOrder, cursor: Cursor | undefined): Iterable<Slice> {
  if (!order.byTime) return [{ from, to }]
  const at = cursor ? Number(cursor.key[0]) : undefined
  if (at === undefined) return slices(from, to, order.descending)
  return order.descending ? slices(from, Math.min(to, at + 1), true) : slices(Math.max(from, at), to, false)
}

interface Pager {
  readonly meter: Meter
  readonly source: Source
  readonly order: RowOrder
  readonly fields: readonly string[]
  readonly decode: ReturnType<typeof rowDecoder>
}

interface Part {
  readonly rows: readonly Row[]
  /** Behind the last of `rows`. */
  readonly end: Cursor | undefined
  /** More rows follow in this slice; with none wanted, whether there is any. */
  readonly more: boolean
}

/** At most `wanted` rows of a slice, from the cursor on. */
async function readPart(pager: Pager, slice: Slice, cursor: Cursor | undefined, wanted: number): Promise<Part> {
  const { meter, source, order } = pager
  const request: PageRequest = { source, order, ...slice, cursor }
  const skip = cursor?.skip ?? 0
  const { data: keys } = await meter.run(keysSql(request, skip + wanted + 1))
  const more = keys.length > skip + wanted
  const given = keys.slice(skip, skip + wanted) as string[][]
  const last = given.at(-1)
  if (!last) return { rows: [], end: undefined, more }
  const found = await readPage(pager, request, keys.slice(0, skip + wanted) as string[][], given.length)
  return { rows: found, end: endOf(given, last, cursor), more }
}

/** Rows that share the last key and do not belong to the page are fetched too, up to so many. */
const spareRows = 5_000

/** The rows of these keys in their order, without those that the cursor says were given. */
async function readPage(
  { meter, order, fields, decode }: Pager,
  request: PageRequest,
  keys: readonly (readonly string[])[],
  count: number,
): Promise<readonly Row[]> {
  const last = keys.at(-1)!
  const most = keys.length + spareRows
  const { data } = await meter.run(pageSql(request, fields, last, most))
  if (data.length >= most) {
    const ordered = await meter.run(orderedPageSql(request, fields, last, count))
    return ordered.data.map(decode)
  }
  const length = keyLength(order)
  const places = new Map(keys.map((key, place) => [JSON.stringify(key), place]))
  const placed = data.map((values) => ({
    place: places.get(JSON.stringify(values.slice(0, length))) ?? keys.length,
    whole: values[length] as string,
    values,
  }))
  placed.sort((a, b) => a.place - b.place || (a.whole < b.whole ? -1 : 1))
  const skip = request.cursor?.skip ?? 0
  return placed.slice(skip, skip + count).map(({ values }) => decode(values.slice(length + 1)))
}

const sameKey = (a: readonly string[], b: readonly string[]) => a.every((value, index) => value === b[index])

function endOf(given: readonly (readonly string[])[], last: readonly string[], cursor: Cursor | undefined): Cursor {
  const same = given.filter((key) => sameKey(key, last)).length
  const before = cursor && sameKey(cursor.key, last) ? cursor.skip : 0
  return { key: last, skip: before + same }
}
