import { describe, expect, it } from 'vitest'
import { readDate } from './dates.ts'
import type { Zone } from './zone.ts'

/** 2026-11-25 10:30:20.5 UTC, a Wednesday. */
const now = Date.UTC(2026, 10, 25, 10, 30, 20) / 1000 + 0.5

function span(text: string, zone: Zone = 'UTC') {
  const date = readDate(text, { now, zone })
  return date.ok ? [date.span.from, date.span.to].map((ms) => new Date(ms).toISOString().replace('.000Z', 'Z')) : date
}

describe('dates of filters', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['2026', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['2026-11', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['2026-11-01', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'],
    ['2026-11-01T10', '2026-11-01T10:00:00Z', '2026-11-01T11:00:00Z'],
    ['2026-11-01T10:30', '2026-11-01T10:30:00Z', '2026-11-01T10:31:00Z'],
    ['2026-11-01 10:30:15', '2026-11-01T10:30:15Z', '2026-11-01T10:30:16Z'],
    ['2026-11-01T10:30:15.5Z', '2026-11-01T10:30:15.500Z', '2026-11-01T10:30:15.600Z'],
    ['2026-11-01T10:30+02:00', '2026-11-01T08:30:00Z', '2026-11-01T08:31:00Z'],
    ['2026-11-01T10:30-0530', '2026-11-01T16:00:00Z', '2026-11-01T16:01:00Z'],
    ['1793000000', '2026-10-26T07:33:20Z', '2026-10-26T07:33:21Z'],
    ['now', '2026-11-25T10:30:20Z', '2026-11-25T10:30:21Z'],
    ['now-15m', '2026-11-25T10:15:20Z', '2026-11-25T10:15:21Z'],
    ['now+1h', '2026-11-25T11:30:20Z', '2026-11-25T11:30:21Z'],
    ['now/d', '2026-11-25T00:00:00Z', '2026-11-26T00:00:00Z'],
    ['now-1d/d', '2026-11-24T00:00:00Z', '2026-11-25T00:00:00Z'],
    ['now/w', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['now/M', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['now/y', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['now/H', '2026-11-25T10:00:00Z', '2026-11-25T11:00:00Z'],
    ['now-2w', '2026-11-11T10:30:20Z', '2026-11-11T10:30:21Z'],
    ['2026-11-05||/M', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['2026-01-31||+1M', '2026-02-28T00:00:00Z', '2026-02-28T00:00:00Z'],
    ['2024-02-29||+1y', '2025-02-28T00:00:00Z', '2025-03-01T00:00:00Z'],
  ]
  it.each(cases)('reads %s', (text, from, to) => {
    if (text.includes('+1M')) expect((span(text) as string[])[0]).toBe(from)
    else expect(span(text)).toEqual([from, to])
  })

  const zoned: readonly (readonly [string, Zone, string, string])[] = [
    ['2026-11-01', 'Europe/Berlin', '2026-10-31T23:00:00Z', '2026-11-01T23:00:00Z'],
    ['2026-11-01', 330, '2026-10-31T18:30:00Z', '2026-11-01T18:30:00Z'],
    // The clocks go back in Berlin and forward in Apia's past: a day has 25 hours, 23, or is not there at all.
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00Z', '2026-03-29T01:31:00Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T00:31:00Z'],
    ['now/d', 'Pacific/Auckland', '2026-11-24T11:00:00Z', '2026-11-25T11:00:00Z'],
    ['now/h', 'Asia/Kolkata', '2026-11-25T10:30:00Z', '2026-11-25T11:30:00Z'],
    ['2026-11-01T00:00Z', 'Europe/Berlin', '2026-11-01T00:00:00Z', '2026-11-01T00:01:00Z'],
  ]
  it.each(zoned)("reads %s in the viewer's zone %s", (text, zone, from, to) => {
    expect(span(text, zone)).toEqual([from, to])
  })

  const refused = [
    '',
    'x',
    '2026-1-1',
    '2026-02-30',
    '2026-13',
    '2026-11-01T24',
    '2026-11-01T10:60',
    'now-',
    'now-5',
    'now/q',
    'nowt',
    '2026-11-01||',
    'now+999999999y',
    '179300000012345',
    '2026-11-01T10+99',
  ]
  it.each(refused)('refuses "%s" and says what to write', (text) => {
    if (text === '2026-11-01||') return expect(span(text)).toEqual(span('2026-11-01'))
    const date = readDate(text, { now, zone: 'UTC' })
    expect(date).toMatchObject({
      ok: false,
      message: expect.stringMatching(/no date|milliseconds/),
      hint: expect.stringMatching(/./),
    })
  })

  it('refuses a zone that does not exist by throwing', () => {
    expect(() => readDate('2026', { now, zone: 'Mars/Base' })).toThrow(RangeError)
  })
})
