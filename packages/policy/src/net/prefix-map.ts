// Values by IP block, found by address: which network sets hold 10.0.0.7, which nodes. One hash map per prefix length that
// occurs, so a look-up costs as many probes as there are different lengths, not as there are blocks.
import { type Address, type Cidr, printCidr } from './address.ts'

export interface PrefixMap<T> {
  /** Values of every block that holds the address, longest prefix first; values of one block in the order added. */
  find(address: Address): readonly T[]
}

const keyOf = (family: 4 | 6, bits: number) => family * 1000 + bits

function cut(address: Address, bits: number): string {
  const words = address.words.map((word, index) => {
    const kept = Math.min(32, Math.max(0, bits - index * 32))
    return kept === 32 ? word : kept === 0 ? 0 : word - (word % 2 ** (32 - kept))
  })
  return printCidr({ family: address.family, words, bits })
}

/** Builds the map once; blocks may repeat and overlap. */
export function createPrefixMap<T>(entries: Iterable<readonly [Cidr, T]>): PrefixMap<T> {
  const byLength = new Map<
    number,
    { readonly bits: number; readonly family: 4 | 6; readonly values: Map<string, T[]> }
  >()
  for (const [cidr, value] of entries) {
    const key = keyOf(cidr.family, cidr.bits)
    const table = byLength.get(key) ?? { bits: cidr.bits, family: cidr.family, values: new Map<string, T[]>() }
    byLength.set(key, table)
    const text = printCidr(cidr)
    const list = table.values.get(text)
    if (list) list.push(value)
    else table.values.set(text, [value])
  }
  const tables = [...byLength.values()].sort((a, b) => b.bits - a.bits)
  return {
    find: (address) =>
      tables.flatMap((table) =>
        table.family === address.family ? (table.values.get(cut(address, table.bits)) ?? []) : [],
      ),
  }
}
