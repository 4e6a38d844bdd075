// A modal dialog of the platform's own. It stands, with the focus in it, before the event that opened it has ended, so that
// keys typed after the one that opens it are never lost; and nothing behind it can take the focus while it is open.
import { useLayoutEffect, useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import css from './Dialog.module.css'

interface Props {
  readonly label: string
  /** Pixels; less where the window is narrower. */
  readonly width: number
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Open while it is mounted. `Escape` and a click beside it close it. */
export function Dialog({ label, width, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    // Ours alone: the page behind has its own meaning for the key.
    event.preventDefault()
    onClose()
  }
  const onClick = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose()
  }
  return (
    <dialog
      ref={dialog}
      className={css.dialog}
      style={{ width }}
      aria-label={label}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onClose={onClose}
    >
      <div>{children}</div>
    </dialog>
  )
}
