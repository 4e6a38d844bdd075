import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFilters, propertyRuns } from '../testing/arbitraries.ts'
import { maxQueryLength, parseKql } from './parse.ts'
import { printKql } from './print.ts'
import { scan } from './scan.ts'

const fragments =
  'a|action|:|(|)|{|}|<|>=|"|\\|*| | and | or |not |OR|=|&&|\n|\u00a0|\\u00|\\"|é|\ud800|1|[| TO |/|~'.split('|')
const pieces = fc.constantFrom(...fragments)
const roughText = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''))

describe('KQL', () => {
  it('reads back every filter that it prints', () => {
    fc.assert(
      fc.property(anyFilters, (filter) => {
        const text = printKql(filter)
        const parsed = parseKql(text)
        if (!parsed.ok) throw new Error(`${text}: ${parsed.errors[0].message}`)
        expect(parsed.filter).toEqual(filter)
      }),
      propertyRuns(1000),
    )
  })

  it('answers any text with a filter or with an error inside it, and reads what it accepts the same again', () => {
    fc.assert(
      fc.property(fc.oneof(roughText, fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseKql(text)
        if (parsed.ok) expect(parseKql(printKql(parsed.filter))).toMatchObject({ ok: true, filter: parsed.filter })
        else {
          for (const { from, to, message } of parsed.errors) {
            expect(from).toBeGreaterThanOrEqual(0)
            expect(to).toBeGreaterThanOrEqual(from)
            expect(to).toBeLessThanOrEqual(text.length)
            expect(message).not.toBe('')
          }
        }
      }),
      propertyRuns(2000),
    )
  })

  it('puts every character that is no white space in one token', () => {
    fc.assert(
      fc.property(roughText, (text) => {
        let at = 0
        for (const { from, to } of scan(text)) {
          expect(text.slice(at, from)).toMatch(/^[ \t\r\n\u00a0]*$/)
          expect(to).toBeGreaterThan(from)
          at = to
        }
        expect(text.slice(at)).toMatch(/^[ \t\r\n\u00a0]*$/)
        expect(at).toBeLessThanOrEqual(maxQueryLength)
      }),
      propertyRuns(500),
    )
  })
})
