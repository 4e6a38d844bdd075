// IP addresses and blocks as numbers. An IPv4 address that arrives in its IPv6 form (`::ffff:10.0.0.1`, as a dual-stack
// socket reports it) IS the IPv4 address: it is turned back here, at the door, so that no block, list or negated match
// behind this file can tell the two apart. Words are unsigned 32-bit, most significant first.

/** One word for IPv4, four for IPv6. */
export interface Address {
  readonly family: 4 | 6
  readonly words: readonly number[]
}

/** A block; bits of the address behind the prefix are cleared, so blocks that mean the same are equal. */
export interface Cidr extends Address {
  readonly bits: number
}

const mappedPrefixBits = 96
const mappedMarker = 0xffff

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined
    const byte = Number(part)
    if (byte > 255) return undefined
    value = value * 256 + byte
  }
  return value
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const tail = index === parts.length - 1 ? parseIpv4(part) : undefined
      if (tail === undefined) return undefined
      groups.push(Math.floor(tail / 65536), tail % 65536)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

function expandGroups(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '')
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : []
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

function parseIpv6Words(text: string): number[] | undefined {
  const groups = expandGroups(text)
  if (!groups) return undefined
  return [0, 2, 4, 6].map((at) => (groups[at] ?? 0) * 65536 + (groups[at + 1] ?? 0))
}

const isMapped = (words: readonly number[]) => words[0] === 0 && words[1] === 0 && words[2] === mappedMarker

/** Reads an address; undefined when the text is none. A zone (`%eth0`) is cut off. */
export function parseAddress(text: string): Address | undefined {
  const bare = text.split('%', 1)[0] ?? ''
  if (!bare.includes(':')) {
    const word = parseIpv4(bare)
    return word === undefined ? undefined : { family: 4, words: [word] }
  }
  const words = parseIpv6Words(bare)
  if (!words) return undefined
  return isMapped(words) ? { family: 4, words: words.slice(3) } : { family: 6, words }
}

function clearHostBits(words: readonly number[], bits: number): number[] {
  return words.map((word, index) => {
    const kept = Math.min(32, Math.max(0, bits - index * 32))
    if (kept === 32) return word
    return kept === 0 ? 0 : word - (word % 2 ** (32 - kept))
  })
}

function parseBits(text: string | undefined, longest: number): number | undefined {
  if (text === undefined) return longest
  if (!/^\d{1,3}$/.test(text)) return undefined
  const bits = Number(text)
  return bits <= longest ? bits : undefined
}

/** Reads `address/bits`, or an address alone as its own block. Bits behind the prefix are tolerated and cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const addressText = slash < 0 ? text : text.slice(0, slash)
  const bitsText = slash < 0 ? undefined : text.slice(slash + 1)
  if (!addressText.includes(':')) {
    const word = parseIpv4(addressText)
    const bits = parseBits(bitsText, 32)
    return word === undefined || bits === undefined
      ? undefined
      : { family: 4, words: clearHostBits([word], bits), bits }
  }
  const words = parseIpv6Words(addressText)
  const bits = parseBits(bitsText, 128)
  if (!words || bits === undefined) return undefined
  if (isMapped(words) && bits >= mappedPrefixBits) {
    const inner = bits - mappedPrefixBits
    return { family: 4, words: clearHostBits(words.slice(3), inner), bits: inner }
  }
  return { family: 6, words: clearHostBits(words, bits), bits }
}

export const isSameAddress = (a: Address, b: Address): boolean =>
  a.family === b.family && a.words.every((word, index) => word === b.words[index])

/** Whether the block holds the address; blocks of the other family hold nothing. */
export function contains(cidr: Cidr, address: Address): boolean {
  if (cidr.family !== address.family) return false
  for (let index = 0, left = cidr.bits; left > 0; index += 1, left -= 32) {
    const word = address.words[index] ?? 0
    const want = cidr.words[index] ?? 0
    if (left >= 32 ? word !== want : word - (word % 2 ** (32 - left)) !== want) return false
  }
  return true
}

function printIpv4(word: number): string {
  return [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.')
}

/** Where the longest run of two or more zero groups lies; the first one wins (RFC 5952 section 4.2). */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 1 }
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0
    while (groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}

function printIpv6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [Math.floor(word / 65536), word % 65536])
  const hex = groups.map((group) => group.toString(16))
  const { start, length } = longestZeros(groups)
  if (start < 0) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** The canonical text: dotted for IPv4, RFC 5952 for IPv6. */
export function printAddress(address: Address): string {
  return address.family === 4 ? printIpv4(address.words[0] ?? 0) : printIpv6(address.words)
}

export function printCidr(cidr: Cidr): string {
  return `${printAddress(cidr)}/${cidr.bits}`
}
