// Keys that do something wherever the focus is, except in a field that takes text. A component declares its keys while it
// is mounted; the one mounted last wins. Two keys one after the other are written with a space (`g e`).
import { useEffect, useRef } from 'react'

/** What a key does. It may give `false` to say that it did nothing, and the next one is tried. */
export type Bindings = Readonly<Record<string, (event: KeyboardEvent) => void | boolean>>

const stack: { current: Bindings }[] = []
let prefix: string | undefined
let prefixTimer: ReturnType<typeof setTimeout> | undefined

/** How long the second key of two is waited for. */
const prefixMs = 1200

const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select, [role=textbox]'))

/** `Ctrl+k`, `Escape`, `F`, `g`. Shift is part of the sign itself. */
function nameOf(event: KeyboardEvent): string {
  const control = event.ctrlKey || event.metaKey
  return `${control ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${control ? event.key.toLowerCase() : event.key}`
}

const isPrefix = (name: string): boolean =>
  stack.some(({ current }) => Object.keys(current).some((keys) => keys.startsWith(`${name} `)))

function setPrefix(name: string | undefined): void {
  clearTimeout(prefixTimer)
  prefix = name
  if (name) prefixTimer = setTimeout(() => setPrefix(undefined), prefixMs)
}

function run(keys: string, event: KeyboardEvent): boolean {
  return stack.toReversed().some(({ current }) => {
    const action = current[keys]
    return action !== undefined && action(event) !== false
  })
}

function handle(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const name = nameOf(event)
  const worksInText = name.startsWith('Ctrl+') || name === 'Escape'
  if (takesText(event.target) && !worksInText) return
  const keys = prefix ? `${prefix} ${name}` : name
  const second = prefix !== undefined
  setPrefix(undefined)
  if (run(keys, event) || (second && run(name, event))) event.preventDefault()
  else if (isPrefix(name)) setPrefix(name)
}

let listening = false

export function useKeys(bindings: Bindings): void {
  const entry = useRef(bindings)
  useEffect(() => {
    entry.current = bindings
  })
  useEffect(() => {
    if (!listening) document.addEventListener('keydown', handle)
    listening = true
    const mine = entry
    stack.push(mine)
    return () => void stack.splice(stack.indexOf(mine), 1)
  }, [])
}
