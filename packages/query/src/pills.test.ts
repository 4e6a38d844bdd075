import type { Row } from '@margay/model'
import { flowLog } from '@margay/model'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bind } from './bind/bind.ts'
import type { Filter } from './filter.ts'
import { all } from './filter.ts'
import { parseKql } from './kql/parse.ts'
import { printKql } from './kql/print.ts'
import { compileMatch } from './match.ts'
import { combineAll, combineAny, filterForCell, filterOutCell, negate, withoutClause } from './pills.ts'
import { isValue } from './spell.ts'
import { anyFilters, propertyRuns, rows } from './testing/arbitraries.ts'

/** Matches by way of the text, as a shared address of the view does. */
function matcher(filter: Filter) {
  const parsed = parseKql(printKql(filter))
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  expect(parsed.filter).toEqual(filter)
  const bound = bind(parsed.filter, flowLog, { now: 0 })
  if (!bound.ok) throw new Error(bound.errors[0].message)
  return compileMatch(bound.filter, flowLog)
}

describe('filters from clicks', () => {
  const hostile = [
    'C:\\dir\\',
    'say "hi"',
    'a:b (c) {d}',
    'x*y',
    '*',
    'or',
    'a and b',
    'not x',
    "'q'",
    '/re/',
    'a~2',
    '=x',
    '!x',
    'a && b',
    '[1 TO 2]',
    'null',
    'true',
    '070',
    ' x ',
    '\\',
    '"',
    '\n',
    '-',
    '<b>&amp;',
    '\u00a0',
    'ünï',
    '\\u0041',
    '-x',
    'x.',
  ]
  it.each(hostile)('find %j and only it, in and out (C1)', (name) => {
    const match = matcher(filterForCell('process_name', name))
    const matchOut = matcher(filterOutCell('process_name', name))
    const others = [...hostile.filter((other) => other !== name), 'xzy', `${name}x`]
    expect(match({ start_time: 1, process_name: name })).toBe(true)
    expect(matchOut({ start_time: 1, process_name: name })).toBe(false)
    for (const other of others) {
      expect(match({ start_time: 1, process_name: other })).toBe(false)
      expect(matchOut({ start_time: 1, process_name: other })).toBe(true)
    }
  })

  it('ask for absence on an empty cell, and never say undefined (C4)', () => {
    for (const value of [undefined, '', []]) {
      expect(printKql(filterForCell('process_name', value))).toBe('not process_name: *')
      expect(printKql(filterOutCell('process_name', value))).toBe('process_name: *')
    }
  })

  it('find the row that was clicked, whatever its field and value', () => {
    fc.assert(
      fc.property(rows(flowLog), (row: Row) => {
        for (const [name, value] of Object.entries(row)) {
          // Hits match by word and times by their span, so that a click there finds more than its own row.
          expect(matcher(filterForCell(name, value))(row)).toBe(true)
          expect(matcher(filterOutCell(name, value))(row)).toBe(false)
        }
      }),
      propertyRuns(60),
    )
  })

  it('keep 64-bit numbers digit for digit', () => {
    expect(printKql(isValue('bytes_in', 18_446_744_073_709_551_615n))).toBe('bytes_in: 18446744073709551615')
  })

  it('combine into trees that text can spell', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => isValue('x', name)) as [Filter, Filter, Filter]
    expect(printKql(combineAll(a, combineAll(b, c)))).toBe('x: a and x: b and x: c')
    expect(printKql(combineAny(a, combineAll(b, c)))).toBe('x: a or x: b and x: c')
    expect(printKql(combineAll(a, combineAny(b, c)))).toBe('x: a and (x: b or x: c)')
    expect(combineAll()).toBe(all)
    expect(combineAll(all, a)).toBe(a)
    expect(combineAny(all, a)).toBe(all)
    expect(negate(negate(a))).toBe(a)
    expect(printKql(withoutClause(combineAll(a, b, c), 1))).toBe('x: a and x: c')
    expect(withoutClause(a, 0)).toBe(all)
  })

  it('combine any filters so that they can be read back', () => {
    fc.assert(
      fc.property(anyFilters, anyFilters, fc.constantFrom(combineAll, combineAny), (a, b, combine) => {
        const combined = combine(a, negate(b))
        const parsed = parseKql(printKql(combined))
        expect(parsed.ok && parsed.filter).toEqual(combined)
      }),
      propertyRuns(300),
    )
  })
})
