// CSV by RFC 4180: one line a record, CR LF, quotes doubled. Lists are JSON in one cell, so that they can be read back.
// A spreadsheet runs a cell that starts like a formula, and the values come from the network: such texts get an apostrophe
// in front unless the reader asks for them raw.
import type { Field, LogType, Row, Value } from '@margay/model'
import { isPresent } from '@margay/model'

export interface CsvOptions {
  readonly fields: readonly string[]
  readonly formulas: 'harmless' | 'raw'
}

const lineEnd = '\r\n'

/** Signs that start a formula in Excel, LibreOffice and Sheets; a tab or a line end before one is skipped by them. */
const formulaStart = /^[=+\-@\t\r\n]/
/** `-` alone stands for "no value" in the logs and is no formula. */
const isFormula = (text: string) => formulaStart.test(text) && text !== '-'

const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

function cellText(value: Value, formulas: CsvOptions['formulas']): string {
  if (typeof value === 'string') return formulas === 'harmless' && isFormula(value) ? `'${value}` : value
  return Array.isArray(value) ? JSON.stringify(value) : String(value)
}

function cell(field: Field, value: Value | undefined, formulas: CsvOptions['formulas']): string {
  if (value === undefined || !isPresent(field, value)) return ''
  return cellText(value, formulas)
}

/** A line of texts that are ours: the head, or cells that are made already. */
export function csvCells(cells: readonly string[]): string {
  return cells.map(quote).join(',') + lineEnd
}

/** The text of one value, without the quotes that its line adds. */
export function csvText(value: Value | undefined, formulas: CsvOptions['formulas']): string {
  return value === undefined ? '' : cellText(value, formulas)
}

export function csvHead({ fields }: CsvOptions): string {
  return csvCells(fields)
}

/** One record. Fields must exist in the log type. */
export function csvLine(type: LogType, row: Row, { fields, formulas }: CsvOptions): string {
  return csvCells(fields.map((name) => cell(type.fields[name]!, row[name], formulas)))
}
