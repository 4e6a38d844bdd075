// The one place where a value becomes SQL text. Everything a person can write reaches a statement through here and
// nowhere else, so this file alone decides that nothing can be injected; a property test sends it whatever strings can be.
import type { IpBytes } from '@margay/model'
import type { Gap } from '@margay/query'

const encoder = new TextEncoder()

/** Bytes that stand for themselves between quotes; all others are written as `\xHH`. */
const plain = new Set(encoder.encode('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,-/'))

const hex = (byte: number) => byte.toString(16).padStart(2, '0').toUpperCase()

/** A String. Lone surrogates have no UTF-8 form and become U+FFFD, as they do at rest. */
export function textLiteral(text: string): string {
  let out = "'"
  for (const byte of encoder.encode(text)) out += plain.has(byte) ? String.fromCharCode(byte) : `\\x${hex(byte)}`
  return `${out}'`
}

const maxUint64 = 0xffff_ffff_ffff_ffffn

/** A whole number of 64 bits without sign. Throws on any other, which callers rule out. */
export function numberLiteral(value: number | bigint): string {
  const whole = BigInt(value)
  if (whole < 0n || whole > maxUint64) throw new Error(`BUG: ${whole} is no number of 64 bits`)
  return `toUInt64(${whole})`
}

/** A probability from 0 to 1. */
export function fractionLiteral(value: number): string {
  if (!(value >= 0 && value <= 1)) throw new Error(`BUG: ${value} is no fraction`)
  return value.toFixed(6)
}

/** An IPv6 value of 16 bytes. */
export function ipLiteral(bytes: IpBytes): string {
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push(`${hex(bytes[i]!)}${hex(bytes[i + 1]!)}`)
  return `toIPv6('${groups.join(':')}')`
}

/** A LIKE pattern: between the pieces anything, or one character where `gaps` says so. */
export function likeLiteral(pieces: readonly string[], gaps: readonly Gap[] = []): string {
  const escaped = pieces.map((piece) => piece.replace(/[\\%_]/g, '\\$&'))
  return textLiteral(
    escaped.map((piece, index) => (index === 0 ? piece : `${gaps[index - 1] === 'one' ? '_' : '%'}${piece}`)).join(''),
  )
}
