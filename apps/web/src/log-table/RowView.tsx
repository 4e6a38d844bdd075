// One row: a line of cells, or on a phone a card of two lines.
import type { LogType, Row } from '@margay/model'
import { memo, type CSSProperties } from 'react'
import { Icon } from '../ui/Icon.tsx'
import { Cell } from './Cell.tsx'
import type { Column } from './columns.ts'
import grid from '../ui/Grid.module.css'
import css from './LogTable.module.css'

interface Props {
  readonly id: string
  readonly type: LogType
  readonly row: Row
  readonly columns: readonly Column[]
  readonly zone: string
  readonly index: number
  /** Pixels from the top of the rows' box. */
  readonly top: number
  readonly card: boolean
  readonly open: boolean
  readonly marked: boolean
  readonly provisional: boolean
  /** The column that the keys are about, on their row. */
  readonly atColumn: number | undefined
  readonly onOpen: (column: number) => void
}

const sameButForHandlers = (a: Props, b: Props): boolean =>
  (Object.keys(a) as (keyof Props)[]).every((name) => name === 'onOpen' || a[name] === b[name])

export const RowView = memo(function RowView(props: Props) {
  const { columns, index, top, card, open, marked, provisional, onOpen } = props
  const looks = [card ? grid.card : grid.row, marked && css.marked, provisional && css.provisional]
  const style: CSSProperties = { transform: `translateY(${top}px)` }
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={open}
      className={looks.filter(Boolean).join(' ')}
      style={style}
      data-id={props.id}
      data-cursor={props.atColumn === undefined ? undefined : ''}
      title={provisional ? 'Of the last second; replaced by the lasting record within its interval' : undefined}
      onClick={(event) => onOpen(columnUnder(event.target))}
    >
      {card ? (
        <Card {...props} />
      ) : (
        columns.map((column, at) => <GridCell key={column.id} {...props} column={column} at={at} />)
      )}
    </div>
  )
}, sameButForHandlers)

const columnUnder = (target: EventTarget): number => {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-column]') : null
  return Number(cell?.dataset.column ?? 0)
}

function GridCell({ type, row, zone, column, at, atColumn }: Props & { readonly column: Column; readonly at: number }) {
  const looks = [
    grid.cell,
    column.amount && grid.amount,
    column.id === type.time && css.time,
    at === atColumn && css.at,
  ]
  return (
    <div role="gridcell" data-column={at} className={looks.filter(Boolean).join(' ')}>
      <Cell type={type} column={column} row={row} zone={zone} />
    </div>
  )
}

/** Who is named with a namespace is one end, and what follows it is where that went. */
const isEnd = (column: Column | undefined): boolean => column !== undefined && column.fields.length > 1

/** `in` or `out`, where a figure has one of each. */
const wayOf = ({ label }: Column): string => /\b(in|out)$/.exec(label)?.[0] ?? ''

/** First line: words, time, amounts. Second line: who, to whom, and the rest. */
function Card({ type, row, columns, zone }: Props) {
  const isTime = ({ id }: Column) => id === type.time
  const words = columns.filter(({ field }) => field.kind === 'enum')
  const amounts = columns.filter(({ amount }) => amount).slice(-2)
  const others = columns.filter((column) => !isTime(column) && !words.includes(column) && !column.amount).slice(0, 3)
  const cell = (column: Column) => <Cell type={type} column={column} row={row} zone={zone} />
  return (
    <>
      <div className={`${grid.line} ${css.line}`}>
        {words.map((column) => (
          <span key={column.id} role="gridcell">
            {cell(column)}
          </span>
        ))}
        {columns.filter(isTime).map((column) => (
          <span key={column.id} role="gridcell" className={css.time}>
            {cell(column)}
          </span>
        ))}
        {amounts.map((column) => (
          <span key={column.id} role="gridcell" className={css.amount} title={column.label}>
            {cell(column)} {wayOf(column)}
          </span>
        ))}
      </div>
      <div className={`${grid.line} ${css.who}`}>
        {others.map((column, at) => (
          <span key={column.id} role="gridcell" data-column={columns.indexOf(column)}>
            {at === 1 && isEnd(others[0]) && <Icon name="forward" size={10} />} {cell(column)}
          </span>
        ))}
      </div>
    </>
  )
}
