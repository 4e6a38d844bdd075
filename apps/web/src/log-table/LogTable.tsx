// The table of a log: virtual rows of one height, a head that sorts, a foot with totals, filters by clicking a cell, and
// the keys j k Enter x f F e and `.`. It draws rows that it is given; asking for them, and what a click means, is for the page.
import { createColumnHelper, rowSelectionFeature, tableFeatures, useTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { LogType, Row } from '@margay/model'
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties, type ReactNode } from 'react'
import { EndpointMenu, type MenuPlace } from '../endpoint-menu/EndpointMenu.tsx'
import { endpointOfCell } from '../endpoint-menu/endpoint.ts'
import { plural } from '../format/number.ts'
import { usePhone } from '../shell/SidePanel.tsx'
import { Icon } from '../ui/Icon.tsx'
import { useKeys } from '../ui/keys.ts'
import type { Pill } from '../view/pill.ts'
import { CellActions, type CellPlace } from './CellActions.tsx'
import { cellFilter } from './cell-filter.ts'
import type { Column } from './columns.ts'
import { rowIds } from './row-id.ts'
import { useHeldRows } from './use-held-rows.ts'
import { RowView } from './RowView.tsx'
import grid from '../ui/Grid.module.css'
import css from './LogTable.module.css'

export interface Sort {
  readonly field: string
  readonly descending: boolean
}

interface Props {
  readonly type: LogType
  readonly rows: readonly Row[]
  readonly columns: readonly Column[]
  readonly zone: string
  readonly sort: Sort
  readonly onSort: (sort: Sort) => void
  /** The id of the row that the side panel shows. */
  readonly openId: string | undefined
  readonly onOpen: (id: string, row: Row) => void
  readonly onFilter: (pill: Pill) => void
  /** Rows that were marked with x. */
  readonly onMark?: (rows: readonly Row[]) => void
  readonly isProvisional?: (row: Row) => boolean
  /** Called when the end of the rows comes near. */
  readonly onEnd?: () => void
  /** What stands after the last row. */
  readonly end?: ReactNode
  /** Totals by column id, drawn under their columns. */
  readonly totals?: Readonly<Record<string, string>> | undefined
  readonly totalsLabel?: ReactNode
  readonly label: string
}

export const rowHeight = 28
const cardHeight = 64
const overscan = 12

const features = tableFeatures({ rowSelectionFeature })
const helper = createColumnHelper<typeof features, Row>()

/** Rows that enter while the pointer is over the table wait above it. */
export function LogTable(props: Props) {
  const { shown, held, hold, release } = useHeldRows(props.rows)
  return (
    <div
      className={css.table}
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && hold()}
      onPointerLeave={release}
    >
      {held > 0 && <div className={css.held}>{plural(held, 'new row')} above: shown when the pointer leaves</div>}
      <Rows {...props} rows={shown} />
    </div>
  )
}

