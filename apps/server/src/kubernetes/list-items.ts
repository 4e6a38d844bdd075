// Cuts a list of the API into its items while it comes, so that no page is ever in memory as a whole: each item is parsed,
// projected and forgotten before the next one. A page of five hundred pods would otherwise be eight megabytes of text and
// thirty of objects, which live long enough to fill the heap.
import { Buffer } from 'node:buffer'

/** What is around the items. */
export interface ListHead {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}

export interface ListItems {
  /** Takes bytes as they come and gives every item that is whole then, parsed. */
  take(chunk: Uint8Array): Generator<unknown>
  /** Everything but the items. Throws where the text was cut off. */
  end(): ListHead
}

const quote = 0x22
const backslash = 0x5c
/** Brackets and braces differ in one bit only, so one comparison finds both. */
const braceBit = 0x20
const opening = 0x7b
const closing = 0x7d
const bracket = 0x5b
const items = Buffer.from('"items"')

/** Depth of the list object itself is 1, of the array of items 2, of an item 3. */
const arrayDepth = 2
const itemDepth = 3

export function createListItems(): ListItems {
  let depth = 0
  let isText = false
  let isEscaped = false
  let isInItems = false
  /** Pieces of what is not cut off yet: the item that is open, or the text around the items. */
  let around: Uint8Array[] = []
  let open: Uint8Array[] = []

  /** Whether the array that opens at `at` is the member `items` of the list. */
  const isItemsArray = (chunk: Uint8Array, at: number): boolean => {
    const before = Buffer.concat([...around, chunk.subarray(0, at)])
    const head = before
      .subarray(Math.max(0, before.length - 32))
      .toString('latin1')
      .trimEnd()
    return head.endsWith(':') && head.slice(0, -1).trimEnd().endsWith(items.toString('latin1'))
  }
  const parse = (pieces: readonly Uint8Array[]): unknown => JSON.parse(Buffer.concat(pieces).toString('utf8'))

  return {
    *take(chunk) {
      let from = 0
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at]!
        if (isText) {
          if (isEscaped) isEscaped = false
          else if (byte === backslash) isEscaped = true
          else if (byte === quote) isText = false
          continue
        }
        if (byte === quote) isText = true
        else if ((byte | braceBit) === opening) {
          depth++
          if (depth === arrayDepth && byte === bracket && isItemsArray(chunk.subarray(from), at - from)) {
            isInItems = true
            around.push(chunk.subarray(from, at + 1))
            from = at + 1
          } else if (isInItems && depth === itemDepth) from = at
        } else if ((byte | braceBit) === closing) {
          if (isInItems && depth === itemDepth) {
            open.push(chunk.subarray(from, at + 1))
            const whole = open
            open = []
            from = at + 1
            yield parse(whole)
          } else if (isInItems && depth === arrayDepth) {
            isInItems = false
            from = at
          }
          depth--
        }
      }
      const rest = chunk.subarray(from)
      if (isInItems && depth >= itemDepth) open.push(rest)
      else if (!isInItems) around.push(rest)
    },
    end() {
      const head = parse(around) as ListHead
      around = []
      return head
    },
  }
}
