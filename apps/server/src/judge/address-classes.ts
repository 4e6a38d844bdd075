// Addresses outside, by what policies can tell of them: two that lie in the same blocks of every rule and network set are one
// to all policies. Blocks nest, so the longest that holds an address names all that do; that is its class. However many
// addresses the world sends, there are only as many classes as blocks. What must stay true: blocks are added and never taken
// away, so that a class that was judged goes on being what it was; a block too many only splits a class in two equal ones.
import type { Address, Cidr } from '@margay/policy'
import { printCidr } from '@margay/policy'

export interface AddressClass {
  /** The block. */
  readonly name: string
  /** When it was first told apart, Unix seconds; 0 where it always was. */
  readonly since: number
}

export interface AddressClasses {
  add(block: Cidr, at: number): void
  /** Grows with every block that was not there. */
  readonly version: number
  /** The finest class of the address: what it is. The same object for the same class. */
  finest(address: Address): AddressClass
  /** All classes of the address, the finest first: what it is, and what it was before the last block was added. */
  of(address: Address): readonly AddressClass[]
}

/** Blocks of one family and length, by the words that they keep. */
interface Blocks {
  readonly family: 4 | 6
  readonly bits: number
  readonly classes: Map<number | string, AddressClass>
}

function cut(words: readonly number[], bits: number): readonly number[] {
  return words.map((word, index) => {
    const kept = Math.min(32, Math.max(0, bits - index * 32))
    if (kept === 32) return word
    return kept === 0 ? 0 : word - (word % 2 ** (32 - kept))
  })
}

/** Fast path: the one word of IPv4 is its own key. */
function keyOf({ words }: Address, bits: number): number | string {
  const kept = cut(words, bits)
  return kept.length === 1 ? kept[0]! : kept.join(':')
}

const everything = { 4: { name: '0.0.0.0/0', since: 0 }, 6: { name: '::/0', since: 0 } } as const

export function createAddressClasses(): AddressClasses {
  /** Longest first. */
  let lengths: readonly Blocks[] = []
  let version = 0
  const blocksOf = (family: 4 | 6, bits: number): Blocks => {
    const known = lengths.find((blocks) => blocks.family === family && blocks.bits === bits)
    if (known) return known
    const made: Blocks = { family, bits, classes: new Map() }
    lengths = [...lengths, made].sort((a, b) => b.bits - a.bits)
    return made
  }
  return {
    add(block, at) {
      // The class of everything is always there.
      if (block.bits === 0) return
      const { classes } = blocksOf(block.family, block.bits)
      const key = keyOf(block, block.bits)
      if (classes.has(key)) return
      classes.set(key, { name: printCidr(block), since: at })
      version += 1
    },
    get version() {
      return version
    },
    finest(address) {
      for (const { family, bits, classes } of lengths) {
        const found = family === address.family ? classes.get(keyOf(address, bits)) : undefined
        if (found) return found
      }
      return everything[address.family]
    },
    of(address) {
      const found: AddressClass[] = []
      for (const { family, bits, classes } of lengths) {
        if (family !== address.family) continue
        const one = classes.get(keyOf(address, bits))
        if (one) found.push(one)
      }
      return [...found, everything[address.family]]
    },
  }
}