function Rows(props: Props) {
  const { type, rows, columns, openId, onEnd, label } = props
  const phone = usePhone()
  const scroll = useRef<HTMLDivElement>(null)
  const ids = useMemo(() => rowIds(rows, type.time), [rows, type])
  const table = useTable({
    features,
    columns: useMemo(
      () => helper.columns(columns.map(({ id }) => helper.accessor((row) => row[id], { id }))),
      [columns],
    ),
    data: rows,
    getRowId: (_, index) => ids[index] ?? String(index),
  })
  const model = table.getRowModel().rows
  const height = phone ? cardHeight : rowHeight
  const headHeight = phone ? 0 : rowHeight
  const virtual = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => height,
    getItemKey: (index) => ids[index] ?? index,
    overscan,
    scrollMargin: headHeight,
  })
  useKeepStill(scroll, ids, height)
  const [place, setPlace] = useState<CellPlace>()
  const [menu, setMenu] = useState<MenuPlace>()
  const [at, setAt] = useCursor(props, ids, table, virtual)
  const openMenu = (cell: Element | null | undefined, at?: { readonly x: number; readonly y: number }) => {
    const found = cell ? menuOf(cell, ids, props) : undefined
    setMenu(found && { ...found, ...at })
    return found !== undefined
  }
  const cellAt = ({ rowId, column }: { readonly rowId: string | undefined; readonly column: number }) =>
    scroll.current?.querySelector(`[data-id="${CSS.escape(rowId ?? '')}"] [data-column="${column}"]`)
  useKeys({
    '.': () =>
      (at && openMenu(cellAt({ rowId: ids[at.row], column: at.column }))) ||
      (place !== undefined && openMenu(cellAt({ rowId: place.rowId, column: columns.indexOf(place.column) }))),
  })
  const items = virtual.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (rows.length > 0 && lastSeen >= rows.length - overscan * 2) onEnd?.()
  }, [lastSeen, rows.length, onEnd])
  return (
    <>
      <div
        ref={scroll}
        className={`${grid.scroll} ${css.scroll}`}
        style={phone ? undefined : layoutOf(columns)}
        onPointerOver={({ target, pointerType }) =>
          setPlace((before) => placeUnder(target, pointerType, columns, before))
        }
        onPointerLeave={() => setPlace(undefined)}
        onContextMenu={(event) => {
          const cell = event.target instanceof Element ? event.target.closest('[data-column]') : null
          if (openMenu(cell, { x: event.clientX, y: event.clientY })) event.preventDefault()
        }}
      >
        <div
          role="grid"
          aria-label={label}
          aria-rowcount={rows.length}
          aria-colcount={columns.length}
          className={grid.grid}
          tabIndex={0}
        >
          {!phone && <Head {...props} />}
          <div className={grid.inner} style={{ height: virtual.getTotalSize() }} role="rowgroup">
            {items.map(({ index, start }) => {
              const item = model[index]
              const id = ids[index]
              if (!item || !id) return null
              return (
                <RowView
                  key={id}
                  id={id}
                  type={type}
                  row={item.original}
                  columns={columns}
                  zone={props.zone}
                  index={index}
                  top={start - headHeight}
                  card={phone}
                  open={id === openId}
                  marked={item.getIsSelected()}
                  provisional={props.isProvisional?.(item.original) ?? false}
                  atColumn={at?.row === index ? at.column : undefined}
                  onOpen={(column) => {
                    setAt({ row: index, column })
                    props.onOpen(id, item.original)
                  }}
                />
              )
            })}
          </div>
          {props.totals && !phone && <Foot {...props} />}
        </div>
        {place && <Actions place={place} ids={ids} {...props} />}
        {props.end && <div className={css.end}>{props.end}</div>}
      </div>
      {menu && <EndpointMenu key={menu.endpoint.id} place={menu} onClose={() => setMenu(undefined)} />}
      {props.totals && phone && <div className={css.end}>{props.totalsLabel}</div>}
    </>
  )
}

const layoutOf = (columns: readonly Column[]): CSSProperties =>
  ({
    '--tracks': columns.map(({ track }) => track).join(' '),
    '--least': `${columns.reduce((sum, { least }) => sum + least, 16)}px`,
  }) as CSSProperties

/** Rows that enter above a table that is scrolled do not move it: the scroll position goes along with them. */
function useKeepStill(scroll: { current: HTMLDivElement | null }, ids: readonly string[], height: number): void {
  const first = useRef(ids[0])
  useLayoutEffect(() => {
    const element = scroll.current
    const before = first.current
    first.current = ids[0]
    if (!element || before === undefined || before === ids[0]) return
    const entered = ids.indexOf(before)
    if (entered > 0 && element.scrollTop > 0) element.scrollTop += entered * height
  }, [scroll, ids, height])
}

interface Cursor {
  readonly row: number
  readonly column: number
}

/** The cell that the keys are about, moved by them. */
function useCursor(
  { rows, columns, onOpen, onFilter, onMark }: Props,
  ids: readonly string[],
  table: { getRowModel(): { rows: { toggleSelected(): void; getIsSelected(): boolean; original: Row }[] } },
  virtual: { scrollToIndex(index: number): void },
) {
  const [drawn, setDrawn] = useState<Cursor>()
  // Keys may come faster than the table is drawn, so they read and move this one.
  const cursor = useRef<Cursor>(undefined)
  const setAt = (next: Cursor | undefined) => {
    cursor.current = next
    setDrawn(next)
  }
  const move = (rowStep: number, columnStep: number) => {
    const at = cursor.current
    const row = Math.min(rows.length - 1, Math.max(0, (at?.row ?? -rowStep) + rowStep))
    const column = Math.min(columns.length - 1, Math.max(0, (at?.column ?? 0) + columnStep))
    if (rows.length === 0) return
    setAt({ row, column })
    virtual.scrollToIndex(row)
  }
  const open = () => {
    const at = cursor.current
    const row = at && rows[at.row]
    const id = at && ids[at.row]
    if (!row || !id) return false
    onOpen(id, row)
    return true
  }
  const filter = (out: boolean) => {
    const at = cursor.current
    const row = at && rows[at.row]
    const column = at && columns[at.column]
    if (!row || !column) return false
    onFilter(cellFilter(column, row, out))
    return true
  }
  const mark = () => {
    const at = cursor.current
    const item = at && table.getRowModel().rows[at.row]
    if (!item || !onMark) return false
    const others = table.getRowModel().rows.filter((row) => row !== item && row.getIsSelected())
    onMark([...others, ...(item.getIsSelected() ? [] : [item])].map(({ original }) => original))
    item.toggleSelected()
    return true
  }
  useKeys({
    j: () => move(1, 0),
    k: () => move(-1, 0),
    ArrowDown: () => move(1, 0),
    ArrowUp: () => move(-1, 0),
    ArrowRight: () => move(0, 1),
    ArrowLeft: () => move(0, -1),
    Enter: (event) => (isPressable(event.target) ? false : open()),
    e: open,
    x: mark,
    f: () => filter(false),
    F: () => filter(true),
  })
  return [drawn, setAt] as const
}

