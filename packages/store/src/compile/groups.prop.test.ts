import type { LogType } from '@margay/model'
import { logTypes } from '@margay/model'
import type { Group, GroupKey, Measure, SelectGroups } from '@margay/query'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../ask.ts'
import { propertyRuns, rowArbitrary } from '../testing/arbitrary.ts'
import { referenceGroups } from '../testing/reference-groups.ts'
import { openTestTables } from '../testing/stores.ts'

const noon = 1_793_016_000
const numeric = new Set(['count', 'bytes', 'duration', 'port'])

function measureArbitrary(type: LogType): fc.Arbitrary<Measure> {
  const names = Object.keys(type.fields)
  const numbers = names.filter((name) => numeric.has(type.fields[name]!.kind))
  const counters = numbers.filter((name) => type.fields[name]!.kind !== 'port')
  const ordered = names.filter((name) => numeric.has(type.fields[name]!.kind) || type.fields[name]!.kind === 'keyword')
  return fc.oneof(
    fc.constant<Measure>({ rows: true }),
    fc.constantFrom(...counters).map((sum): Measure => ({ sum })),
    fc.constantFrom(...counters).map((mean): Measure => ({ mean })),
    fc.constantFrom(...ordered).map((max): Measure => ({ max })),
    fc.constantFrom(...ordered).map((min): Measure => ({ min })),
    fc.constantFrom(...names).map((distinct): Measure => ({ distinct })),
    fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(1, 3, 1_000))
      .map(([values, limit]): Measure => ({ values, limit })),
    fc
      .tuple(fc.constantFrom(...numbers), fc.constantFrom(0, 0.5, 0.95, 1))
      .map(([quantile, at]): Measure => ({ quantile, at })),
  )
}

function selectArbitrary(type: LogType): fc.Arbitrary<SelectGroups> {
  const key = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...Object.keys(type.fields)).map((field): GroupKey => ({ field })) },
    { weight: 1, arbitrary: fc.constantFrom(1, 60, 3_600).map((timeBucket): GroupKey => ({ timeBucket })) },
  )
  return fc.record({
    kind: fc.constant('groups' as const),
    by: fc.uniqueArray(key, { maxLength: 2, selector: (each) => JSON.stringify(each) }),
    measures: fc
      .tuple(measureArbitrary(type), measureArbitrary(type))
      .map(([a, b]) => ({ n: { rows: true } as const, a, b })),
    sort: fc.constantFrom({ measure: 'n', descending: true }, { measure: 'n', descending: false }),
    limit: fc.constant(100_000),
  })
}

/** The last bits of a mean, which is a double, are not the law here; all else is exact. */
const rounded = (groups: readonly Group[], select: SelectGroups) =>
  groups.map(({ key, measures }) => ({
    key,
    measures: Object.fromEntries(
      Object.entries(measures).map(([name, value]) => {
        const isMean = 'mean' in select.measures[name]!
        return [name, isMean && typeof value === 'number' ? value.toPrecision(10) : value]
      }),
    ),
  }))

/** Time for as many runs as the environment may ask for. */
const patience = { timeout: 1_200_000 }

describe.each(logTypes)('a grouping of $name', patience, (type) => {
  let tables: Awaited<ReturnType<typeof openTestTables>>
  beforeAll(async () => void (tables = await openTestTables()))
  afterAll(() => tables.close())

  it('gives the same groups in SQL and in memory, in the same order', async () => {
    const arbitrary = fc.array(rowArbitrary(type, { from: noon, seconds: 600 }), { minLength: 30, maxLength: 30 })
    const [rows] = fc.sample(arbitrary, { numRuns: 1, seed: 5 })
    await tables.insert(type, rows!)
    await fc.assert(
      fc.asyncProperty(selectArbitrary(type), async (select) => {
        const range = { from: { at: noon }, to: { at: noon + 3_600 } }
        const question = { logType: type.name, range, filter: { kind: 'all' }, reports: 'every', select } as const
        const run = (sql: string) => tables.engine.run(sql, { lane: 'interactive' })
        const { answer } = await ask(run, type, { kind: 'constant', value: true }, question, { now: noon })
        const groups = answer.kind === 'groups' ? answer.groups : []
        expect(rounded(groups, select)).toEqual(rounded(referenceGroups(type, rows!, select), select))
      }),
      propertyRuns(80),
    )
  })
})
