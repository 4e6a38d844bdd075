import { describe, expect, it } from 'vitest'
import { addPill, clauseOf, composeQuery, parsePill, pill, printPill, toggleNegated, toggleOff } from './pill.ts'

describe('clauses made by clicking', () => {
  it.each([
    ['C:\\dir\\', 'process_name: "C:\\\\dir\\\\"'],
    ['say "hi"', 'process_name: "say \\"hi\\""'],
    ['a:b (c) {d}', 'process_name: "a:b (c) {d}"'],
    ['x*y', 'process_name: "x*y"'],
    ['*', 'process_name: "*"'],
    ['-', 'process_name: "-"'],
    ['or', 'process_name: "or"'],
    ['two\nlines\ttab', 'process_name: "two\\nlines\\ttab"'],
    ['<b>&amp;</b>', 'process_name: "<b>&amp;</b>"'],
    ['checkout-7d9f', 'process_name: checkout-7d9f'],
    ['070', 'process_name: 070'],
  ])('quotes %j so that it means itself', (value, kql) => expect(clauseOf('process_name', value).kql).toBe(kql))

  it('writes numbers of 64 bits digit for digit', () =>
    expect(clauseOf('bytes_in', 18_446_744_073_709_551_615n).kql).toBe('bytes_in: 18446744073709551615'))

  it('asks for all elements of a list', () =>
    expect(clauseOf('dest_domains', ['a.test', 'b c']).kql).toBe('dest_domains: a.test and dest_domains: "b c"'))

  it.each([undefined, '', []])('on an empty cell (%j) asks whether the field is there', (value) => {
    expect(composeQuery('', [clauseOf('process_name', value)])).toBe('not (process_name: *)')
    expect(composeQuery('', [toggleNegated(clauseOf('process_name', value))])).toBe('(process_name: *)')
  })
})

describe('pills', () => {
  it('join the query in brackets, so that its `or` stays its own', () =>
    expect(composeQuery('a: 1 or b: 2', [pill('c: 3'), pill('d: 4', true)])).toBe(
      '(a: 1 or b: 2) and (c: 3) and not (d: 4)',
    ))

  it('leave a lone query as it was typed', () => expect(composeQuery(' a: 1 ', [])).toBe('a: 1'))

  it('that are off are not asked', () => expect(composeQuery('', [toggleOff(pill('a: 1'))])).toBe(''))

  it('replace one with the same clause: out undoes in', () => {
    const pills = addPill(addPill([], clauseOf('proto', 'udp')), toggleNegated(clauseOf('proto', 'udp')))
    expect(pills).toEqual([pill('proto: udp', true)])
  })

  it.each([pill('a: "~x"'), { kql: 'a: 1\nor b: 2', negated: true, off: true, pinned: true }])(
    'come back from the address: %j',
    (pill) => expect(parsePill(printPill(pill))).toEqual(pill),
  )

  it.each(['', 'a: 1', 'x~a: 1', '~ '])('are not made of %j', (text) => expect(parsePill(text)).toBeUndefined())
})
