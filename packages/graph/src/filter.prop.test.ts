// Law of the selection: the records that a vertex or an edge asks for are exactly those that it stands for (F4).
import { flowLog, type Row } from '@margay/model'
import { bind, compileMatch, parseKql, printKql } from '@margay/query'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { sumTallies } from './detail.ts'
import { endFilter, selectionFilter } from './filter.ts'
import { anyRows, propertyRuns } from './testing/arbitrary.ts'
import { conversationsOf, pictureOf } from './testing/rows.ts'

/** Each record by itself: counted, and seen by its source, so that it is an edge of its own. */
const alone = (row: Row): Row => ({ ...row, reporter: 'src', counts: true, num_flows: 1 })

const options = { now: 0, zone: 'UTC' } as const

type Level = 'namespace' | 'service' | 'workload' | 'pod'

const treeOf = (rows: readonly Row[], level: Level) =>
  conversationsOf(rows, { services: level === 'service' }).hierarchy

/** The rows that a selection finds once its filter went through the text of a query. */
function found(id: string, rows: readonly Row[], level: Level): readonly Row[] {
  const parsed = parseKql(printKql(selectionFilter(id, treeOf(rows, level))!))
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  const bound = bind(parsed.filter, flowLog, options)
  if (!bound.ok) throw new Error(bound.errors[0].message)
  const matches = compileMatch(bound.filter, flowLog)
  return rows.filter((row) => matches(row))
}

const levels = ['namespace', 'service', 'workload', 'pod'] as const

it.each(levels)('finds what an edge stands for, all of it and nothing else, at the level %s', (level) => {
  fc.assert(
    fc.property(anyRows, (given) => {
      // Hosts are told apart by process and addresses by name; the rest has no such finer level here.
      const rows = given.map(alone).filter(({ source_type: a, dest_type: b }) => a !== 'hep' && b !== 'hep')
      const view = { level, infrastructure: true, all: true }
      const { edges } = pictureOf(rows, view)
      for (const { id, source, tally } of edges) {
        // An open workload that holds pods also stands for the records that name none.
        if (level === 'pod') expect(found(id, rows, level).length).toBeGreaterThanOrEqual(tally.total.connections)
        else expect(found(id, rows, level), id).toHaveLength(tally.total.connections)
        expect(endFilter(source, 'source')).toBeDefined()
      }
    }),
    { numRuns: propertyRuns },
  )
})

it.each(levels)('finds with a vertex all of its edges, and what it says to itself, at the level %s', (level) => {
  fc.assert(
    fc.property(anyRows, (given) => {
      const rows = given.map(alone)
      const { edges, vertices } = pictureOf(rows, { level, infrastructure: true, all: true })
      for (const { id, inside } of vertices) {
        const mine = edges.filter(({ source, dest }) => source === id || dest === id).map(({ tally }) => tally)
        const { connections } = sumTallies([...mine, inside]).total
        expect(found(id, rows, level).length, id).toBeGreaterThanOrEqual(connections)
      }
    }),
    { numRuns: propertyRuns },
  )
})

it('asks for nobody where a service that is a source is not in the tree', () => {
  const rows = [alone({ source_type: 'wep', source_namespace: 'shop', source_name_aggr: 'cart' })]
  expect(found('service/shop/cart > namespace/shop', rows, 'workload')).toEqual([])
})

it('asks for a set of no namespace without those of its name in one', () => {
  const rows = ['-', 'shop'].map((dest_namespace) =>
    alone({
      source_type: 'wep',
      source_namespace: 'shop',
      dest_type: 'ns',
      dest_namespace,
      dest_name_aggr: 'partners',
    }),
  )
  expect(found('namespace/shop > set//partners', rows, 'namespace')).toEqual([rows[0]])
  expect(found('set//partners', rows, 'namespace')).toEqual([rows[0]])
  expect(found('set/shop/partners', rows, 'namespace')).toEqual([rows[1]])
})
