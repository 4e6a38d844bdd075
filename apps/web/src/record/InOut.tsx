// Two buttons beside a value: keep what has it, leave out what has it.
import type { Value } from '@margay/model'
import { filterText, valueFilter } from '../log-table/cell-filter.ts'
import { Icon } from '../ui/Icon.tsx'
import type { Pill } from '../view/pill.ts'
import css from './Record.module.css'

interface Props {
  readonly field: string
  readonly value: Value | undefined
  readonly onFilter: (pill: Pill) => void
}

export function InOut({ field, value, onFilter }: Props) {
  const keep = valueFilter(field, value, false)
  const leave = valueFilter(field, value, true)
  return (
    <span className={css.inOut}>
      <button
        type="button"
        aria-label={`Filter in ${filterText(keep)}`}
        title={`Filter in: ${filterText(keep)}`}
        onClick={() => onFilter(keep)}
      >
        <Icon name="filterIn" size={13} />
      </button>
      <button
        type="button"
        aria-label={`Filter out ${filterText(keep)}`}
        title={`Filter out: ${filterText(leave)}`}
        onClick={() => onFilter(leave)}
      >
        <Icon name="filterOut" size={13} />
      </button>
    </span>
  )
}
