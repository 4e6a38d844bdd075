// What stands in one cell. An absent value is a dash with its reason, never 0 and never nothing.
import type { LogType, Row } from '@margay/model'
import { exactValue, formatValue } from '../format/value.ts'
import { formatClock, formatDay, formatTime } from '../format/time.ts'
import type { Column } from './columns.ts'
import { absenceOf, presentationOf } from './presentation.tsx'
import css from './LogTable.module.css'

interface Props {
  readonly type: LogType
  readonly column: Column
  readonly row: Row
  readonly zone: string
}

export function Cell({ type, column, row, zone }: Props) {
  if (column.fields.length > 1) return <Named column={column} row={row} />
  const value = row[column.id]
  if (value === undefined) return <Absent why={absenceOf(type.name, column.id, row)} />
  const draw = presentationOf(type.name, column.id)
  if (draw) return draw(value, row)
  const whole = formatValue(column.field, value, zone)
  if (column.field.kind === 'timestamp') return <span title={whole}>{timeText(Number(value), row, type, zone)}</span>
  return <span title={exactValue(column.field, value) ?? whole}>{whole}</span>
}

/** A time of the row's own day, as nearly all are, is told without it. */
function timeText(seconds: number, row: Row, type: LogType, zone: string): string {
  const own = Number(row[type.time] ?? seconds)
  const isOfDay = formatDay(own, zone) === formatDay(seconds, zone)
  return isOfDay ? formatClock(seconds, zone) : formatTime(seconds, zone)
}

export const Absent = ({ why = 'This record has no value here' }: { readonly why?: string | undefined }) => (
  <span className="faint" title={why}>
    –
  </span>
)

/** `namespace / name`, the namespace faint; one that stands for "none" is left out. */
function Named({ column, row }: Pick<Props, 'column' | 'row'>) {
  const [namespace, name] = column.fields.map((field) => row[field])
  if (namespace === undefined && name === undefined) return <Absent />
  const within = namespace !== undefined && namespace !== '-'
  return (
    <span title={`${within ? `${String(namespace)} / ` : ''}${String(name ?? '–')}`}>
      {within && (
        <span className={css.namespace}>
          {String(namespace)}
          <span className={css.slash}>/</span>
        </span>
      )}
      {String(name ?? '–')}
    </span>
  )
}
