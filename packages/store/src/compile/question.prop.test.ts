// The whole way of a question: a filter as people write it, bound, finds the same rows in the store, in memory and by the
// rules as written.
import { logTypes } from '@margay/model'
import { bind, compileMatch } from '@margay/query'
import { filters, referenceMatch, rows, testNow } from '@margay/query/testing'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asStored } from '../schema/as-stored.ts'
import { tableOf } from '../schema/ddl.ts'
import { propertyRuns } from '../testing/arbitrary.ts'
import { openTestTables } from '../testing/stores.ts'
import { filterSql } from './filter.ts'

describe.each(logTypes)('a question about $name', (type) => {
  let tables: Awaited<ReturnType<typeof openTestTables>>
  beforeAll(async () => void (tables = await openTestTables()))
  afterAll(() => tables.close())

  it('is answered alike by SQL, memory and the rules as written', async () => {
    // One day, and a time for each row that tells it from the others.
    const sample = fc
      .sample(rows(type), { numRuns: 80, seed: 5 })
      .map((row, index) => ({ ...row, [type.time]: 1_793_491_200 + index * 60, end_time: 1_793_491_200 + index * 60 }))
    await tables.clear(type)
    await tables.insert(type, sample)
    const stored = sample.map((row) => asStored(type, row))
    await fc.assert(
      fc.asyncProperty(fc.array(filters(type), { minLength: 1, maxLength: 10 }), async (all) => {
        const bound = all.map((filter) => {
          const found = bind(filter, type, { now: testNow })
          if (!found.ok) throw new Error(found.errors[0].message)
          return found.filter
        })
        const columns = bound.map(
          (filter) => `groupArraySortedIf(1000)(toUnixTimestamp(${type.time}), ${filterSql(type, filter)})`,
        )
        const output = await tables.engine.run(`SELECT ${columns.join(', ')} FROM ${tableOf(type.name)}`, {
          lane: 'interactive',
          format: 'JSONCompactEachRow',
        })
        const inStore = JSON.parse(Buffer.from(output).toString()) as number[][]
        const times = (passes: (row: (typeof stored)[number]) => boolean) =>
          stored.filter(passes).map((row) => row[type.time])
        expect(inStore).toEqual(bound.map((filter) => times(compileMatch(filter, type))))
        expect(inStore).toEqual(all.map((filter) => times((row) => referenceMatch(filter, type, row, testNow))))
      }),
      propertyRuns(40),
    )
  })
})
