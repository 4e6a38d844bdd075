import { createHealth } from '@margay/kit'
import type { Row } from '@margay/model'
import type { AgentOutput } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { createApply } from './apply.ts'
import type { FromThread } from './messages.ts'
import { createThreadOutput } from './thread-output.ts'

function setUp() {
  const rows: (readonly [string, Row, Row])[] = []
  const events: string[] = []
  const known: { logType: string; dimensions: Row }[] = []
  const state = { epoch: 0, watched: true }
  const sink = {
    get epoch() {
      return state.epoch
    },
    series: (logType: string, dimensions: Row) => known.push({ logType, dimensions }) - 1,
    add(number: number, rest: Row) {
      const { logType, dimensions } = known[number]!
      rows.push([logType, dimensions, rest])
    },
  }
  const output: AgentOutput = {
    lasting: sink,
    live: sink,
    watched: () => state.watched,
    onHandover: () => () => {},
    endInterval: (time) => void events.push(`interval ${time}`),
    endDelta: () => void events.push('delta'),
    lost: (what, count) => void events.push(`lost ${what} ${count}`),
  }
  const health = createHealth()
  const apply = createApply({ output, health, onOpen: () => void events.push('open') })
  // What crosses a thread is a structured clone.
  const inThread = createThreadOutput({
    post: (message: FromThread) => apply(structuredClone(message)),
    watched: output.watched,
    onHandover: output.onHandover,
  })
  return { inThread, apply, rows, events, known, state, health }
}

describe('the output across threads', () => {
  it('gives the real sink the same rows in the same order, and each series once', () => {
    const { inThread, rows, events, known } = setUp()
    const a = inThread.lasting.series('flows', { proto: 'tcp' })
    const b = inThread.lasting.series('dns', { qtype: 'A' })
    inThread.lasting.add(a, { bytes_in: 1 })
    inThread.lasting.add(b, { count: 2 })
    inThread.endInterval(10)
    inThread.lasting.add(a, { bytes_in: 3 })
    inThread.endInterval(20)
    expect(rows).toEqual([
      ['flows', { proto: 'tcp' }, { bytes_in: 1 }],
      ['dns', { qtype: 'A' }, { count: 2 }],
      ['flows', { proto: 'tcp' }, { bytes_in: 3 }],
    ])
    expect(events).toEqual(['interval 10', 'interval 20'])
    expect(known).toHaveLength(2)
  })

  it("asks for a number again once the real sink's epoch has ended", () => {
    const { inThread, rows, known, state } = setUp()
    const a = inThread.lasting.series('flows', { proto: 'tcp' })
    inThread.lasting.add(a, { bytes_in: 1 })
    inThread.endInterval(10)
    state.epoch = 1
    inThread.lasting.add(a, { bytes_in: 2 })
    inThread.endInterval(20)
    expect([known.length, rows.length]).toEqual([2, 2])
  })

  it('numbers anew before its list grows for ever', () => {
    const { inThread, rows } = setUp()
    const { epoch } = inThread.lasting
    for (let i = 0; i <= 100_001; i++) inThread.lasting.series('flows', { dest_port: i })
    inThread.endInterval(10)
    expect(inThread.lasting.epoch).toBeGreaterThan(epoch)
    inThread.lasting.add(inThread.lasting.series('flows', { dest_port: 7 }), {})
    inThread.endInterval(20)
    expect(rows).toEqual([['flows', { dest_port: 7 }, {}]])
  })

  it('sends no empty delta, and passes on losses and health', () => {
    const { inThread, apply, events, health } = setUp()
    inThread.endDelta()
    inThread.live.add(inThread.live.series('flows', {}), {})
    inThread.endDelta()
    inThread.lost('ring_full', 3)
    apply({ kind: 'health', report: { tcp: { state: 'degraded', detail: 'without x' } } })
    expect(events).toEqual(['delta', 'lost ring_full 3'])
    expect(health.report().tcp).toMatchObject({ state: 'degraded', detail: 'without x' })
  })
})
