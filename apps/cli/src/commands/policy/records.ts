// Flow records from files, read in pieces as `margay import` reads them. Bad rows are named by file, line and field, and
// counted; good ones beside them are used.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Row } from '@margay/model'
import { logType, parseJsonExact, readRow } from '@margay/model'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { formatCount } from '../../output/numbers.ts'
import { safeText } from '../../output/safe-text.ts'
import { guessType, piecesOf, plainOf, unreadable } from '../import.ts'
import type { Series } from './series.ts'
import { createSeries } from './series.ts'
import { plural } from './words.ts'

const flows = logType('flows')!

interface Problem {
  readonly field: string
  readonly value: string
  readonly problem: string
}

function readLine(text: string, now: number): Row | readonly Problem[] {
  try {
    const read = readRow(flows, parseJsonExact(text), now)
    return read.ok ? read.row : read.problems
  } catch (error) {
    const problem = `is not JSON: ${error instanceof Error ? error.message : String(error)}`
    return [{ field: '', value: text.slice(0, 80), problem }]
  }
}

/** More named ones hide the others. */
const mostNamed = 100

function createComplaints({ output }: Context) {
  let rows = 0
  return {
    note(where: string, problems: readonly Problem[]) {
      rows += 1
      if (rows > mostNamed) return
      for (const { field, value, problem } of problems) {
        output.err(
          `${safeText(where)}: ${field === '' ? '' : `${field}: `}${safeText(problem)}${value === '' ? '' : `, got ${safeText(value)}`}\n`,
        )
      }
    },
    end() {
      if (rows > mostNamed) output.err(`${formatCount(rows - mostNamed)} more rows could not be read\n`)
      return rows
    },
  }
}

async function* linesOf(file: string): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  if (file !== '-') await stat(file).catch(unreadable(file))
  const raw = (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>
  for await (const { text, linesBefore } of piecesOf(plainOf(file, raw))) {
    for (const [index, line] of text.toString('utf8').split('\n').entries()) {
      if (line.trim() !== '') yield { number: linesBefore + index + 1, text: line }
    }
  }
}

/** What was seen, and how many rows could not be read. */
export interface Seen {
  readonly series: Series
  readonly badRows: number
}

/** Reads every file into one set of series. Throws where a file cannot be read or holds other records. */
export async function readSeries(context: Context, files: readonly string[]): Promise<Seen> {
  const series = createSeries()
  const complaints = createComplaints(context)
  const now = Math.floor(context.now().getTime() / 1000)
  for (const file of files) {
    const name = file === '-' ? 'standard input' : file
    let isFirst = true
    try {
      for await (const { number, text } of linesOf(file)) {
        if (isFirst && guessType(text) === 'dns') {
          throw new CliError(`${name} holds DNS records; flow records are needed: margay export -o ndjson -t flows`, 2)
        }
        isFirst = false
        const read = readLine(text, now)
        const problems = 'length' in read ? (read as readonly Problem[]) : series.add(read)
        if (problems.length > 0) complaints.note(`${name}:${number}`, problems)
      }
    } catch (error) {
      throw error instanceof CliError ? error : unreadable(name)(error)
    }
  }
  const badRows = complaints.end()
  if (series.size() > 0) return { series, badRows }
  const hint = 'margay export -o ndjson --since 7d --file flows.ndjson writes some'
  throw new CliError(`no flow record that can be judged in ${files.join(', ')}; ${hint}`, badRows > 0 ? 1 : 2)
}

/** Ends a command whose work was done on the good rows. */
export function refuseBadRows(badRows: number): void {
  if (badRows > 0) throw new CliError(`${plural(badRows, 'row')} could not be read and took no part`, 1)
}
