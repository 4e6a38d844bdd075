// Writers of numbers: times, ports and counters, of up to 32 bits or of all 64. What does not fit is clamped, because a
// wrapped counter would be a lie; the doors refuse such values anyway.
import type { Integer } from '@margay/model'
import { Growing } from './bytes.ts'
import type { ColumnWriter } from './column-writer.ts'

const maxUint32 = 0xffff_ffff
const maxUint64 = 0xffff_ffff_ffff_ffffn

/** NaN, which is absent, is 0 like everything else that is not more. */
const clamp32 = (number: number): number => (number > 0 ? Math.min(number, maxUint32) : 0)

/** Fills an array, and larger ones of its type when it is full. */
export function narrow(items: Uint8Array | Uint16Array | Uint32Array): ColumnWriter<Integer> {
  const values = new Growing(items)
  const push = (value: Integer | undefined) => values.push(clamp32(Number(value ?? 0)))
  return {
    push,
    pushEntries: (dictionary, picks) => picks.forEach((entry) => push(dictionary[entry])),
    pushNumbers({ values: from }, rows) {
      const at = values.reserve(rows.length)
      const { items } = values
      for (let i = 0; i < rows.length; i++) items[at + i] = clamp32(from[rows[i]!]!)
    },
    pushAbsent: (count) => values.pushZeros(count),
    bytes: () => [values.bytes()],
  }
}

/** All 64 bits, written as two halves so that no row costs a bigint unless it came as one. */
export function wide(rows: number): ColumnWriter<Integer> {
  const halves = new Growing(new Uint32Array(rows * 2))
  const set = (at: number, value: Integer) => {
    const { items } = halves
    if (typeof value === 'bigint') {
      const whole = value < 0n ? 0n : value > maxUint64 ? maxUint64 : value
      items[at] = Number(whole & 0xffff_ffffn)
      items[at + 1] = Number(whole >> 32n)
      return
    }
    const whole = value > 0 ? value : 0
    // Fast path: most counters fit into the low half, and a division is slow.
    const high = whole > maxUint32 ? Math.floor(whole / 2 ** 32) : 0
    items[at] = whole - high * 2 ** 32
    items[at + 1] = high
  }
  const push = (value: Integer = 0) => set(halves.reserve(2), value)
  return {
    push,
    pushEntries: (dictionary, picks) => picks.forEach((entry) => push(dictionary[entry])),
    pushNumbers({ values, exact }, rows) {
      const at = halves.reserve(rows.length * 2)
      const { items } = halves
      // Fast path: written out, because a number that is handed to `set` is put into an object of its own.
      for (let i = 0; i < rows.length; i++) {
        const value = values[rows[i]!]!
        const whole = value > 0 ? value : 0
        const high = whole > maxUint32 ? Math.floor(whole / 2 ** 32) : 0
        items[at + i * 2] = whole - high * 2 ** 32
        items[at + i * 2 + 1] = high
      }
      if (exact.size === 0) return
      rows.forEach((row, i) => {
        const whole = exact.get(row)
        if (whole !== undefined) set(at + i * 2, whole)
      })
    },
    pushAbsent: (count) => halves.pushZeros(count * 2),
    bytes: () => [halves.bytes()],
  }
}
