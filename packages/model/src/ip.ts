// Internet addresses and blocks. In memory and at rest an address is 16 bytes, IPv4 as its mapped form, so that one
// comparison serves both families; in text an IPv4-mapped address is always its IPv4 address.

/** An address as 16 bytes in network order. */
export type IpBytes = Uint8Array

/** A block: the first `bits` of `bytes` count. IPv4 blocks have 96 bits more than they are written with. */
export interface Cidr {
  readonly bytes: IpBytes
  readonly bits: number
}

const mappedPrefixBits = 96

const dot = 46
const zero = 48

/** Read by hand and not by patterns: every outside address of every frame comes through here. */
function parseIpv4(text: string, into: Uint8Array, at: number): boolean {
  let index = 0
  let part = 0
  let digits = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === dot) {
      if (digits === 0 || index === 3) return false
      into[at + index++] = part
      part = digits = 0
      continue
    }
    const digit = code - zero
    // A leading zero is refused: some readers take it for octal.
    const isLeadingZero = digits > 0 && part === 0
    part = part * 10 + digit
    digits++
    if (digit < 0 || digit > 9 || isLeadingZero || part > 255) return false
  }
  into[at + index] = part
  return index === 3 && digits > 0
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  for (const part of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
    groups.push(Number.parseInt(part, 16))
  }
  return groups
}

/** Rewrites a final dotted quad as two groups, so that the rest of the parser knows groups only. */
function withoutQuad(text: string): string | undefined {
  const quad = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (!quad) return text
  const bytes = new Uint8Array(4)
  if (!parseIpv4(quad[2]!, bytes, 0)) return undefined
  const group = (at: number) => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16)
  return `${quad[1]}${group(0)}:${group(2)}`
}

/** Reads an address of either family, or gives undefined. Zones (`%eth0`) and leading zeros in IPv4 are refused. */
export function parseIp(text: string): IpBytes | undefined {
  const bytes = new Uint8Array(16)
  if (!text.includes(':')) {
    bytes[10] = 0xff
    bytes[11] = 0xff
    return parseIpv4(text, bytes, 12) ? bytes : undefined
  }
  const groupsOnly = withoutQuad(text)
  if (groupsOnly === undefined) return undefined
  const halves = groupsOnly.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!)
  const tail = halves.length === 2 ? parseGroups(halves[1]!) : []
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail]
  groups.forEach((group, index) => {
    bytes[index * 2] = group >> 8
    bytes[index * 2 + 1] = group & 0xff
  })
  return bytes
}

/** Whether the 16 bytes at an offset are an IPv4-mapped address. */
export function isIpv4At(bytes: Uint8Array, at = 0): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff
}

/** Whether the 16 bytes at an offset are all zero, which stands for "no address". */
export function isUnspecifiedAt(bytes: Uint8Array, at = 0): boolean {
  for (let i = 0; i < 16; i++) if (bytes[at + i] !== 0) return false
  return true
}

/** Prints the 16 bytes at an offset in the form of RFC 5952; an IPv4-mapped address as IPv4. */
export function printIp(bytes: Uint8Array, at = 0): string {
  if (isIpv4At(bytes, at)) return `${bytes[at + 12]}.${bytes[at + 13]}.${bytes[at + 14]}.${bytes[at + 15]}`
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[at + i]! << 8) | bytes[at + i + 1]!)
  const [start, length] = longestZeroRun(groups)
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (length < 2) return hex(groups)
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

function longestZeroRun(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0]
  for (let i = 0; i < groups.length; i++) {
    let end = i
    while (end < groups.length && groups[end] === 0) end++
    if (end - i > best[1]) best = [i, end - i]
    if (end > i) i = end
  }
  return best
}

/** The one spelling of an address, or undefined if the text is none. */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text)
  // IPv4 has one spelling only, without leading zeros: what could be read is it.
  return bytes && (text.includes(':') ? printIp(bytes) : text)
}

/** Reads `address/bits`. Host bits are cleared; a block without bits is refused. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  const bytes = match && parseIp(match[1]!)
  if (!match || !bytes) return undefined
  const written = Number(match[2])
  const isIpv4 = !match[1]!.includes(':')
  if (written > (isIpv4 ? 32 : 128)) return undefined
  const bits = isIpv4 ? written + mappedPrefixBits : written
  for (let i = 0; i < 16; i++) bytes[i]! &= maskByte(bits, i)
  return { bytes, bits }
}

const maskByte = (bits: number, index: number) => {
  const left = bits - index * 8
  return left >= 8 ? 0xff : left <= 0 ? 0 : (0xff << (8 - left)) & 0xff
}

export function cidrContains(cidr: Cidr, bytes: Uint8Array, at = 0): boolean {
  for (let i = 0; i * 8 < cidr.bits; i++) {
    if ((bytes[at + i]! & maskByte(cidr.bits, i)) !== cidr.bytes[i]) return false
  }
  return true
}

export function printCidr(cidr: Cidr): string {
  const isIpv4 = cidr.bits >= mappedPrefixBits && isIpv4At(cidr.bytes)
  return `${printIp(cidr.bytes)}/${isIpv4 ? cidr.bits - mappedPrefixBits : cidr.bits}`
}

/** Whether an address, as `printIp` prints it, never leaves its machine or network namespace. */
export const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

/** Negative, zero or positive as the 16 bytes of a sort before, equal or after those of b. */
export function compareIp(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

/** Calico's three blocks of IPv4, and what of IPv6 never leaves a site: unique local, link-local and multicast addresses. */
const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10', 'ff00::/8'].map(
  (text) => parseCidr(text)!,
)

/** The name of a network that is no endpoint we know: `pvt` for private addresses, else `pub`. */
export function networkName(bytes: Uint8Array, at = 0): 'pvt' | 'pub' {
  return privateBlocks.some((block) => cidrContains(block, bytes, at)) ? 'pvt' : 'pub'
}
