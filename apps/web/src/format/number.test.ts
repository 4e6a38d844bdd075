import { describe, expect, it } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatRate, formatShare, plural } from './number.ts'

describe('numbers for people', () => {
  it('keeps every digit of a count over 2^53', () => {
    expect(formatCount(18_446_744_073_709_551_615n)).toBe('18,446,744,073,709,551,615')
    expect(formatCount(9_007_199_254_740_993n)).toBe('9,007,199,254,740,993')
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [97_920, '97.9 kB'],
    [38_100_000, '38.1 MB'],
    [999_999, '1 MB'],
    [18_446_744_073_709_551_615n, '18.4 EB'],
  ])('writes %s bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it.each([
    [1_800_000, 'ns', '1.8 ms'],
    [350, 'us', '350 µs'],
    [0, 'ns', '0 ns'],
    [90, 's', '1.5 min'],
    [5_000_000, 'us', '5 s'],
  ] as const)('writes a duration of %s %s as %s', (value, unit, text) => expect(formatDuration(value, unit)).toBe(text))

  it.each([
    [4180, '4,180 /s'],
    [0.2, '12 /min'],
    [0.001, '3.6 /h'],
    [0, '0 /s'],
  ])('writes %s a second as %s', (rate, text) => expect(formatRate(rate)).toBe(text))

  it.each([
    [0, '0 %'],
    [0.522, '52.2 %'],
    [0.0002, '0.02 %'],
    [0.000001, '< 0.01 %'],
    [1, '100 %'],
  ])('writes the share %s as %s', (share, text) => expect(formatShare(share)).toBe(text))

  it('counts one thing in the singular', () => {
    expect(plural(1, 'record')).toBe('1 record')
    expect(plural(1_284n, 'record')).toBe('1,284 records')
  })
})
