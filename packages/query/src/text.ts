// Comparisons of texts that the store's engine and this package must make alike.
import type { Gap } from './filter.ts'

/** Whether the pieces fill the whole text in order, anything between them: what `*` means. Linear in the text for each piece. */
export function likeText(pieces: readonly string[], text: string): boolean {
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (pieces.length === 1) return text === first
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  const end = text.length - last.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}

/** As likeText, where some gaps are exactly one character. Steps are at most the product of the lengths. */
export function likeGaps(pieces: readonly string[], gaps: readonly Gap[], text: string): boolean {
  const pattern = pieces.flatMap((piece, index) => [
    ...Array.from(piece),
    ...(index < gaps.length ? [gaps[index]!] : []),
  ])
  const characters = Array.from(text)
  let [at, next] = [0, 0]
  let retry: { at: number; next: number } | undefined
  while (at < characters.length) {
    const part = pattern[next]
    if (part === 'any') {
      retry = { at, next: ++next }
    } else if (part === 'one' || part === characters[at]) {
      at++
      next++
    } else if (retry) {
      // The last run of anything takes one character more.
      at = ++retry.at
      next = retry.next
    } else return false
  }
  while (pattern[next] === 'any') next++
  return next === pattern.length
}

/** Whether the pieces occur in order somewhere in the text. */
export function containsInOrder(pieces: readonly string[], text: string): boolean {
  let at = 0
  return pieces.every((piece) => {
    const found = text.indexOf(piece, at)
    at = found + piece.length
    return found >= 0
  })
}

/**
 * Negative, zero or positive by the order of UTF-8 bytes, which is the order of code points. UTF-16 units differ from it
 * only where a surrogate meets a unit above the surrogates.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return aboveSurrogates(x) - aboveSurrogates(y)
  }
  return a.length - b.length
}

/** Moves surrogates above all other units, as code points beyond 0xffff are. */
const aboveSurrogates = (unit: number) =>
  unit >= 0xd800 && unit < 0xe000 ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit
