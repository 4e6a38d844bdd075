import { describe, expect, it } from 'vitest'
import { bucketWidth, neighbour, parseMoment, printMoment, resolveRange, zoneOffset, zoomOut } from './moment.ts'

describe('moments', () => {
  it.each([
    ['now', { ago: 0 }],
    ['now-15m', { ago: 900 }],
    ['now - 2h', { ago: 7200 }],
    ['2026-11-25T13:05:00Z', { at: 1_795_611_900 }],
    ['1795611900', { at: 1_795_611_900 }],
    ['1795611900123', { at: 1_795_611_900 }],
    ['2026-11-25T14:05:00+01:00', { at: 1_795_611_900 }],
    ['2026-11-25 14:05', { at: 1_795_611_900 }],
    ['2026-11-25', { at: 1_795_561_200 }],
    ['yesterday', undefined],
    ['now+1h', undefined],
    ['2026-13-45', undefined],
  ])('reads %s, in Madrid', (text, moment) => expect(parseMoment(text, 'Europe/Madrid')).toEqual(moment))

  it.each([
    [{ ago: 3600 }, 'now-1h'],
    [{ ago: 5400 }, 'now-90m'],
    [{ ago: 0 }, 'now'],
    [{ at: 1_795_611_900 }, '2026-11-25T13:05:00Z'],
  ])('writes %j as %s', (moment, text) => expect(printMoment(moment)).toBe(text))

  it('knows summer time and half hours', () => {
    expect(zoneOffset(1_782_000_000, 'Europe/Madrid')).toBe(7200)
    expect(zoneOffset(1_795_611_900, 'Asia/Kathmandu')).toBe(20_700)
    expect(zoneOffset(1_795_611_900, 'UTC')).toBe(0)
  })
})

describe('ranges', () => {
  const range = { from: { ago: 3600 }, to: { ago: 0 } }

  it('are never empty, even when written backwards', () =>
    expect(resolveRange({ from: { at: 500 }, to: { at: 100 } }, 1000)).toEqual({ from: 500, to: 501 }))

  it('move by their own width and never beyond the present', () => {
    expect(neighbour(range, -1, 10_000)).toEqual({ from: { at: 2800 }, to: { at: 6400 } })
    expect(neighbour(range, 1, 10_000)).toEqual({ from: { at: 6400 }, to: { at: 10_000 } })
  })

  it('double around their middle', () =>
    expect(zoomOut({ from: { at: 4000 }, to: { at: 5000 } }, 10_000)).toEqual({ from: { at: 3500 }, to: { at: 5500 } }))

  it.each([
    [3600, 120, 30],
    [86_400, 120, 900],
    [60, 120, 1],
    [400 * 86_400, 120, 4 * 86_400],
  ])('of %s s in at most %s buckets have buckets of %s s', (width, most, bucket) =>
    expect(bucketWidth({ from: 0, to: width }, most)).toBe(bucket),
  )
})
