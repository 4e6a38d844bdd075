import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { logType } from '@margay/model'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bind } from '../bind/bind.ts'
import type { Filter } from '../filter.ts'
import { parseKql } from '../kql/parse.ts'
import { compileMatch } from '../match.ts'
import { anyFilters, propertyRuns } from '../testing/arbitraries.ts'
import { specimenLog } from '../testing/specimen.ts'
import { printDsl } from './print.ts'
import { parseDsl } from './read.ts'

const conformance = process.env.MARGAY_CONFORMANCE ?? join(import.meta.dirname, '../../../../../shared/conformance')
const setNamed = (name: string) => (name === 'domains' ? ['*.example.test', 'a.test'] : undefined)

function read(text: string): Filter {
  const parsed = parseDsl(text, { setNamed })
  if (!parsed.ok) throw new Error(`${text}: ${parsed.errors[0].message}`)
  return parsed.filter
}

function kql(text: string): Filter {
  const parsed = parseKql(text)
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  return parsed.filter
}

/** The filter with every literal quoted or not as it must be, because quotes mean nothing in this language. */
const unquoted = (filter: Filter): unknown =>
  JSON.parse(JSON.stringify(filter, (key, value: unknown) => (key === 'quoted' ? false : value)))

describe("Calico's language", () => {
  const spellings: readonly (readonly [string, string])[] = [
    ['', ''],
    ['action = deny', 'action: deny'],
    ["dest_port='22'", 'dest_port: 22'],
    ['proto="tcp" AND action=allow', 'proto: tcp and action: allow'],
    ['a = x OR b = y AND c = z', 'a: x or b: y and c: z'],
    ['a = x or (b = y and not c = z)', 'a: x or b: y and not c: z'],
    ['a != x', 'not a: x'],
    ['count > 100 AND NOT (ns = a OR ns = b)', 'count > 100 and not (ns: a or ns: b)'],
    ['"servers.ip" = "127.0.0.1"', 'servers.ip: 127.0.0.1'],
    ['port IN {1, 2}', 'port: (1 or 2)'],
    ['port NOTIN {1, 2}', 'not port: (1 or 2)'],
    ['name IN {"*x"}', 'name: *x'],
    ['name IN {"*"}', 'name: *'],
    ['name = "x*"', 'name: "x*"'],
    ['name = "say \\"hi\\""', 'name: "say \\"hi\\""'],
    ['qname NOTIN ${domains}', 'not qname: (*.example.test or a.test)'],
  ]
  it.each(spellings)('reads %j as the filter of %j', (dsl, text) => {
    expect(unquoted(read(dsl))).toEqual(unquoted(kql(text)))
  })

  it('lets ? stand for one character in sets', () => {
    const bound = bind(read('name IN {"web-?", "?"}'), specimenLog, { now: 0 })
    if (!bound.ok) throw new Error(bound.errors[0].message)
    const match = compileMatch(bound.filter, specimenLog)
    const found = ['web-1', 'web-', 'web-12', 'a', '\u{1f600}', 'ab'].filter((name) => match({ time: 0, name }))
    expect(found).toEqual(['web-1', 'a', '\u{1f600}'])
  })

  const errors: readonly (readonly [string, string, RegExp, RegExp | undefined])[] = [
    [
      'source_type=wep AND source_labels.labels="pci=true" dest_type=net',
      'dest_type',
      /AND or OR is missing before dest_type/,
      /AND dest_type/,
    ],
    ['a = x AND', '', /a field, NOT or "\(" expected, found the end/, undefined],
    ['(a = x', '', /"\)" is missing/, /character 1/],
    ['a = x)', ')', /closes nothing/, /take it away/],
    ['a == x', '==', /no operator/, /a = /],
    ['a : x', ':', /no operator/, /a = /],
    ['a = x && b = y', '&&', /no word/, /AND/],
    ['a = "x', '"x', /not closed/, /"/],
    ['a IN {}', '}', /empty/, /at least one/],
    ['a IN x', 'x', /"\{" or a set/, undefined],
    ['a IN {x y}', 'y', /"," or "\}"/, undefined],
    ['a IN ${nope}', '${nope}', /no set named "nope"/, /values/],
    ['a', '', /expected after a, found the end/, undefined],
    ['a = ', '', /a value expected/, undefined],
    ['NOT NOT a = x', 'NOT', /a field, NOT or/, undefined],
  ]
  it.each(errors)('points at the error of %j', (text, marked, message, hint) => {
    const parsed = parseDsl(text, { setNamed })
    if (parsed.ok) throw new Error('was read')
    const [error] = parsed.errors
    expect(text.slice(error.from, error.to)).toBe(marked)
    expect(error.message).toMatch(message)
    if (hint) expect(error.hint).toMatch(hint)
  })

  it('limits nesting', () => {
    expect(parseDsl(`${'('.repeat(200)}a = b${')'.repeat(200)}`).ok).toBe(true)
    expect(parseDsl('('.repeat(60_000)).ok).toBe(false)
  })

  it.skipIf(!existsSync(conformance))(
    'takes every published query as it stands, but for the two that are broken in print (needs the conformance data, see MARGAY_CONFORMANCE)',
    () => {
      const items = JSON.parse(readFileSync(join(conformance, 'queries.json'), 'utf8')) as {
        id: string
        language: string
        dataset: string
        query: string
      }[]
      const queries = items.filter(({ language }) => language === 'calico-dsl')
      expect(queries.length).toBeGreaterThan(30)
      const refused = queries.filter(({ query }) => !parseDsl(query, { setNamed }).ok).map(({ id }) => id)
      // DSL-004 is cut by its screenshot; in DSL-051 an AND is missing.
      expect(refused.filter((id) => id !== 'DSL-004' && id !== 'DSL-051')).toEqual([])
      expect(refused.length).toBeLessThanOrEqual(2)
      const meaningless = queries.filter(({ id, dataset, query }) => {
        const type = logType(dataset)
        return type && !refused.includes(id) && !bind(read(query), type, { now: 0 }).ok
      })
      // DSL-013 asks for rtype, which DNS logs do not have.
      expect(meaningless.map(({ id }) => id).filter((id) => id !== 'DSL-013')).toEqual([])
    },
  )

  it('reads back what it prints, but for quotes', () => {
    let printedCount = 0
    fc.assert(
      fc.property(anyFilters, (filter) => {
        const printed = printDsl(filter)
        if (!printed.ok) return
        printedCount++
        expect(unquoted(read(printed.text))).toEqual(unquoted(filter))
      }),
      propertyRuns(1000),
    )
    expect(printedCount).toBeGreaterThan(10)
  })

  it('answers any text', () => {
    const text = fc.array(
      fc.constantFrom(
        'a',
        '=',
        '!=',
        '(',
        ')',
        '{',
        '}',
        ',',
        '"',
        "'",
        '${x}',
        '$',
        ' AND ',
        ' NOT ',
        'IN',
        '\\',
        '\n',
        ':',
      ),
    )
    fc.assert(
      fc.property(text, (parts) => {
        const query = parts.join('')
        const parsed = parseDsl(query, { setNamed })
        if (!parsed.ok) expect(parsed.errors[0].to).toBeLessThanOrEqual(query.length)
      }),
      propertyRuns(1000),
    )
  })
})
