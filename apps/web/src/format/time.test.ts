import { expect, it } from 'vitest'
import { formatInterval } from './time.ts'

const at = Date.UTC(2026, 10, 25, 13, 2, 11) / 1000

it('an interval says its day only where that is another one', () => {
  expect(formatInterval(at, at + 60, at + 90, 'Europe/Madrid')).toBe('14:02:11 to 14:03:11')
  expect(formatInterval(at, at + 60, at + 86_400, 'UTC')).toBe('2026-11-25 13:02:11 to 2026-11-25 13:03:11')
  expect(formatInterval(at, at + 43_200, at + 43_200, 'UTC')).toBe('2026-11-25 13:02:11 to 2026-11-26 01:02:11')
})
