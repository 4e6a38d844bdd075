import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Filter } from '../filter.ts'
import { all, literal } from '../filter.ts'
import { generateParser } from './generate.ts'
import { maxNesting, maxQueryLength, parseKql } from './parse.ts'
import { printKql } from './print.ts'

const conformance = process.env.MARGAY_CONFORMANCE ?? join(import.meta.dirname, '../../../../../shared/conformance')

function filterOf(text: string): Filter {
  const parsed = parseKql(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.errors[0].message}`)
  return parsed.filter
}

function errorOf(text: string) {
  const parsed = parseKql(text)
  if (parsed.ok) throw new Error(`${text} is read as ${JSON.stringify(parsed.filter)}`)
  return parsed.errors[0]
}

const is = (field: string, value: string, quoted = false): Filter => ({
  kind: 'is',
  field: literal(field),
  value: literal(value, quoted),
})
const like = (field: string, ...pieces: string[]): Filter => ({
  kind: 'is',
  field: literal(field),
  value: { pieces, quoted: false },
})
const anywhere = (value: string, quoted = false): Filter => ({
  kind: 'is',
  field: undefined,
  value: literal(value, quoted),
})
const not = (filter: Filter): Filter => ({ kind: 'not', filter })
const and = (...filters: Filter[]): Filter => ({ kind: 'and', filters })
const or = (...filters: Filter[]): Filter => ({ kind: 'or', filters })

describe('the parser of KQL', () => {
  it('is what lezer makes of the grammar (else run scripts/generate-kql.ts)', () => {
    const files = Object.entries(generateParser(readFileSync(join(import.meta.dirname, 'kql.grammar'), 'utf8')))
    expect(files.length).toBe(2)
    for (const [name, text] of files) expect(readFileSync(join(import.meta.dirname, name), 'utf8')).toBe(text)
  })

  const cases: readonly (readonly [string, Filter])[] = [
    ['', all],
    [' \t\r\n\u00a0', all],
    ['*: *', all],
    ['*', { kind: 'is', field: undefined, value: { pieces: ['', ''], quoted: false } }],
    ['action : deny', is('action', 'deny')],
    ['action:deny', is('action', 'deny')],
    ['"action": "deny"', { kind: 'is', field: literal('action', true), value: literal('deny', true) }],
    ['dest_name: web front end and action: deny', and(is('dest_name', 'web front end'), is('action', 'deny'))],
    ['a: x AND b: y Or c: z', or(and(is('a', 'x'), is('b', 'y')), is('c', 'z'))],
    ['a: x and b: y and c: z', and(is('a', 'x'), is('b', 'y'), is('c', 'z'))],
    ['a: x and (b: y and c: z)', and(is('a', 'x'), and(is('b', 'y'), is('c', 'z')))],
    ['NOT a: x', not(is('a', 'x'))],
    ['not (not a: x)', not(not(is('a', 'x')))],
    ['not a: x and b: y', and(not(is('a', 'x')), is('b', 'y'))],
    ['x: (a or b)', or(is('x', 'a'), is('x', 'b'))],
    ['x: (a and not b)', and(is('x', 'a'), not(is('x', 'b')))],
    ['x: (a or (b and c))', or(is('x', 'a'), and(is('x', 'b'), is('x', 'c')))],
    ['x: (a or *)', or(is('x', 'a'), { kind: 'exists', field: literal('x') })],
    ['x: *', { kind: 'exists', field: literal('x') }],
    ['x: "*"', is('x', '*', true)],
    ['x: \\*', is('x', '*')],
    ['x: a*b*', like('x', 'a', 'b', '')],
    ['s*: a', { kind: 'is', field: { pieces: ['s', ''], quoted: false }, value: literal('a') }],
    ['x: ""', is('x', '', true)],
    ['x: "C:\\dir\\\\"', is('x', 'C:\\dir\\', true)],
    ['x: "say \\"hi\\""', is('x', 'say "hi"', true)],
    ['x: "\\u00e9\\t\\q"', is('x', 'é\t\\q', true)],
    ['x: a\\:b \\(c\\) \\{d\\}', is('x', 'a:b (c) {d}')],
    ['x: \\u0041\\n', is('x', 'A\n')],
    ['x: a \\or b', is('x', 'a or b')],
    ['x: \\not', is('x', 'not')],
    ['x: \\nothing', is('x', '\nothing')],
    ['x: "a\nb"', is('x', 'a\nb', true)],
    ['orange or android', or(anywhere('orange'), anywhere('android'))],
    ['notes', anywhere('notes')],
    ['a or', anywhere('a or')],
    ['or b', anywhere('or b')],
    ['x: 070', is('x', '070')],
    ['bytes_in > 100', { kind: 'range', field: literal('bytes_in'), comparison: '>', value: literal('100') }],
    ['bytes_in<=100', { kind: 'range', field: literal('bytes_in'), comparison: '<=', value: literal('100') }],
    ['p:{a: x and b: y}', { kind: 'nested', field: literal('p'), filter: and(is('a', 'x'), is('b', 'y')) }],
    [
      'p: { q: { a: x } }',
      { kind: 'nested', field: literal('p'), filter: { kind: 'nested', field: literal('q'), filter: is('a', 'x') } },
    ],
    ['app=web', anywhere('app=web')],
  ]
  it.each(cases)('reads %j', (text, expected) => {
    expect(filterOf(text)).toEqual(expected)
    expect(filterOf(printKql(expected))).toEqual(expected)
  })

  it.skipIf(!existsSync(conformance))(
    'takes every published KQL query as it stands (needs the conformance data, see MARGAY_CONFORMANCE)',
    () => {
      const items = JSON.parse(readFileSync(join(conformance, 'queries.json'), 'utf8')) as {
        language: string
        query: string
      }[]
      const queries = items.filter(({ language }) => language === 'kql')
      expect(queries.length).toBeGreaterThan(10)
      for (const { query } of queries) expect(filterOf(printKql(filterOf(query)))).toEqual(filterOf(query))
    },
  )

  it('remembers where each part stood', () => {
    const text = 'not dest_port: (80 or "443")'
    const parsed = parseKql(text)
    if (!parsed.ok) throw new Error('does not parse')
    const placed = [...parsed.positions.values()].map(({ from, to }) => text.slice(from, to))
    expect(placed).toContain('dest_port')
    expect(placed).toContain('80')
    expect(placed).toContain('"443"')
    expect(placed).toContain('80 or "443"')
    expect(placed).toContain(text)
  })
})

describe('errors of KQL', () => {
  /** The text, the place that is marked, words of the message, words of the hint. */
  const cases: readonly (readonly [string, string, RegExp, RegExp])[] = [
    ['bytes_in:>100', ':>', /takes no colon/, /bytes_in > 100/],
    ['reporter: src && action: deny', '&&', /part of the value/, /write and/],
    ['reporter: src || action: deny', '||', /part of the value/, /write or/],
    ['a: b ANDNOT c: d', 'ANDNOT', /white space on both sides/, /AND NOT/],
    ['a: denyAND b: c', 'AND', /white space on both sides/, /AND/],
    ['(a: b)AND c: d', 'AND', /white space on both sides/, /AND/],
    ['a: "b"ANDNOT c: d', 'ANDNOT', /white space on both sides/, /AND NOT/],
    ['dest_port in (80, 443)', 'dest_port in (', /no "in"/, /dest_port: \(a or b\)/],
    ['dest_port <> 80', '<>', /no "<>"/, /not dest_port:/],
    ['a: b and(c: d)', 'and', /white space on both sides/, /and/],
    ['not(a: b)', 'not', /white space on both sides/, /not/],
    ['action: "deny', '"deny', /not closed/, /write "/],
    ['x: "C:\\dir\\"', '"C:\\dir\\"', /not closed/, /twice/],
    ['(action: deny', '', /"\)" is missing/, /character 1/],
    ['p: {a: b', '', /"}" is missing/, /character 4/],
    ['action: deny)', ')', /closes nothing/, /quote/],
    ['(a: b}', '}', /"\)" is expected/, /character 1/],
    ['action: deny reporter: src', 'reporter:', /missing before reporter/, /deny and reporter:/],
    ['dest_ip: fd77::1', ':', /quoted or escaped/, /"fd77::1"/],
    ['start_time >= 2026-11-01T10:30', ':', /quoted or escaped/, /"2026-11-01T10:30"/],
    ['dest_ip: ::1', ':', /quoted/, /"::1"/],
    ['"a" "b"', '"b"', /missing before/, /and, or/],
    ['"a b"~2', '~2', /no "~"/, /wildcards/],
    ['not not a', 'not', /one "not" only/, /not \(not/],
    ['a: not b', 'not', /before the field/, /not a:/],
    ['a\\b: c', '\\b', /backslash/, /"a\\\\b"/],
    ['x: \\', '\\', /backslash/, /twice/],
    ['{400 TO 499}', '{', /after a field/, /quote/],
  ]
  it.each(cases)('points at the slip in %j', (text, marked, message, hint) => {
    const error = errorOf(text)
    expect(text.slice(error.from, error.to)).toBe(marked)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })

  const expectations: readonly (readonly [string, number, string])[] = [
    ['a: x and ', 9, 'a field, a value, "not" or "(" expected, found the end of the query'],
    ['a: x and or b', 9, 'a field, a value, "not" or "(" expected, found "or"'],
    ['a:', 2, 'a value, "(" or "{" expected, found the end of the query'],
    ['a: )', 3, 'a value, "(" or "{" expected, found ")"'],
    ['a > ', 4, 'a value expected, found the end of the query'],
    ['a: (', 4, 'a value, "not" or "(" expected, found the end of the query'],
    ['a: (b or ', 9, 'a value, "not" or "(" expected, found the end of the query'],
    ['a: "x" "y" z', 7, '"and" or "or" is missing before "y"'],
    ['a (', 2, '":", "<", "<=", ">", ">=", "and", "or" or the end expected, found "("'],
  ]
  it.each(expectations)('names what could stand in %j', (text, from, message) => {
    expect(errorOf(text)).toMatchObject({ from, message })
  })

  it('limits nesting with a message that names the limit', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}a: b${')'.repeat(depth)}`
    expect(maxNesting).toBeGreaterThanOrEqual(200)
    expect(filterOf(nested(maxNesting))).toEqual(is('a', 'b'))
    expect(errorOf(nested(maxNesting + 1))).toMatchObject({
      from: maxNesting,
      message: `brackets stand more than ${maxNesting} deep`,
    })
    expect(errorOf('('.repeat(60_000)).from).toBe(maxNesting)
  })

  it('limits length', () => {
    expect(filterOf(`a: ${'x'.repeat(maxQueryLength - 3)}`).kind).toBe('is')
    expect(errorOf(`a: ${'x'.repeat(maxQueryLength - 2)}`).message).toContain('65536')
  })
})
