// What can be done with an endpoint, wherever it stands: opened by a right click or `.`, left by Escape. It does the same
// from a cell and from a vertex, so that one learns it once.
import { Menu, Portal } from '@mantine/core'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, type KeyboardEvent } from 'react'
import { readGraphView, writeGraphView } from '../pages/graph/graph-address.ts'
import { useKeys } from '../ui/keys.ts'
import { Icon } from '../ui/Icon.tsx'
import type { Search } from '../view/address.ts'
import { addPill, pill } from '../view/pill.ts'
import { useView } from '../view/use-view.ts'
import { readView, writeView } from '../view/view.ts'
import type { MenuEndpoint } from './endpoint.ts'
import css from './EndpointMenu.module.css'

/** An endpoint and where on the screen its menu opens. */
export interface MenuPlace {
  readonly endpoint: MenuEndpoint
  readonly x: number
  readonly y: number
}

interface Props {
  readonly place: MenuPlace
  /** It stands in the drawing already. */
  readonly isDrawn?: boolean
  readonly onClose: () => void
}

export function EndpointMenu({ place: { endpoint, x, y }, isDrawn = false, onClose }: Props) {
  const { kql, name } = endpoint
  const { changeView } = useView()
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const keep = (negated: boolean) => changeView(({ pills }) => ({ pills: addPill(pills, pill(kql, negated)) }))
  const show = () => navigate({ to: '/graph', search: (before: Search) => graphSearch(before, endpoint) })
  const open = () => navigate({ to: '/explore', search: (before: Search) => exploreSearch(before, kql) })
  const copy = (text: string) => void navigator.clipboard.writeText(text)
  useFocusBack()
  // Before the focus has come, and then from within: keys belong to the menu, and Escape closes it and nothing else.
  useKeys({ Escape: onClose })
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Escape') onClose()
  }
  return (
    <Portal>
      <Menu opened onChange={(opened) => !opened && onClose()} position="bottom-start" offset={2} closeOnEscape={false}>
        <Menu.Target>
          <button type="button" tabIndex={-1} className={css.target} style={{ left: x, top: y }} aria-label={name} />
        </Menu.Target>
        <Menu.Dropdown onKeyDown={onKeyDown}>
          <Menu.Label>{name}</Menu.Label>
          {!isDrawn && (
            <Menu.Item leftSection={<Icon name="graph" />} data-autofocus onClick={() => void show()}>
              Show in graph
            </Menu.Item>
          )}
          {pathname !== '/explore' && (
            <Menu.Item leftSection={<Icon name="explore" />} data-autofocus onClick={() => void open()}>
              Open in Explore
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Icon name="filterIn" />} onClick={() => keep(false)}>
            Filter in: only its records
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="filterOut" />} onClick={() => keep(true)}>
            Filter out: all but its records
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="copy" />} onClick={() => copy(name)}>
            Copy the name
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="copy" />} onClick={() => copy(kql)}>
            Copy the query
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Portal>
  )
}

/** When the menu is gone, the focus is where it was, unless it was taken elsewhere. */
function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement
    return () => {
      if (document.activeElement === document.body && before instanceof HTMLElement)
        before.focus({ preventScroll: true })
    }
  }, [])
}

/** The graph with the endpoint selected and what it is in opened. */
function graphSearch(before: Search, { id, within }: MenuEndpoint): Search {
  const graph = readGraphView(before)
  const opened = new Set([...graph.view.opened, ...within])
  return {
    ...writeGraphView({ ...graph, view: { ...graph.view, opened } }),
    ...writeView({ ...readView(before), selection: { kind: 'vertex', id } }),
  }
}

function exploreSearch(before: Search, kql: string): Search {
  const view = readView(before)
  return writeView({ ...view, pills: addPill(view.pills, pill(kql)), selection: undefined })
}
