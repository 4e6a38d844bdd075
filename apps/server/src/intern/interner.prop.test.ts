// Two laws of naming in columns, over random frames: a row is named the same alone as in company, and a block of columns
// is, byte for byte, the block of the rows that people are shown.
import type { Row } from '@margay/model'
import { fieldsOf, logType } from '@margay/model'
import { createBlockBuilder } from '@margay/store'
import { createFrameBuilder, decodeFrame } from '@margay/wire'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createInventory } from '../inventory/inventory.ts'
import { readYaml } from '../inventory/yaml-source.ts'
import { createAgents } from './agents.ts'
import { createEpochs } from './epochs.ts'
import { createInterner } from './interner.ts'

const runs = { numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? 60) }
const now = 1_793_000_100
const cluster = ['web', 'db', 'cache']
  .map(
    (name, at) => `kind: Pod
metadata: {name: ${name}-0, namespace: shop, uid: uid-${name}, labels: {app: ${name}}}
spec: {nodeName: n${at}}
status: {phase: Running, podIP: 10.77.0.${at}}
---
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {clusterIP: 10.96.0.${at}, ports: [{name: main, port: 80}]}
`,
  )
  .join('---\n')

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const without = (row: object): Row =>
  Object.fromEntries(Object.entries(row as Row).filter(([, value]) => value !== undefined))
const address = fc.constantFrom(
  '10.77.0.0',
  '10.77.0.1',
  '10.77.0.2',
  '10.9.9.9',
  '203.0.113.7',
  '127.0.0.1',
  'fd77::1',
)
const uid = optional(fc.constantFrom('uid-web', 'uid-db', 'uid-unknown'))
const times = fc.constantFrom(
  { start_time: now - 20, end_time: now - 10 },
  { start_time: now - 90, end_time: now - 80 },
  { start_time: now - 90_000 },
  { start_time: 1_000 },
)
const counter = optional(fc.oneof(fc.nat(2 ** 31), fc.constant(2 ** 63), fc.constant(18_446_744_073_709_551_615n)))

const flowSeries = fc.record({
  reporter: fc.constantFrom('src', 'dst'),
  proto: fc.constantFrom('tcp', 'udp'),
  action: fc.constantFrom('allow', 'deny'),
  local: fc.boolean(),
  pod_uid: uid,
})
const flowRest = fc.record({
  source_ip: optional(address),
  dest_ip: optional(address),
  dialled_ip: optional(fc.constantFrom('10.96.0.0', '10.96.0.1', '10.77.0.1')),
  dialled_port: optional(fc.constantFrom(80, 81)),
  bytes_in: counter,
  process_args: optional(fc.array(fc.constantFrom('a', 'b --c'), { minLength: 1, maxLength: 2 })),
})
const lookupSeries = fc.record({ qtype: fc.constantFrom('A', 'AAAA'), pod_uid: uid })
const lookupRest = fc.record({
  client_ip: optional(address),
  'servers.ip': optional(fc.array(address, { minLength: 1, maxLength: 2 })),
  qname: fc.constantFrom('x.test', 'y.test'),
  count: fc.nat(9),
})

interface Given {
  readonly series: readonly Row[]
  readonly rows: readonly { readonly at: number; readonly rest: Row }[]
}

const given = (series: fc.Arbitrary<object>, rest: fc.Arbitrary<object>): fc.Arbitrary<Given> =>
  fc.record({
    series: fc.array(series.map(without), { minLength: 1, maxLength: 4 }),
    rows: fc.array(
      fc.tuple(fc.nat(3), times, rest).map(([at, time, more]) => ({ at, rest: without({ ...time, ...more }) })),
      { minLength: 1, maxLength: 12 },
    ),
  })

function setUp(name: string, isGone: boolean) {
  const inventory = createInventory()
  for (const object of readYaml(cluster).objects) inventory.put(object, 0)
  const agents = createAgents(inventory)
  const say = (agent: string, at: number) =>
    agents.hello(
      { agent, host: agent, version: '1', since: now - 5_000, addresses: [], watched: false, collectors: [] },
      at,
    )
  for (const agent of ['n0', 'n1']) say(agent, now - 200)
  if (!isGone) say('n0', now - 180)
  for (const at of [now - 170, now - 140, now - 110, now - 80, now - 50, now - 20]) {
    say('n1', at)
    if (!isGone) say('n0', at)
  }
  say('n0', now)
  const epochs = createEpochs()
  const interner = createInterner({ cluster: 'c1', maxSeries: 1000 }, { inventory, agents, now: () => now })
  let lastEpoch = 0
  const frameOf = ({ series, rows }: Given) => {
    const builder = createFrameBuilder(logType(name)!)
    series.forEach((dimensions, number) => builder.define(number, dimensions))
    for (const { at, rest } of rows) builder.add(at, rest)
    const epoch = `${lastEpoch++}`.padStart(16, '0')
    const frame = decodeFrame(builder.take({ agent: 'n0', epoch, sequence: 0, provisional: false, madeAt: now }, []))
    interner.noteArrival(frame)
    return [frame, epochs.define(frame)!] as const
  }
  return { interner, frameOf }
}

/** The rows as they are added one by one, by whoever has whole rows. */
function blockOf(name: string, rows: readonly Row[]) {
  const type = logType(name)!
  const builder = createBlockBuilder(type)
  const dimensions = fieldsOf(type, 'dimension')
  for (const row of rows) {
    const own = Object.fromEntries(dimensions.filter((field) => field in row).map((field) => [field, row[field]]))
    builder.add(builder.series(own), row)
  }
  return builder.take()
}

const kinds = [
  ['flows', given(flowSeries, flowRest)],
  ['dns', given(lookupSeries, lookupRest)],
] as const

describe.each(kinds)('naming %s in columns', (name, frames) => {
  it('names a row the same alone as in company, stored or shown', () => {
    let named = 0
    fc.assert(
      fc.property(frames, fc.boolean(), (all, isGone) => {
        const { interner, frameOf } = setUp(name, isGone)
        const together: Row[] = []
        const { rows, leftOut } = interner.encode(...frameOf(all), createBlockBuilder(logType(name)!), (row) =>
          together.push(row),
        )
        const alone = all.rows.flatMap((row) => interner.rows(...frameOf({ ...all, rows: [row] })))
        expect(together).toEqual(alone)
        expect(rows).toBe(together.length)
        expect([...leftOut.values()].reduce((sum, count) => sum + count, 0)).toBe(all.rows.length - rows)
        named += rows
      }),
      runs,
    )
    expect(named).toBeGreaterThan(0)
  })
  it('makes the block that its shown rows make one by one', () => {
    fc.assert(
      fc.property(frames, (all) => {
        const { interner, frameOf } = setUp(name, false)
        const builder = createBlockBuilder(logType(name)!)
        const shown: Row[] = []
        interner.encode(...frameOf(all), builder, (row) => shown.push(row))
        const bytes = (parts: ReturnType<typeof builder.take>) =>
          parts.map((part) => [part.day, part.rows, Buffer.concat(part.parts).toString('base64')])
        expect(bytes(builder.take())).toEqual(bytes(blockOf(name, shown)))
      }),
      runs,
    )
  })
})
