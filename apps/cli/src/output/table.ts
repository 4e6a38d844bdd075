// Columns of texts, aligned: numbers to the right, the last column as long as it likes.
import type { Paint } from './paint.ts'

export interface Column {
  readonly title: string
  readonly numeric?: boolean
}

/** Characters as code points; marks that join are rare in names and would only misalign a column. */
const widthOf = (text: string) => Array.from(text).length
const align = (text: string, width: number, numeric: boolean | undefined) => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return numeric ? space + text : text + space
}

/** Lines without their ends: a head and one line a row. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], paint: Paint): string[] {
  const widths = columns.map(({ title }, index) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index]!))))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => align(cell, widths[index]!, columns[index]!.numeric))
      .join('  ')
      .trimEnd()
  return [paint.faint(line(columns.map(({ title }) => title))), ...rows.map(line)]
}
