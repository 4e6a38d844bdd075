import { expect, it } from 'vitest'
import { liveLimit, noLiveRows, pause, resume, takeIn } from './live-rows.ts'

const row = (start: number, name = 'a') => ({ start_time: start, end_time: start + 10, source_name: name })
const times = ({ rows }: { rows: readonly { start_time?: unknown }[] }) => rows.map(({ start_time: time }) => time)

it('lets rows enter at the top, newest first', () => {
  const live = takeIn(takeIn(noLiveRows, [row(1), row(2)], false, 'start_time'), [row(4), row(3)], false, 'start_time')
  expect(times(live)).toEqual([4, 3, 2, 1])
})

it('takes provisional rows away when the lasting ones of their interval come', () => {
  const provisional = takeIn(noLiveRows, [row(5), row(10)], true, 'start_time')
  const live = takeIn(provisional, [row(0)], false, 'start_time')
  expect(times(live)).toEqual([0, 10])
  expect(live.provisional.size).toBe(1)
})

it('holds rows back while paused and shows them after', () => {
  const paused = takeIn(pause(takeIn(noLiveRows, [row(1)], false, 'start_time')), [row(2)], false, 'start_time')
  expect([times(paused), paused.waiting.length]).toEqual([[1], 1])
  expect(times(resume(paused, 'start_time'))).toEqual([2, 1])
})

it('counts what it drops over the limit', () => {
  const many = Array.from({ length: liveLimit + 3 }, (_, index) => row(index))
  const live = takeIn(noLiveRows, many, false, 'start_time')
  expect([live.rows.length, live.dropped]).toEqual([liveLimit, 3])
})

it('keeps equal rows as many as they came', () =>
  expect(takeIn(noLiveRows, [row(1), row(1), row(1)], false, 'start_time').rows).toHaveLength(3))
