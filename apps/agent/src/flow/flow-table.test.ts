import type { Row } from '@margay/model'
import type { AgentOutput, RecordSink } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { createFlowTable } from './flow-table.ts'
import { established, gather } from './flow.ts'
import type { FlowIdentity, Verdict } from './flow.ts'
import { createMeasures, slot } from './measures.ts'

interface Recorded {
  readonly series: number
  readonly dimensions: Row
  readonly rest: Row
}

function recorder() {
  const rows: Recorded[] = []
  const known: Row[] = []
  const sink = {
    epoch: 0,
    series: (_: string, dimensions: Row) => known.push(dimensions) - 1,
    add(series: number, rest: Row) {
      rows.push({ series, dimensions: known[series]!, rest })
    },
  } satisfies RecordSink
  return { sink, rows, known }
}

function setUp(maxFlows = 10) {
  const lasting = recorder()
  const live = recorder()
  const state = { watched: false, lost: 0 }
  const output: AgentOutput = {
    lasting: lasting.sink,
    live: live.sink,
    onHandover: () => () => {},
    watched: () => state.watched,
    endInterval: () => {},
    endDelta: () => {},
    lost: (_, count) => void (state.lost += count),
  }
  const table = createFlowTable({ maxFlows, keepIntervals: 2, exemplars: 4 }, { output })
  const add = (key: string, bytes: number, isNew: boolean, isNewInSecond = isNew) => {
    const flow = table.find(key, () => identity)
    const measures = createMeasures()
    measures[slot.bytesOut] = bytes
    if (flow) table.add(table.variant(flow, established), measures, isNew, isNewInSecond)
  }
  return { table, add, lasting, live, state }
}

const identity: FlowIdentity = {
  reporter: 'src',
  direction: 'egress',
  local: false,
  proto: 'tcp',
  sourceIp: '10.0.0.1',
  destIp: '10.0.0.2',
  destPort: 80,
  processName: 'curl',
}

describe('flow table', () => {
  it('says in which seconds of the interval something was counted', () => {
    const { table, add, lasting } = setUp()
    table.setSpan(12_950, 13_050)
    add('a', 1, true)
    table.setSpan(15_400, 15_500)
    add('a', 1, false)
    table.endInterval(10, 20)
    table.setSpan(19_980, 20_080)
    add('a', 1, true)
    table.endInterval(20, 30)
    expect(lasting.rows.map(({ rest }) => [rest.active_from, rest.active_to])).toEqual([
      [2, 6],
      [0, 1],
    ])
  })

  it('writes one row an interval for what changed, and its series once', () => {
    const { table, add, lasting } = setUp()
    add('a', 100, true)
    add('a', 50, false)
    table.endInterval(10, 20)
    table.endInterval(20, 30)
    add('a', 7, true)
    table.endInterval(30, 40)
    expect(lasting.rows.map(({ rest }) => [rest.start_time, rest.end_time, rest.bytes_out, rest.num_flows])).toEqual([
      [10, 20, 150, 1],
      [30, 40, 7, 1],
    ])
    expect(lasting.known).toHaveLength(1)
    expect(lasting.known[0]).toMatchObject({
      reporter: 'src',
      outcome: 'established',
      dest_port: 80,
      process_name: 'curl',
    })
  })

  it('writes names that led to the address, and apart from them what nobody asked for, within bounds and once', () => {
    const { table, add, lasting } = setUp()
    const bounds = { maxArgs: 1, maxDomains: 3 }
    const party = (domains: readonly string[], aliases: readonly string[]) => ({
      pid: 1,
      args: undefined,
      names: { domains, aliases },
    })
    add('a', 1, true)
    const { gathered } = table.find('a', () => identity)!.main
    gather(gathered, party(['bucket.test'], ['x.cdn.example', 'y.s3.example']), bounds)
    gather(gathered, party(['x.cdn.example'], ['y.s3.example', 'z.example', 'beyond.example']), bounds)
    table.endInterval(10, 20)
    add('a', 1, true)
    table.endInterval(20, 30)
    expect(lasting.rows.map(({ rest }) => [rest.dest_domains, rest.dest_domain_aliases])).toEqual([
      [
        ['bucket.test', 'x.cdn.example'],
        ['y.s3.example', 'z.example'],
      ],
      [undefined, undefined],
    ])
  })

  it('numbers its series anew in a new epoch', () => {
    const { table, add, lasting } = setUp()
    add('a', 1, true)
    table.endInterval(10, 20)
    lasting.sink.epoch = 1
    add('a', 1, true)
    table.endInterval(20, 30)
    expect(lasting.rows.map(({ series }) => series)).toEqual([0, 1])
  })

  it('puts nothing into live while nobody watches, then deltas, and new flows at the next look', () => {
    const { table, add, lasting, live, state } = setUp()
    add('a', 1, true)
    table.endSecond(11, false)
    expect(live.rows).toEqual([])
    state.watched = true
    add('a', 10, false, true)
    table.endSecond(12, true)
    expect(live.rows.map(({ rest }) => rest.bytes_out)).toEqual([10])
    add('a', 20, false, false)
    table.endSecond(12.1, true)
    expect(live.rows).toHaveLength(1)
    table.endSecond(13, false)
    expect(live.rows.map(({ rest }) => [rest.bytes_out, rest.num_flows])).toEqual([
      [10, 1],
      [20, 0],
    ])
    table.endInterval(10, 20)
    expect(lasting.rows.map(({ rest }) => [rest.bytes_out, rest.num_flows])).toEqual([[31, 1]])
  })

  it('does not show the past to whoever begins to watch later', () => {
    const { table, add, live, state } = setUp()
    state.watched = true
    add('a', 10, true)
    state.watched = false
    table.forgetLive()
    state.watched = true
    add('a', 3, false, true)
    table.endSecond(20, false)
    expect(live.rows.map(({ rest }) => rest.bytes_out)).toEqual([3])
  })

  it('forgets silent flows, and counts what finds no room', () => {
    const { table, add, state } = setUp(1)
    add('a', 1, true)
    add('b', 1, true)
    expect([table.size, state.lost]).toEqual([1, 1])
    for (let i = 0; i < 4; i++) table.endInterval(i, i + 1)
    expect(table.size).toBe(0)
    add('b', 1, true)
    expect(state.lost).toBe(1)
  })

  it('prints one pid, several as *, and none as -', () => {
    const { table, add, lasting } = setUp()
    for (const pids of [[], [7], [7, 8]]) {
      add('a', 1, true)
      for (const pid of pids) table.find('a', () => identity)!.main.gathered.pids.add(pid)
      table.endInterval(1, 2)
    }
    expect(lasting.rows.map(({ rest }) => [rest.process_id, rest.num_process_ids])).toEqual([
      ['-', 0],
      ['7', 1],
      ['*', 2],
    ])
  })

  it('forgets ways that a flow no longer goes, though it goes on', () => {
    const { table, add, lasting } = setUp()
    const flow = table.find('k', () => identity)!
    const refused: Verdict = { outcome: 'refused', action: 'allow' }
    table.add(table.variant(flow, refused), createMeasures(), true, true)
    for (let interval = 0; interval < 5; interval++) {
      add('k', 1, true)
      table.endInterval(interval, interval + 1)
    }
    expect([flow.isKept, flow.others.size]).toEqual([true, 0])
    table.add(table.variant(flow, refused), createMeasures(), true, true)
    table.endInterval(5, 6)
    expect(lasting.rows.filter(({ dimensions }) => dimensions.outcome === 'refused')).toHaveLength(2)
  })
})
