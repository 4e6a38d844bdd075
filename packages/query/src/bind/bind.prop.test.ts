import type { LogType } from '@margay/model'
import { dnsLog, flowLog } from '@margay/model'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Filter } from '../filter.ts'
import { literal } from '../filter.ts'
import { parseKql } from '../kql/parse.ts'
import { lint } from '../lint.ts'
import { compileMatch } from '../match.ts'
import { anyFilters, propertyRuns, rows, testNow } from '../testing/arbitraries.ts'
import { specimenLog } from '../testing/specimen.ts'
import { bind } from './bind.ts'

const types: readonly LogType[] = [specimenLog, flowLog, dnsLog]

/** Any values on fields that exist, so that values are read and not only names refused. */
const onFields = (type: LogType): fc.Arbitrary<Filter> =>
  fc.tuple(fc.constantFrom(...Object.keys(type.fields)), anyFilters).map(([name, filter]) => renamed(filter, name))

function renamed(filter: Filter, name: string): Filter {
  if (filter.kind === 'and' || filter.kind === 'or') {
    return { ...filter, filters: filter.filters.map((inner) => renamed(inner, name)) }
  }
  if (filter.kind === 'not') return { ...filter, filter: renamed(filter.filter, name) }
  if (filter.kind === 'is' || filter.kind === 'range') return { ...filter, field: literal(name) }
  return filter
}

describe('binding', () => {
  it.each(types)('gives any filter a meaning or an error on $name', (type) => {
    fc.assert(
      fc.property(fc.oneof(anyFilters, onFields(type)), rows(type), (filter, row) => {
        const bound = bind(filter, type, { now: testNow, zone: 'Europe/Berlin' })
        expect(Array.isArray(lint(filter, type))).toBe(true)
        if (bound.ok) expect(typeof compileMatch(bound.filter, type)(row)).toBe('boolean')
        else for (const { message } of bound.errors) expect(message).not.toBe('')
      }),
      propertyRuns(500),
    )
  })

  it('places every error of a text within the text', () => {
    const word = fc.constantFrom(
      'action',
      'dest_port',
      'nope',
      'policies',
      ':',
      '<',
      '(',
      ')',
      '{',
      '}',
      '*',
      ' and ',
      ' or ',
      'not ',
      '80',
      '"x"',
      '=',
      "'x'",
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const text = words.join('')
        const parsed = parseKql(text)
        if (!parsed.ok) return
        const bound = bind(parsed.filter, flowLog, { now: testNow, positions: parsed.positions })
        for (const { from, to } of [
          ...(bound.ok ? [] : bound.errors),
          ...lint(parsed.filter, flowLog, parsed.positions),
        ]) {
          expect(from).toBeGreaterThanOrEqual(0)
          expect(to).toBeGreaterThan(from!)
          expect(to).toBeLessThanOrEqual(text.length)
        }
      }),
      propertyRuns(1000),
    )
  })
})
