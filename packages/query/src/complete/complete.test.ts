import { flowLog } from '@margay/model'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { bind } from '../bind/bind.ts'
import { parseKql } from '../kql/parse.ts'
import { propertyRuns, valuesOf } from '../testing/arbitraries.ts'
import type { CompleteOptions } from './complete.ts'
import { complete, wantsValuesOf } from './complete.ts'

/** Completes at the bar `|` of a text. */
function at(marked: string, options?: CompleteOptions) {
  const cursor = marked.indexOf('|')
  const text = marked.slice(0, cursor) + marked.slice(cursor + 1)
  return complete(text, cursor, flowLog, options).map((item) => ({
    label: item.label,
    result: text.slice(0, item.replaced.from) + item.insert + text.slice(item.replaced.to),
    kind: item.kind,
    detail: item.detail,
    doc: item.doc,
  }))
}

const labels = (marked: string, options?: CompleteOptions) => at(marked, options).map(({ label }) => label)
const results = (marked: string, options?: CompleteOptions) => at(marked, options).map(({ result }) => result)

describe('completion', () => {
  it('offers fields with kind and documentation where a clause may start', () => {
    for (const start of ['|', '(|', 'action: deny and |', 'not |', '((((|', 'x or (|']) {
      expect(labels(start, { limit: 500 })).toContain('source_namespace')
    }
    expect(at('dest_po|')[0]).toMatchObject({ label: 'dest_port', result: 'dest_port: ', detail: 'port' })
    expect(at('dest_po|')[0]!.doc).toMatch(/Port of the destination/)
    expect(results('action: deny and bytes_i|')).toContain('action: deny and bytes_in: ')
  })

  it('puts names that start with what was typed first and finds the rest by what they hold', () => {
    expect(labels('name|')).toContain('dest_name')
    expect(labels('DEST_n|')[0]).toBe('dest_name')
    expect(labels('n|')).toContain('not')
  })

  it('replaces the whole word that the cursor is in', () => {
    expect(results('dest_|name: x')).toContain('dest_namespace: x')
    expect(results('action: d|eny')).toEqual(['action: deny'])
  })

  it('offers operators by kind of the field', () => {
    expect(labels('dest_port |')).toEqual([':', ': *', '>', '>=', '<', '<=', 'and', 'or'])
    expect(labels('action |')).toEqual([':', ': *', 'and', 'or'])
    expect(labels('policies |')).toContain(': {')
  })

  it('offers the values of the catalogue and of the caller, with counts', () => {
    const valuesOf = () => [
      { value: 'default', count: 7 },
      { value: 'kube-system', count: 3 },
    ]
    expect(labels('action: |')).toEqual(['allow', 'deny', '*'])
    expect(labels('counts: |')).toEqual(['true', 'false', '*'])
    expect(labels('start_time > |')).toContain('now-15m')
    expect(at('source_namespace: d|', { valuesOf })).toMatchObject([{ label: 'default', detail: '7' }])
    expect(labels('source_namespace: (default or |', { valuesOf })).toEqual(['default', 'kube-system', '*'])
    expect(labels('source_namespace: (default or (not |', { valuesOf })).toContain('kube-system')
    expect(wantsValuesOf('policies: { enforced_policies: te', 33, flowLog)).toEqual({
      field: 'policies.enforced_policies',
      typed: 'te',
    })
    expect(wantsValuesOf('act', 3, flowLog)).toBeUndefined()
  })

  it('offers members within braces', () => {
    expect(labels('policies: { |')).toContain('enforced_policies')
    expect(labels('policies: { |')).not.toContain('source_namespace')
    expect(labels('policies: { all_policies: deny |')).toEqual(['and', 'or', '}'])
  })

  it('offers conjunctions after a value, and while they are typed', () => {
    expect(labels('action: deny |')).toEqual(['and', 'or'])
    expect(labels('(action: deny |')).toEqual(['and', 'or', ')'])
    expect(results('action: deny a|')).toContain('action: deny and ')
    expect(results('action: "deny" a|')).toEqual(['action: "deny" and '])
    expect(results('action: deny and|')).toContain('action: deny and ')
  })

  it('works within open quotes and brackets', () => {
    expect(results('(((action: "de|')).toEqual(['(((action: "deny"'])
    expect(results('action: "de|" and x')).toEqual(['action: "deny" and x'])
  })

  it('inserts values that mean themselves, whatever they hold', () => {
    fc.assert(
      fc.property(valuesOf(flowLog.fields.process_name), fc.boolean(), (value, isQuoted) => {
        const start = isQuoted ? 'process_name: "' : 'process_name: '
        const options = { valuesOf: () => [{ value: String(value) }] }
        const [first] = complete(start, start.length, flowLog, options)
        const text = start.slice(0, first!.replaced.from) + first!.insert
        const parsed = parseKql(text)
        if (!parsed.ok) throw new Error(`${text}: ${parsed.errors[0].message}`)
        expect(bind(parsed.filter, flowLog, { now: 0 })).toEqual({
          ok: true,
          filter: { kind: 'test', field: 'process_name', test: { kind: 'equals', text: value } },
        })
      }),
      propertyRuns(300),
    )
  })

  it('never throws, at any place of any text', () => {
    const part = fc.constantFrom(
      'action',
      ':',
      '(',
      ')',
      '{',
      '}',
      '<',
      '"',
      '\\',
      '*',
      ' ',
      ' and ',
      ' or ',
      'not ',
      'deny',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.nat(), (parts, seed) => {
        const text = parts.join('')
        const cursor = seed % (text.length + 1)
        for (const { replaced } of complete(text, cursor, flowLog)) {
          expect(replaced.from).toBeLessThanOrEqual(cursor)
          expect(replaced.to).toBeGreaterThanOrEqual(cursor)
        }
      }),
      propertyRuns(1000),
    )
  })

  it('bears deep brackets at every keystroke (C3)', () => {
    const text = `${'('.repeat(20)}action: deny${')'.repeat(20)}`
    for (let cursor = 0; cursor <= text.length; cursor++) {
      const typed = text.slice(0, cursor)
      const parsed = parseKql(typed)
      const isWhole = cursor === 0 || cursor === text.length
      expect(parsed.ok).toBe(isWhole)
      if (!parsed.ok) expect(parsed.errors[0].from).toBeLessThanOrEqual(cursor)
      const [first] = complete(typed, cursor, flowLog)
      if (cursor < text.length) expect(first).toBeDefined()
    }
  })

  it.each([
    ['brackets', (n: number) => '('.repeat(n)],
    ['closed brackets', (n: number) => `${'('.repeat(n)}action: deny${')'.repeat(n)}`],
    ['clauses', (n: number) => 'action: deny and '.repeat(n)],
    ['spaces', (n: number) => `action: a${' '.repeat(n)}`],
    ['words', (n: number) => `action: ${'or '.repeat(n)}`],
    ['an open quote', (n: number) => `action: "${'\\"'.repeat(n)}`],
  ])('costs twice the steps for twice the %s', (_, make) => {
    const steps = (text: string) => {
      const spy = vi.spyOn(String.prototype, 'charCodeAt')
      complete(text, text.length, flowLog)
      const count = spy.mock.calls.length
      spy.mockRestore()
      return count
    }
    const [once, twice] = [steps(make(1000)), steps(make(2000))]
    expect(once).toBeGreaterThan(500)
    expect(twice).toBeLessThanOrEqual(2.2 * once)
  })
})
