// A page with its side panel: 320 px at the right, a sheet on a phone. The panel shows the view's selection, remembers
// the selections before it, and closes with Esc. Which selection draws what is for the page.
import { Drawer } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useState, type ReactNode } from 'react'
import { IconButton } from '../ui/Button.tsx'
import { useKeys } from '../ui/keys.ts'
import { useView } from '../view/use-view.ts'
import { goTo, noHistory, visit } from './panel-history.ts'
import css from './SidePanel.module.css'

export const phoneQuery = '(max-width: 720px)'

export const usePhone = (): boolean => useMediaQuery(phoneQuery, window.matchMedia(phoneQuery).matches) ?? false

interface Props {
  /** What is selected, in a word: `Flow record`, `Edge`. */
  readonly label: string
  /** What the panel shows; undefined while nothing is selected. */
  readonly panel: ReactNode | undefined
  readonly children: ReactNode
}

export function WithSidePanel({ label, panel, children }: Props) {
  const { view, changeView } = useView()
  const phone = usePhone()
  const close = () => changeView({ selection: undefined })
  const open = panel !== undefined && view.selection !== undefined
  useKeys({ Escape: () => (open ? close() : false) })
  const body = (
    <>
      <PanelHead label={label} onClose={close} />
      <div className={css.body}>{panel}</div>
    </>
  )
  return (
    <div className={css.frame}>
      <div className={css.content}>{children}</div>
      {open && !phone && (
        <aside className={css.panel} aria-label={label}>
          {body}
        </aside>
      )}
      <Drawer
        opened={open && phone}
        onClose={close}
        position="bottom"
        size="80%"
        withCloseButton={false}
        padding={0}
        attributes={{ content: { 'aria-label': label } }}
        classNames={{ content: css.sheet ?? '' }}
      >
        {phone && body}
      </Drawer>
    </div>
  )
}

function PanelHead({ label, onClose }: { readonly label: string; readonly onClose: () => void }) {
  const { view, changeView } = useView()
  const [stored, setHistory] = useState(noHistory)
  const history = visit(stored, view.selection)
  if (history !== stored) setHistory(history)
  const go = (step: -1 | 1) => {
    const moved = goTo(history, history.at + step)
    setHistory(moved)
    changeView({ selection: moved.entries[moved.at] })
  }
  return (
    <div className={css.head}>
      <h2>{label}</h2>
      <IconButton icon="back" label="Selection before" disabled={history.at <= 0} onClick={() => go(-1)} />
      <IconButton
        icon="forward"
        label="Selection after"
        disabled={history.at >= history.entries.length - 1}
        onClick={() => go(1)}
      />
      <IconButton icon="close" label="Close (Esc)" onClick={onClose} />
    </div>
  )
}
