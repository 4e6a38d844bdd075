// GET /export.csv and /export.ndjson: all rows of a search as a stream, page after page.
import { Readable } from 'node:stream'
import type { LogType, Row } from '@margay/model'
import { writeRow } from '@margay/model'
import type { Question, TimeRange } from '@margay/query'
import type { exportRequestSchema } from '@margay/wire'
import { csvHead, csvLine } from '@margay/wire'
import type { z } from 'zod'
import type { ApiDeps } from './context.ts'
import { checkRange } from './cluster/as-of.ts'
import { checkFields, logTypeOf, readFilter } from './filter.ts'
import { printJson } from './json.ts'

type Search = z.output<typeof exportRequestSchema>

const usualRange = 3600

interface Export {
  readonly type: LogType
  readonly fields: readonly string[]
  readonly pages: AsyncIterable<readonly Row[]>
}

/** Opens the search. What is wrong with it throws here, before the first byte of an answer. */
function openExport(search: Search, deps: ApiDeps, signal: AbortSignal): Export {
  const type = logTypeOf(search.logType)
  const fields = search.fields?.split(',').map((name) => name.trim()) ?? Object.keys(type.fields)
  checkFields(type, [...fields, search.sort ?? type.time])
  const now = deps.now()
  const { filter } = readFilter(type, search, now)
  const range: TimeRange = {
    from: search.from === undefined ? { ago: usualRange } : { at: search.from },
    to: search.to === undefined ? { at: now + 1 } : { at: search.to },
  }
  checkRange(range, now)
  const question: Question = {
    logType: type.name,
    range,
    filter,
    zone: search.zone,
    reports: 'every',
    select: {
      kind: 'rows',
      ...(search.fields !== undefined && { fields }),
      sort: { field: search.sort ?? type.time, descending: search.order === 'descending' },
      limit: search.limit ?? Number.MAX_SAFE_INTEGER,
    },
  }
  return { type, fields, pages: deps.store.stream(question, { now, signal, limits: 'export' }) }
}

async function* csvText({ type, fields, pages }: Export, formulas: Search['formulas']): AsyncGenerator<string> {
  const options = { fields, formulas }
  yield csvHead(options)
  for await (const rows of pages) yield rows.map((row) => csvLine(type, row, options)).join('')
}

async function* ndjsonText({ type, pages }: Export): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${printJson(writeRow(type, row))}\n`).join('')
}

/**
 * The first piece is made before the answer begins, so that a failing search is an error and not a short file. An empty
 * piece would end the stream, hence the filter.
 */
async function started(text: AsyncGenerator<string>): Promise<Readable> {
  const first = await text.next()
  async function* rest() {
    if (first.done !== true && first.value !== '') yield first.value
    for await (const piece of text) if (piece !== '') yield piece
  }
  return Readable.from(rest(), { objectMode: false })
}

export function exportCsv(search: Search, deps: ApiDeps, signal: AbortSignal): Promise<Readable> {
  return started(csvText(openExport(search, deps, signal), search.formulas))
}

export function exportNdjson(search: Search, deps: ApiDeps, signal: AbortSignal): Promise<Readable> {
  return started(ndjsonText(openExport(search, deps, signal)))
}
