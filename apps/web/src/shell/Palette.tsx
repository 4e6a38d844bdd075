// `Ctrl+K`: type a few words, press Enter.
import { useId, useState, type KeyboardEvent } from 'react'
import { Dialog } from '../ui/Dialog.tsx'
import { findCommands, type Command } from './palette-commands.ts'
import css from './Overlay.module.css'

interface Props {
  readonly onClose: () => void
  readonly onCommand: (command: Command) => void
}

export function Palette({ onClose, onCommand }: Props) {
  return (
    <Dialog label="Command palette" width={560} onClose={onClose}>
      <Finder
        onCommand={(command) => {
          onClose()
          onCommand(command)
        }}
      />
    </Dialog>
  )
}

function Finder({ onCommand }: Pick<Props, 'onCommand'>) {
  const id = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const found = findCommands(text)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const chosen = found[at]
    if (step) setAt((at + step + found.length) % Math.max(1, found.length))
    else if (event.key === 'Enter' && chosen) onCommand(chosen)
    else return
    event.preventDefault()
  }
  return (
    <>
      <input
        className={css.find}
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[at] && `${id}-${at}`}
        aria-label="Find a page, a field or an action"
        placeholder="Find a page, a field or an action"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      {found.length === 0 && <div className={css.none}>Nothing has all these words. Fewer words find more.</div>}
      <ul className={css.options} id={id} role="listbox" aria-label="Found">
        {found.map((command, index) => (
          <li
            key={`${command.kind} ${command.title} ${command.about}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className={css.option}
            ref={(element) => void (index === at && element?.scrollIntoView({ block: 'nearest' }))}
            onClick={() => onCommand(command)}
          >
            <span className={command.kind === 'field' ? 'mono' : undefined}>{command.title}</span>
            <small>{command.about}</small>
          </li>
        ))}
      </ul>
    </>
  )
}
