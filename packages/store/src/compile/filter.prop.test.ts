// The law that everything rests on: a filter finds the same rows in the store and in memory.
import type { LogType, Row } from '@margay/model'
import { logTypes } from '@margay/model'
import type { BoundFilter } from '@margay/query'
import { bind, compileMatch, printKql } from '@margay/query'
import { filters, rows as rowsByTheBook, specimenLog, testNow } from '@margay/query/testing'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../ask.ts'
import { asStored } from '../schema/as-stored.ts'
import { tableOf } from '../schema/ddl.ts'
import { propertyRuns, rowArbitrary } from '../testing/arbitrary.ts'
import { boundArbitrary } from '../testing/bound-arbitrary.ts'
import { openTestTables } from '../testing/stores.ts'
import { filterSql } from './filter.ts'

const noon = 1_793_016_000
const rowCount = 60
const batchCount = 3

/** Rows that are told apart by their time. */
const rowsArbitrary = (type: LogType) =>
  fc
    .array(rowArbitrary(type, { from: noon, seconds: 1 }), { minLength: rowCount, maxLength: rowCount })
    .map((rows) => rows.map((row, index) => ({ ...row, [type.time]: noon + index })))

const inMemory = (type: LogType, rows: readonly Row[], filter: BoundFilter) => {
  const matches = compileMatch(filter, type)
  return rows.filter((row) => matches(asStored(type, row))).map((row) => row[type.time])
}

/** The specimen has a field of every kind, those too that no log type has yet. */
const types = [...logTypes, specimenLog]

/** Time for as many runs as the environment may ask for. */
const patience = { timeout: 1_200_000 }

describe.each(types)('a filter of $name', patience, (type) => {
  let tables: Awaited<ReturnType<typeof openTestTables>>
  beforeAll(async () => void (tables = await openTestTables(types)))
  afterAll(() => tables.close())

  /** The times of the rows that pass each condition. */
  const timesOf = async (conditions: readonly string[]) => {
    const columns = conditions.map((sql) => `groupArraySortedIf(1000)(toUnixTimestamp(${type.time}), ${sql})`)
    const sql = `SELECT ${columns.join(', ')} FROM ${tableOf(type.name)}`
    const output = await tables.engine.run(sql, { lane: 'interactive', format: 'JSONCompactEachRow' })
    return JSON.parse(Buffer.from(output).toString()) as number[][]
  }

  it('finds the same rows in SQL and in memory', async () => {
    const batches = fc.sample(rowsArbitrary(type), { numRuns: batchCount, seed: 11 })
    const filters = fc.array(boundArbitrary(type), { minLength: 1, maxLength: 12 })
    for (const rows of batches) {
      await tables.clear(type)
      await tables.insert(type, rows)
      await fc.assert(
        fc.asyncProperty(filters, async (all) => {
          const found = await timesOf(all.map((filter) => filterSql(type, filter)))
          expect(found).toEqual(all.map((filter) => inMemory(type, rows, filter)))
        }),
        propertyRuns(25),
      )
    }
  })

  it('finds the same rows as the WHERE of a whole question', async () => {
    const [rows] = fc.sample(rowsArbitrary(type), { numRuns: 1, seed: 7 })
    await tables.clear(type)
    await tables.insert(type, rows!)
    await fc.assert(
      fc.asyncProperty(boundArbitrary(type), async (filter) => {
        const select = {
          kind: 'rows',
          limit: 1_000,
          sort: { field: type.time, descending: false },
          fields: [],
        } as const
        const range = { from: { at: noon }, to: { at: noon + 3_600 } }
        const question = { logType: type.name, range, filter: { kind: 'all' }, reports: 'every', select } as const
        const run = (sql: string) => tables.engine.run(sql, { lane: 'interactive' })
        const { answer } = await ask(run, type, filter, question, { now: noon })
        const found = answer.kind === 'rows' ? answer.rows.map((row) => row[type.time]) : []
        expect(found).toEqual(inMemory(type, rows!, filter))
      }),
      propertyRuns(40),
    )
  })

  it('finds the same rows however it was written', async () => {
    const batch = fc.array(rowsByTheBook(type), { minLength: rowCount, maxLength: rowCount })
    const [sample] = fc.sample(batch, { numRuns: 1, seed: 3 })
    const rows = sample!.map((row, index) => ({ ...row, [type.time]: noon + index }))
    await tables.clear(type)
    await tables.insert(type, rows)
    await fc.assert(
      fc.asyncProperty(filters(type), async (filter) => {
        const bound = bind(filter, type, { now: testNow })
        if (!bound.ok) throw new Error(`${printKql(filter)}: ${bound.errors[0].message}`)
        const [found] = await timesOf([filterSql(type, bound.filter)])
        expect(found, printKql(filter)).toEqual(inMemory(type, rows, bound.filter))
      }),
      propertyRuns(100),
    )
  })
})
