// The states in which a place has no data to show, or shows old ones: empty, failed, loading.
import { useEffect, useState, type ReactNode } from 'react'
import { capital, sentence } from '../format/sentence.ts'
import { IconButton } from './Button.tsx'
import css from './Message.module.css'

/** Why nothing is here, and what to do next. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={css.message} role="status">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

export interface Failure {
  readonly message: string
  readonly code: string
  readonly hint?: string | undefined
}

/** What failed, its code and the next step, where there is nothing else to show. */
export function Failed({ failure, children }: { readonly failure: Failure; readonly children?: ReactNode }) {
  return (
    <div className={css.message} role="alert">
      <h2>{capital(failure.message).replace(/\.$/, '')}</h2>
      {failure.hint && <p>{sentence(failure.hint)}</p>}
      {children}
      <span className={css.code}>{failure.code}</span>
    </div>
  )
}

interface BannerProps {
  readonly failure: Failure
  /** There is no last good picture: the banner stands in its place. */
  readonly alone?: boolean
  readonly children?: ReactNode
}

/** The same beside the last good picture. */
export function FailedBanner({ failure, alone = false, children }: BannerProps) {
  return (
    <div className={`${css.banner} ${css.failed}`} role="alert">
      <span>
        <b>{sentence(failure.message)}</b> {failure.hint && sentence(failure.hint)} {!alone && 'What you see is older.'}
      </span>
      {children ?? <span className={css.code}>{failure.code}</span>}
    </div>
  )
}

/** One line across the page that is not an error. */
export function Banner({ children }: { readonly children: ReactNode }) {
  return (
    <div className={css.banner} role="status">
      {children}
    </div>
  )
}

/** Loading is said only when it lasts; a quick answer must not flicker. */
const quietMs = 300

export function Loading({ active, label }: { readonly active: boolean; readonly label: string }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(active), active ? quietMs : 0)
    return () => clearTimeout(timer)
  }, [active])
  return shown && active ? <div className={css.loading} role="progressbar" aria-label={label} /> : null
}

/** A command to copy. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div className={css.command}>
      <code>{text}</code>
      <IconButton icon="copy" label="Copy the command" onClick={() => void navigator.clipboard.writeText(text)} />
    </div>
  )
}
