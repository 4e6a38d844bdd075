// Texts of a filter brought to the one spelling that the field's values have.
import type { Field } from '@margay/model'

/** Folds the pieces of a text as the model folds values at the door. */
export function foldPieces(field: Field, pieces: readonly string[]): readonly string[] {
  if (field.fold === 'upper') return pieces.map((piece) => piece.toUpperCase())
  if (field.fold !== 'name') return pieces
  const lower = pieces.map((piece) => piece.toLowerCase())
  const isRoot = lower.length === 1 && lower[0] === '.'
  const last = lower.at(-1)!
  return isRoot ? lower : [...lower.slice(0, -1), last.replace(/\.$/, '')]
}
