// One row of any log as one line for people: its columns one after the other, as a log table would show them.
import type { LogType, Row } from '@margay/model'
import type { LineOptions } from './flow-line.ts'
import { formatValue } from './value.ts'

/** Columns without a value are left out; numbers get their field's heading, for nothing else says what they are. */
export function plainLine(type: LogType, row: Row, { paint, utc, now }: LineOptions): string {
  const cells = type.columns.flatMap((name) => {
    const field = type.fields[name]!
    const value = row[name]
    if (value === undefined || value === '-') return []
    const text = formatValue(value, field, { now, utc })
    if (name === type.time) return paint.faint(` ${text}`)
    return field.kind === 'count' ? `${field.label?.toLowerCase() ?? name} ${text}` : text
  })
  return cells.join('  ')
}
