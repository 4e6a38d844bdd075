// A mark of an object: shape and word, with a tone that says nothing more.
import { Chip } from '../../ui/Chip.tsx'
import type { Mark } from './words.ts'

export function MarkChip({ mark: { sign, words, tone } }: { readonly mark: Mark }) {
  return (
    <Chip tone={tone}>
      <span aria-hidden="true">{sign}</span> {words}
    </Chip>
  )
}
