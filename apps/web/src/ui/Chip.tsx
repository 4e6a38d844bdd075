// A word with a tone. The tone never says anything that the word does not.
import type { ReactNode } from 'react'
import css from './Chip.module.css'

export type Tone = 'plain' | 'allow' | 'deny' | 'dest' | 'warn'

export function Chip({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return <span className={`${css.chip} ${tone === 'plain' ? '' : css[tone]}`}>{children}</span>
}
