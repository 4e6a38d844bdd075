import { describe, expect, it } from 'vitest'
import { expired, forRoom } from './retain.ts'
import type { Partition } from './state.ts'

const now = Date.UTC(2026, 10, 25, 12) / 1_000
const day = (name: string, bytes = 100): Partition => ({ logType: 'flows', name, rows: 1, bytes })
const names = (partitions: readonly Partition[]) => partitions.map(({ name }) => name)

describe('retention', () => {
  const days = ['20261125', '20261124', '20261123', '20261026', '20261025'].map((name) => day(name))

  it('drops a day once its last second is too old', () => {
    expect(names(expired(days, { days: 30 }, now))).toEqual(['20261025'])
    expect(names(expired(days, { days: 31 }, now))).toEqual([])
    expect(names(expired(days, { days: 1 }, now))).toEqual(['20261123', '20261026', '20261025'])
  })

  it('drops the oldest days until the budget holds', () => {
    expect(names(expired(days, { days: 400, maxBytes: 250 }, now))).toEqual(['20261025', '20261026', '20261123'])
    expect(names(expired(days, { days: 400, maxBytes: 500 }, now))).toEqual([])
  })

  it('counts against the budget only what age has left', () => {
    expect(names(expired(days, { days: 30, maxBytes: 400 }, now))).toEqual(['20261025'])
  })

  it('never drops the newest day for the budget', () => {
    expect(names(expired([day('20261125', 1_000)], { days: 30, maxBytes: 1 }, now))).toEqual([])
  })
})

describe('room', () => {
  const flows = ['20261125', '20261124', '20261123'].map((name) => day(name, 1_000))
  const dns = ['20261125', '20261124'].map((name) => ({ ...day(name, 1_500), logType: 'dns' }))
  const activity = ['20261125', '20251122'].map((name) => ({ ...day(name, 10), logType: 'policy_activity' }))
  const dropped = (bytes: number) =>
    forRoom([...flows, ...dns, ...activity], bytes).map(({ logType, name }) => `${logType} ${name}`)

  it('is made by the oldest day of the log that takes most, as far as it takes', () => {
    expect(dropped(0)).toEqual([])
    expect(dropped(1)).toEqual(['flows 20261123'])
    expect(dropped(1_001)).toEqual(['flows 20261123', 'dns 20261124'])
  })

  it('costs a small log that is kept for long nothing before the large ones have but their newest day', () => {
    expect(dropped(3_500)).toEqual(['flows 20261123', 'dns 20261124', 'flows 20261124'])
    expect(dropped(1e9)).toEqual(['flows 20261123', 'dns 20261124', 'flows 20261124', 'policy_activity 20251122'])
  })
})
