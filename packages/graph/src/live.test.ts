import { describe, expect, it } from 'vitest'
import { createLiveOverlay, provisionalSeconds } from './live.ts'
import { flow } from './testing/rows.ts'

const delta = (end: number, connections: number) =>
  flow('a/x', 'b/y', { start_time: end - 1, end_time: end, num_flows: connections })
const interval = (end: number, connections: number) =>
  flow('a/x', 'b/y', { start_time: end - 10, end_time: end, num_flows: connections })

const shown = ({ tables }: ReturnType<typeof createLiveOverlay>) =>
  tables.flatMap(({ sums }) => sums.num_flows).reduce((all, one) => all + one, 0)

describe('rows that came live', () => {
  it('keeps what came after the interval that a lasting row covers', () => {
    const overlay = createLiveOverlay()
    for (const end of [9, 10, 11, 12]) overlay.addProvisional([delta(end, 1)], end)
    overlay.addLasting([interval(10, 2)])
    expect(shown(overlay)).toBe(4)
    overlay.addLasting([interval(20, 2)])
    expect(shown(overlay)).toBe(4)
  })

  it('gives up what no lasting row came for', () => {
    const overlay = createLiveOverlay()
    overlay.addProvisional([delta(10, 1)], 10)
    overlay.addProvisional([delta(20, 1)], 20)
    expect(overlay.expire(10 + provisionalSeconds)).toBe(false)
    expect(overlay.expire(11 + provisionalSeconds)).toBe(true)
    expect(shown(overlay)).toBe(1)
  })
})
