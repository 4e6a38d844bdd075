// A law over random rows of every log type: added as columns they make the same bytes as added one by one.
import type { Field, LogType, Row, Value } from '@margay/model'
import { logTypes } from '@margay/model'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BlockBuilder, DayPart, RowColumn } from '../store.ts'
import { propertyRuns, rowArbitrary } from '../testing/arbitrary.ts'
import { createBlockBuilder } from './block-builder.ts'

const oneDay = 86_400
/** Shortly before midnight, so that batches lie on both sides of it. */
const span = { from: 20_000 * oneDay - 3, seconds: 6 }
const numberKinds: readonly string[] = ['timestamp', 'port', 'count', 'bytes', 'duration']

function numbersOf(values: readonly (Value | undefined)[]): RowColumn {
  const wide = values.flatMap((value, row) => (typeof value === 'bigint' ? [[row, value] as const] : []))
  const numbers = values.map((value) => (value === undefined ? Number.NaN : Number(value)))
  return { kind: 'numbers', values: Float64Array.from(numbers), exact: new Map(wide) }
}

/** Backwards and with an entry that no row has, so that an index is not its row. */
function entriesOf(values: readonly (Value | undefined)[]): RowColumn {
  const dictionary = [undefined, ...values].toReversed()
  return { kind: 'values', dictionary, index: Uint16Array.from(values, (_, row) => values.length - 1 - row) }
}

function columnsOf(type: LogType, rows: readonly Row[]): Map<string, RowColumn> {
  const used = Object.entries<Field>(type.fields).filter(([name]) => rows.some((row) => row[name] !== undefined))
  return new Map(
    used.map(([name, { kind }]) => {
      const values = rows.map((row) => row[name])
      return [name, numberKinds.includes(kind) ? numbersOf(values) : entriesOf(values)]
    }),
  )
}

const bytesOf = (parts: readonly DayPart[]) =>
  parts.map(({ day, rows, parts: pieces }) => [day, rows, Buffer.concat(pieces).toString('base64')])

/** Some series, and a handle for each row. */
const handlesOf = (builder: BlockBuilder, rows: readonly Row[]) => {
  const series = [builder.series(rows[0]!), builder.series({})]
  return Uint32Array.from(rows, (_, at) => series[at % 2]!)
}

describe('the block builder', () => {
  it.each(logTypes.map((type) => [type.name, type] as const))(
    'makes the same block of %s rows whether they come as columns or one by one',
    (_, type) => {
      fc.assert(
        fc.property(fc.array(rowArbitrary(type, span), { minLength: 1, maxLength: 8 }), fc.nat(8), (rows, from) => {
          const [one, many] = [createBlockBuilder(type), createBlockBuilder(type)]
          const handles = handlesOf(one, rows)
          handlesOf(many, rows)
          const columns = columnsOf(type, rows)
          const order = rows.map((_row, at) => at)
          // Twice and not all: a batch begins where another ended, and leaves rows out.
          for (const picked of [order.slice(from), order]) {
            for (const at of picked) one.add(handles[at]!, rows[at]!)
            const rowsPicked = Uint32Array.from(picked)
            many.addColumns(
              rowsPicked.map((at) => handles[at]!),
              columns,
              rowsPicked,
            )
          }
          expect(many.rows).toBe(one.rows)
          expect(bytesOf(many.take())).toEqual(bytesOf(one.take()))
        }),
        propertyRuns(30),
      )
    },
  )
  it('adds nothing of columns in which one time cannot be stored', () => {
    const [type] = logTypes
    const builder = createBlockBuilder(type!)
    const times = (...values: number[]) => new Map([[type!.time, numbersOf(values)]])
    const handles = Uint32Array.of(builder.series({}), 0)
    const both = Uint32Array.of(0, 1)
    expect(() => builder.addColumns(handles, times(span.from, Number.NaN), both)).toThrow('BUG')
    expect(() => builder.addColumns(handles, new Map(), both)).toThrow('BUG')
    expect([builder.rows, builder.take()]).toEqual([0, []])
  })
})
