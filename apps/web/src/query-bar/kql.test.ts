import { dnsLog, flowLog, type Row } from '@margay/model'
import { bind, compileMatch, parseKql } from '@margay/query'
import { describe, expect, it } from 'vitest'
import { cellFilter } from '../log-table/cell-filter.ts'
import { columnsOf } from '../log-table/columns.ts'
import { composeQuery, pill, toggleOff, type Pill } from '../view/pill.ts'
import { kqlProblems, queryProblem } from './kql.ts'

const now = 1_793_000_000

function rowsOf(pills: readonly Pill[], rows: readonly Row[]): readonly Row[] {
  const parsed = parseKql(composeQuery('', pills))
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  const bound = bind(parsed.filter, flowLog, { now })
  if (!bound.ok) throw new Error(bound.errors[0].message)
  return rows.filter(compileMatch(bound.filter, flowLog))
}

describe('a clicked cell', () => {
  const names = [
    'C:\\dir\\',
    'say "hi"',
    'a:b (c) {d}',
    'x*y',
    '<b>&amp;</b>',
    'or',
    '-',
    '*',
    ' spaced ',
    'a\\"b',
    'é\n',
    '070',
  ]
  const rows: readonly Row[] = [{}, ...names.map((name): Row => ({ process_name: name }))]
  const [column] = columnsOf(flowLog, ['process_name'])

  it.each(rows)('of %j keeps only its row, and out leaves all others', (row) => {
    expect(rowsOf([cellFilter(column!, row, false)], rows)).toEqual([row])
    expect(rowsOf([cellFilter(column!, row, true)], rows)).toEqual(rows.filter((other) => other !== row))
  })

  it('never writes what stands for nothing in JavaScript', () =>
    expect(composeQuery('', [cellFilter(column!, {}, false)])).toBe('not (process_name: *)'))

  it('of two fields asks for both, and out leaves only rows that have both', () => {
    const [both] = columnsOf(flowLog, ['source_namespace', 'source_name_aggr'])
    const pair = (namespace: string, name: string): Row => ({ source_namespace: namespace, source_name_aggr: name })
    const rows = [pair('a', 'x'), pair('a', 'y'), pair('b', 'x'), {}]
    expect(rowsOf([cellFilter(both!, rows[0]!, false)], rows)).toEqual([rows[0]])
    expect(rowsOf([cellFilter(both!, rows[0]!, true)], rows)).toEqual(rows.slice(1))
    expect(rowsOf([cellFilter(both!, rows[3]!, false)], rows)).toEqual([rows[3]])
  })

  it.each<[string, Row]>([
    ['bytes_in', { bytes_in: 18_446_744_073_709_551_615n }],
    ['dest_domains', { dest_domains: ['a.test', 'b.test'] }],
    ['source_ip', { source_ip: 'fd77::1' }],
    ['start_time', { start_time: now }],
    ['counts', { counts: false }],
    ['policies.enforced_policies', { 'policies.enforced_policies': ['0|app|shop/app.a|deny|-1'] }],
  ])('of %s finds its row', (name, row) => {
    const [column] = columnsOf(flowLog, [name])
    expect(rowsOf([cellFilter(column!, row, false)], [row, {}])).toEqual([row])
  })
})

describe('what cannot be asked', () => {
  it('is said with its place', () =>
    expect(kqlProblems('flows', 'action: deny and nspace: x', 'UTC', now)[0]).toMatchObject({ from: 17, to: 23 }))

  it('is a query whose bracket only a pill would close', () =>
    expect(queryProblem('flows', 'proto: tcp) or (proto: udp', [pill('action: deny')], 'UTC', now)).toBeDefined())

  it('is a pill that is on, named by its clause', () => {
    const wrong = pill('client_ip: 1')
    expect(queryProblem('flows', '', [wrong], 'UTC', now)?.message).toContain('client_ip: 1')
    expect(queryProblem('flows', '', [toggleOff(wrong)], 'UTC', now)).toBeUndefined()
    expect(queryProblem(dnsLog.name, '', [pill('qname: "x.test"')], 'UTC', now)).toBeUndefined()
  })
})

describe('a query that cannot be asked', () => {
  it.each([
    ['flows', 'write, for example, action: allow, or action: (allow or deny)'],
    ['dns', 'write, for example, '],
    ['objects', 'write, for example, change: present, or change: (present or added)'],
  ])('of the log %s comes with an example that can', (log, begin) => {
    const hint = queryProblem(log, 'action: (', [], 'UTC', now)?.hint ?? ''
    expect(hint).toContain(begin)
    const [example = '', other = ''] = hint.replace('write, for example, ', '').split(', or ')
    expect(kqlProblems(log, example, 'UTC', now)).toEqual([])
    expect(kqlProblems(log, other, 'UTC', now)).toEqual([])
  })

  it('keeps the cure that is its own', () =>
    expect(queryProblem('flows', 'action: "deny', [], 'UTC', now)?.hint).toBe('write " at the end of the value'))
})
