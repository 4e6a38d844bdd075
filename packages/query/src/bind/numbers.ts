// Numbers as people write them, against whole numbers of 64 bits. A threshold between two whole numbers is moved to the
// neighbour that keeps the comparison's meaning, so that everything after this is exact.
import type { Comparison } from '../filter.ts'

/** A decimal number as its floor, and whether it lies above it. */
export interface Decimal {
  readonly floor: bigint
  readonly isWhole: boolean
}

const pattern = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/
/** Digits beyond which a number is larger than every counter, whatever they are. */
const enoughDigits = 40

/** Reads a decimal number with an optional fraction and exponent; undefined if the text is none. Never costs more than its text. */
export function readDecimal(text: string): Decimal | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = match[4] ?? '', , exponent = '0'] = match
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  const floor = floorOf(digits, point)
  return sign === '-' ? negate(floor) : floor
}

/** The number `0.DIGITS * 10^point`. */
function floorOf(digits: string, point: number): Decimal {
  const leadingZeros = /^0*/.exec(digits)![0].length
  const significant = digits.slice(leadingZeros)
  if (significant === '') return { floor: 0n, isWhole: true }
  const length = point - leadingZeros
  if (length > enoughDigits) return { floor: 10n ** BigInt(enoughDigits), isWhole: true }
  if (length <= 0) return { floor: 0n, isWhole: false }
  return {
    floor: BigInt(significant.slice(0, length).padEnd(length, '0')),
    isWhole: /^0*$/.test(significant.slice(length)),
  }
}

const negate = ({ floor, isWhole }: Decimal): Decimal => ({ floor: isWhole ? -floor : -floor - 1n, isWhole })

/** The comparison of whole numbers that means the same as one with this decimal number. */
export function wholeComparison(
  comparison: Comparison,
  { floor, isWhole }: Decimal,
): { readonly comparison: Comparison; readonly value: bigint } {
  if (isWhole) return { comparison, value: floor }
  // Between floor and floor + 1: below it are those up to the floor, above it those over the floor.
  return { comparison: comparison === '<' || comparison === '<=' ? '<=' : '>', value: floor }
}