/** Enter on a button or a link is that button's or link's. */
const isPressable = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('button, a, [role=menuitem], [role=option]') !== null

function Head({ columns, sort, onSort }: Props) {
  return (
    <div className={grid.head} role="row" aria-rowindex={1}>
      {columns.map(({ id, label, field, amount }) => {
        const sorted = sort.field === id
        return (
          <div
            key={id}
            role="columnheader"
            className={amount ? grid.amount : undefined}
            {...(sorted && { 'aria-sort': sort.descending ? ('descending' as const) : ('ascending' as const) })}
          >
            <button
              type="button"
              title={`${id}: ${field.doc}`}
              onClick={() => onSort({ field: id, descending: sorted ? !sort.descending : true })}
            >
              {label}
              {sorted && <Icon name={sort.descending ? 'down' : 'up'} size={9} />}
            </button>
          </div>
        )
      })}
    </div>
  )
}

/** Totals under their columns; their label takes the columns before the first of them. */
function Foot({ columns, totals = {}, totalsLabel }: Props) {
  const first = columns.findIndex(({ id }) => totals[id] !== undefined)
  const span = first < 1 ? columns.length : first
  return (
    <div className={css.foot} role="row" aria-label="Totals">
      <div className={grid.cell} role="gridcell" style={{ gridColumn: `1 / span ${span}` }}>
        {totalsLabel}
      </div>
      {columns.slice(span).map(({ id }) => (
        <div key={id} role="gridcell" className={`${grid.cell} ${grid.amount}`} title={totals[id]}>
          {totals[id]}
        </div>
      ))}
    </div>
  )
}

/** The menu of the endpoint that a cell names, under the cell; undefined where it names none. */
function menuOf(cell: Element, ids: readonly string[], { rows, columns }: Props): MenuPlace | undefined {
  const row = rows[ids.indexOf(cell.closest<HTMLElement>('[data-id]')?.dataset.id ?? '')]
  const column = columns[Number(cell.getAttribute('data-column'))]
  const endpoint = row && column && endpointOfCell(column.fields, row)
  const { left, bottom } = cell.getBoundingClientRect()
  return endpoint && { endpoint, x: left + 8, y: bottom }
}

/** The cell under the pointer and where it stands; a finger has no hover. The buttons belong to the cell before them. */
function placeUnder(
  target: EventTarget,
  pointerType: string,
  columns: readonly Column[],
  before: CellPlace | undefined,
): CellPlace | undefined {
  if (!(target instanceof Element) || pointerType !== 'mouse') return undefined
  if (target.closest('[data-actions]')) return before
  const cell = target.closest<HTMLElement>('[data-column]')
  const row = cell?.closest<HTMLElement>('[data-id]')
  const column = columns[Number(cell?.dataset.column)]
  if (!cell || !row || !column) return undefined
  const top = rowHeight + new DOMMatrix(getComputedStyle(row).transform).m42
  return { rowId: row.dataset.id ?? '', column, right: cell.offsetLeft + cell.offsetWidth, top }
}

function Actions({
  place,
  ids,
  rows,
  onFilter,
}: Props & { readonly place: CellPlace; readonly ids: readonly string[] }) {
  const row = rows[ids.indexOf(place.rowId)]
  return row ? (
    <CellActions key={`${place.rowId} ${place.column.id}`} place={place} row={row} onFilter={onFilter} />
  ) : null
}
