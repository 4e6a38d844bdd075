// A filter that is typed. What is typed stays as it was typed; the list follows when the typing rests, and at once by Enter.
// Where a whole name is wanted, the names there are complete it, and the list follows as soon as it is one of them.
import { useEffect, useId, useRef, useState } from 'react'
import css from './Objects.module.css'

interface Props {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly wide?: boolean
  /** Why the list cannot follow what is typed. */
  readonly fault?: string | undefined
  /** The whole names there are. */
  readonly choices?: readonly string[]
  readonly onChange: (value: string) => void
}

/** Between two keys of one word. */
const restMs = 250

export function FilterField({ label, placeholder, value, wide = false, fault, choices, onChange }: Props) {
  const list = useId()
  const [text, setText] = useState(value)
  const input = useRef<HTMLInputElement>(null)
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined)
  // What comes from elsewhere (Back, a link) is shown, but never under the fingers of who types.
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value)
  }, [value])
  useEffect(() => () => clearTimeout(rest.current), [])
  const send = (next: string) => {
    clearTimeout(rest.current)
    if (next !== value) onChange(next)
  }
  return (
    <>
      <input
        ref={input}
        type="search"
        className={wide ? `${css.field} ${css.wide}` : css.field}
        aria-label={label}
        placeholder={placeholder}
        value={text}
        spellCheck={false}
        autoComplete="off"
        list={choices && list}
        aria-invalid={fault !== undefined}
        title={fault}
        onChange={({ currentTarget }) => {
          const next = currentTarget.value
          setText(next)
          clearTimeout(rest.current)
          if (next === '' || !choices || choices.includes(next)) rest.current = setTimeout(() => send(next), restMs)
        }}
        onBlur={() => send(text)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') send(text)
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      {choices && (
        <datalist id={list}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
    </>
  )
}
