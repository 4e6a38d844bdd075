// The texts of one column that live series refer to, by a number each. A text goes when its last series is forgotten, so
// that the dictionary is as large as what is alive, however long the process runs.
import { Growing, Texts, bytesOf, uint64s } from './bytes.ts'

export class Dictionary {
  private readonly codes = new Map<string, number>()
  private readonly texts: string[] = []
  private readonly uses: number[] = []
  private readonly free: number[] = []
  /** For the block being written: which codes it holds, and as which of its own keys. */
  private stamps = new Growing(new Uint32Array(64))
  private keys = new Growing(new Uint32Array(64))
  private stamp = 0

  /** The code of a text; the caller holds it until `release`. */
  hold(text: string): number {
    const known = this.codes.get(text)
    if (known !== undefined) {
      this.uses[known]!++
      return known
    }
    const code = this.free.pop() ?? this.append()
    this.codes.set(text, code)
    this.texts[code] = text
    this.uses[code] = 1
    return code
  }

  release(code: number): void {
    if (--this.uses[code]! > 0) return
    this.codes.delete(this.texts[code]!)
    this.texts[code] = ''
    this.free.push(code)
  }

  /** Codes in use, for memory figures and tests. */
  get size(): number {
    return this.codes.size
  }

  /** Replaces codes by keys of a block's own dictionary, in place, and gives the dictionary's texts. */
  localise(codes: Uint32Array): Texts & { count: number } {
    this.stamp++
    const texts = Object.assign(new Texts(), { count: 0 })
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!
      if (this.stamps.items[code] !== this.stamp) {
        this.stamps.items[code] = this.stamp
        this.keys.items[code] = texts.count++
        texts.push(this.texts[code]!)
      }
      codes[i] = this.keys.items[code]!
    }
    return texts
  }

  private append(): number {
    this.uses.push(0)
    this.stamps.push(0)
    this.keys.push(0)
    return this.texts.push('') - 1
  }
}

/** Version of the keys' serialization; it precedes a LowCardinality column, and the offsets of a list of one. */
export const dictionaryVersion = uint64s(1)

/** "Keys follow" and "they replace what was known": each block carries its whole dictionary. */
const dictionaryFlags = 0x600
const keyWidths = [Uint8Array, Uint16Array, Uint32Array] as const

/** An array for `count` keys of a dictionary of so many texts, as narrow as they allow. */
export const keysFor = (texts: { readonly count: number }, count: number): Uint8Array | Uint16Array | Uint32Array =>
  new keyWidths[widthOf(texts)](count)

const widthOf = ({ count }: { readonly count: number }) => (count <= 0x100 ? 0 : count <= 0x1_0000 ? 1 : 2)

/** The body of a LowCardinality column: its texts, then for each value the key of its text, in an array of `keysFor`. */
export function dictionaryBody(
  texts: Texts & { count: number },
  keys: Uint8Array | Uint16Array | Uint32Array,
): readonly Uint8Array[] {
  return [uint64s(dictionaryFlags | widthOf(texts), texts.count), texts.bytes(), uint64s(keys.length), bytesOf(keys)]
}
