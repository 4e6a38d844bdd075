// Writers of everything that is no number: texts, words of a closed set, addresses, and lists of any of them. A batch's
// entries are encoded once each; its rows then copy bytes.
import type { Field } from '@margay/model'
import { parseIp } from '@margay/model'
import { enumWords } from '../schema/column.ts'
import { Growing, Texts, bytesOf, encodeTexts } from './bytes.ts'
import type { ColumnWriter } from './column-writer.ts'
import { wide } from './number-writers.ts'

function pushNumbers(): never {
  throw new Error('BUG: numbers came for a column of other values')
}

/** Bytes of a usual text: many are empty, some are long. */
const textBytes = 8

export function texts(rows: number): ColumnWriter<string> {
  const values = new Texts(rows * textBytes)
  return {
    push: (value) => values.push(value ?? ''),
    pushEntries: (dictionary, picks) => values.pushEncoded(encodeTexts(dictionary), picks),
    pushNumbers,
    pushAbsent: (count) => values.pushEncoded(encodeTexts(['']), new Uint32Array(count)),
    bytes: () => [values.bytes()],
  }
}

export function words(rows: number, field: Field): ColumnWriter<string | boolean> {
  const codes = new Map(enumWords(field).map((word, code) => [word, code]))
  const codeOf = (value: string | boolean | undefined) => codes.get(String(value ?? '')) ?? 0
  const values = new Growing(new Uint8Array(rows))
  return {
    push: (value) => values.push(codeOf(value)),
    pushEntries(dictionary, picks) {
      const entries = Uint8Array.from(dictionary, codeOf)
      const at = values.reserve(picks.length)
      const { items } = values
      for (let i = 0; i < picks.length; i++) items[at + i] = entries[picks[i]!]!
    },
    pushNumbers,
    pushAbsent: (count) => values.pushZeros(count),
    bytes: () => [values.bytes()],
  }
}

/** An address as four words, copied faster than sixteen bytes. */
const words4 = 4

/** Addresses as their sixteen bytes; absent, and what is no address, is all zero. */
function encodeAddresses(dictionary: readonly (string | undefined)[]): Uint32Array {
  const encoded = new Uint32Array(dictionary.length * words4)
  const bytes = bytesOf(encoded)
  dictionary.forEach((text, entry) => {
    const parsed = text === undefined ? undefined : parseIp(text)
    if (parsed) bytes.set(parsed, entry * words4 * 4)
  })
  return encoded
}

export function addresses(rows: number): ColumnWriter<string> {
  const values = new Growing(new Uint32Array(rows * words4))
  const copy = (from: Uint32Array, entry: number, at: number) => {
    const { items } = values
    for (let word = 0; word < words4; word++) items[at + word] = from[entry * words4 + word]!
  }
  let last: string | undefined
  let lastEncoded = encodeAddresses([undefined])
  return {
    push(value) {
      // Fast path: rows of one conversation follow each other.
      if (value !== last) lastEncoded = encodeAddresses([value])
      last = value
      copy(lastEncoded, 0, values.reserve(words4))
    },
    pushEntries(dictionary, picks) {
      const encoded = encodeAddresses(dictionary)
      const at = values.reserve(picks.length * words4)
      for (let i = 0; i < picks.length; i++) copy(encoded, picks[i]!, at + i * words4)
    },
    pushNumbers,
    pushAbsent: (count) => values.pushZeros(count * words4),
    bytes: () => [values.bytes()],
  }
}

/** The lists of a dictionary end to end, and where each begins and the last ends. */
function flatten<V>(dictionary: readonly (readonly V[] | undefined)[]) {
  const elements: V[] = []
  const starts = new Uint32Array(dictionary.length + 1)
  dictionary.forEach((list, entry) => {
    if (list) for (const element of list) elements.push(element)
    starts[entry + 1] = elements.length
  })
  return { elements, starts }
}

/** Lists: the end of each in a column of 64-bit offsets, then all elements. */
export function lists<V>(rows: number, elements: ColumnWriter<V>): ColumnWriter<readonly V[]> {
  const offsets = wide(rows)
  let end = 0
  return {
    push(value) {
      if (value) {
        for (const element of value) elements.push(element)
        end += value.length
      }
      offsets.push(end)
    },
    pushEntries(dictionary, picks) {
      const { elements: flat, starts } = flatten(dictionary)
      const before = end
      for (let i = 0; i < picks.length; i++) {
        end += starts[picks[i]! + 1]! - starts[picks[i]!]!
        offsets.push(end)
      }
      const picked = new Uint32Array(end - before)
      let to = 0
      for (let i = 0; i < picks.length; i++) {
        for (let at = starts[picks[i]!]!; at < starts[picks[i]! + 1]!; at++) picked[to++] = at
      }
      elements.pushEntries(flat, picked)
    },
    pushNumbers,
    pushAbsent(count) {
      for (let i = 0; i < count; i++) offsets.push(end)
    },
    bytes: () => [...offsets.bytes(), ...elements.bytes()],
  }
}
