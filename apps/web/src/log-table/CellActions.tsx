// Filter in, filter out, copy: over the cell under the pointer. There is one of these, not one for every cell.
import type { Row } from '@margay/model'
import { rawValue } from '../format/value.ts'
import { Icon } from '../ui/Icon.tsx'
import type { Pill } from '../view/pill.ts'
import { cellFilter, filterText } from './cell-filter.ts'
import type { Column } from './columns.ts'
import css from './LogTable.module.css'

export interface CellPlace {
  readonly rowId: string
  readonly column: Column
  /** Pixels within what is scrolled. */
  readonly right: number
  readonly top: number
}

interface Props {
  readonly place: CellPlace
  readonly row: Row
  readonly onFilter: (pill: Pill) => void
}

/** Width of the three buttons with their frame. */
const width = 78

export function CellActions({ place, row, onFilter }: Props) {
  const { column, right, top } = place
  const keep = cellFilter(column, row, false)
  const leave = cellFilter(column, row, true)
  const text = column.fields.flatMap((name) => (row[name] === undefined ? [] : rawValue(row[name]))).join('/')
  return (
    <div className={css.actions} style={{ left: Math.max(0, right - width), top: top + 1 }} data-actions>
      <button
        type="button"
        title={`Filter in (f): ${filterText(keep)}`}
        aria-label="Filter in"
        onClick={() => onFilter(keep)}
      >
        <Icon name="filterIn" size={13} />
      </button>
      <button
        type="button"
        title={`Filter out (F): ${filterText(leave)}`}
        aria-label="Filter out"
        onClick={() => onFilter(leave)}
      >
        <Icon name="filterOut" size={13} />
      </button>
      <button
        type="button"
        title="Copy the value"
        aria-label="Copy the value"
        disabled={text === ''}
        onClick={() => void navigator.clipboard.writeText(text)}
      >
        <Icon name="copy" size={13} />
      </button>
    </div>
  )
}
