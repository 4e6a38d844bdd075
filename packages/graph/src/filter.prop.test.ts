// Law of the selection: the records that a vertex or an edge asks for are exactly those that it stands for (F4).
import { flowLog, type Row } from '@margay/model'
import { bind, compileMatch, parseKql, printKql } from '@margay/query'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { endFilter, selectionFilter } from './filter.ts'
import { anyRows, propertyRuns } from './testing/arbitrary.ts'
import { pictureOf } from './testing/rows.ts'

/** Each record by itself: counted, and seen by its source, so that it is an edge of its own. */
const alone = (row: Row): Row => ({ ...row, reporter: 'src', counts: true, num_flows: 1 })

const options = { now: 0, zone: 'UTC' } as const

/** The rows that a selection finds once its filter went through the text of a query. */
function found(id: string, rows: readonly Row[]): readonly Row[] {
  const parsed = parseKql(printKql(selectionFilter(id)!))
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  const bound = bind(parsed.filter, flowLog, options)
  if (!bound.ok) throw new Error(bound.errors[0].message)
  const matches = compileMatch(bound.filter, flowLog)
  return rows.filter((row) => matches(row))
}

it.each(['namespace', 'workload', 'pod'] as const)(
  'finds what an edge stands for, all of it and nothing else, at the level %s',
  (level) => {
    fc.assert(
      fc.property(anyRows, (given) => {
        // Hosts are told apart by process and addresses by name; the rest has no such finer level here.
        const rows = given.map(alone).filter(({ source_type: a, dest_type: b }) => a !== 'hep' && b !== 'hep')
        const view = { level, infrastructure: true, all: true }
        const { edges } = pictureOf(rows, view)
        for (const { id, source, tally } of edges) {
          // An open workload that holds pods also stands for the records that name none.
          if (level === 'pod') expect(found(id, rows).length).toBeGreaterThanOrEqual(tally.total.connections)
          else expect(found(id, rows), id).toHaveLength(tally.total.connections)
          expect(endFilter(source, 'source')).toBeDefined()
        }
      }),
      { numRuns: propertyRuns },
    )
  },
)
