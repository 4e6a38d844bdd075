// A table of a cluster's objects: virtual rows of one height, a head that sorts, the keys j k Enter, cards of two lines on a
// phone. It draws what it is given; asking for it, and what opening a row means, is for the page.
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState, type CSSProperties, type ReactNode } from 'react'
import { usePhone } from '../shell/SidePanel.tsx'
import { Icon } from '../ui/Icon.tsx'
import { useKeys } from '../ui/keys.ts'
import grid from '../ui/Grid.module.css'
import css from './ObjectTable.module.css'

export interface ObjectColumn<T> {
  readonly id: string
  readonly label: string
  /** What the column tells, for its tooltip. */
  readonly doc: string
  /** Pixels at the least. */
  readonly least: number
  /** Its share of the room that is left. */
  readonly grow: number
  /** A figure: at the right. */
  readonly amount?: boolean
  readonly sortable?: boolean
  readonly draw: (item: T) => ReactNode
  /** The whole text of a cell that may be cut. */
  readonly whole?: (item: T) => string
}

/** What a phone shows of an item. */
export interface ObjectCard {
  readonly first: ReactNode
  readonly second: ReactNode
}

export interface ObjectSort {
  readonly column: string
  readonly descending: boolean
}

interface Props<T> {
  readonly label: string
  readonly columns: readonly ObjectColumn<T>[]
  /** Those that were read so far, of `total`. */
  readonly items: readonly T[]
  readonly total: number
  readonly idOf: (item: T) => string
  readonly card: (item: T) => ObjectCard
  readonly onOpen: (item: T) => void
  readonly sort?: ObjectSort
  readonly onSort?: (sort: ObjectSort) => void
  /** Called when the end of what was read comes near. */
  readonly onEnd?: () => void
}

const rowHeight = 28
const cardHeight = 64
const overscan = 12

export function ObjectTable<T>(props: Props<T>) {
  const { label, columns, items, total, idOf, card, onOpen, onEnd } = props
  const phone = usePhone()
  const scroll = useRef<HTMLDivElement>(null)
  const headHeight = phone ? 0 : rowHeight
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => (phone ? cardHeight : rowHeight),
    overscan,
    scrollMargin: headHeight,
  })
  const [at, setAt] = useCursor(items, onOpen, (row) => virtual.scrollToIndex(row))
  const rows = virtual.getVirtualItems()
  const lastSeen = rows.at(-1)?.index ?? 0
  useEffect(() => {
    if (items.length > 0 && lastSeen >= items.length - overscan * 2) onEnd?.()
  }, [lastSeen, items.length, onEnd])
  return (
    <div ref={scroll} className={grid.scroll} style={phone ? undefined : layoutOf(columns)}>
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={total + 1}
        aria-colcount={columns.length}
        className={grid.grid}
        tabIndex={0}
      >
        {!phone && <Head {...props} />}
        <div className={grid.inner} style={{ height: virtual.getTotalSize() }} role="rowgroup">
          {rows.map(({ index, start }) => {
            const item = items[index]
            if (item === undefined) return null
            return (
              <div
                key={idOf(item)}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === at}
                data-id={idOf(item)}
                className={phone ? grid.card : grid.row}
                style={{ transform: `translateY(${start - headHeight}px)` }}
                onClick={() => {
                  setAt(index)
                  onOpen(item)
                }}
              >
                {phone ? <Card {...card(item)} /> : columns.map((column) => Cell(column, item))}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

const layoutOf = <T,>(columns: readonly ObjectColumn<T>[]): CSSProperties =>
  ({
    '--tracks': columns.map(({ least, grow }) => `minmax(${least}px, ${grow}fr)`).join(' '),
    '--least': `${columns.reduce((sum, { least }) => sum + least, 16)}px`,
  }) as CSSProperties

function Cell<T>({ id, amount, draw, whole }: ObjectColumn<T>, item: T) {
  return (
    <div key={id} role="gridcell" className={amount ? `${grid.cell} ${grid.amount}` : grid.cell} title={whole?.(item)}>
      {draw(item)}
    </div>
  )
}

const Card = ({ first, second }: ObjectCard) => (
  <>
    <div role="gridcell" className={`${grid.line} ${css.line}`}>
      {first}
    </div>
    <div role="gridcell" className={`${grid.line} ${css.line} ${css.second}`}>
      {second}
    </div>
  </>
)

function Head<T>({ columns, sort, onSort }: Props<T>) {
  return (
    <div className={grid.head} role="row" aria-rowindex={1}>
      {columns.map(({ id, label, doc, amount, sortable }) => {
        const sorted = sort?.column === id
        return (
          <div
            key={id}
            role="columnheader"
            title={doc}
            className={amount ? grid.amount : undefined}
            {...(sorted && { 'aria-sort': sort.descending ? ('descending' as const) : ('ascending' as const) })}
          >
            {sortable && onSort ? (
              <button type="button" onClick={() => onSort({ column: id, descending: sorted && !sort.descending })}>
                {label}
                {sorted && <Icon name={sort.descending ? 'down' : 'up'} size={9} />}
              </button>
            ) : (
              <span>{label}</span>
            )}
          </div>
        )
      })}
    </div>
  )
}

/** Enter on a button or a link is that button's or link's. */
const isPressable = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('button, a, summary, [role=menuitem], [role=option]') !== null

/** The row that the keys are about. They may come faster than it is drawn, so they read and move a copy of their own. */
function useCursor<T>(items: readonly T[], onOpen: (item: T) => void, show: (row: number) => void) {
  const [drawn, setDrawn] = useState<number>()
  const cursor = useRef<number>(undefined)
  const setAt = (row: number) => {
    cursor.current = row
    setDrawn(row)
  }
  const move = (step: 1 | -1) => {
    if (items.length === 0) return
    const row = Math.min(items.length - 1, Math.max(0, (cursor.current ?? -step) + step))
    setAt(row)
    show(row)
  }
  const open = () => {
    const item = cursor.current === undefined ? undefined : items[cursor.current]
    if (item === undefined) return false
    onOpen(item)
    return true
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: (event) => (isPressable(event.target) ? false : open()),
  })
  return [drawn, setAt] as const
}
