// Laws of the picture: sums do not depend on what is open, live equals built, cost is linear.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Tally } from './amounts.ts'
import { buildPicture } from './build.ts'
import { sumTallies } from './detail.ts'
import { createGroupTable } from './group-table.ts'
import { createLiveOverlay } from './live.ts'
import { mergeReporters } from './merge.ts'
import { anyRows, propertyRuns } from './testing/arbitrary.ts'
import { conversationsOf, flow, pictureOf, tableOf } from './testing/rows.ts'
import { defaultView, viewLevels } from './view.ts'

const runs = { numRuns: propertyRuns }
const withoutSteps = (rows: ReturnType<typeof pictureOf>) => {
  const { vertices, edges, boxes, total, hidden, aggregated } = rows
  const byId = <T extends { id: string }>(list: readonly T[]) => [...list].sort((a, b) => (a.id < b.id ? -1 : 1))
  return { vertices: byId(vertices), edges: byId(edges), boxes: byId(boxes), total, hidden, aggregated }
}

describe('totals', () => {
  it('are the same at every level, and are the sum of what is drawn, inside and hidden', () => {
    fc.assert(
      fc.property(anyRows, fc.boolean(), (rows, infrastructure) => {
        const pictures = viewLevels.map((level) => pictureOf(rows, { level, infrastructure }))
        for (const { total, edges, vertices, hidden } of pictures) {
          expect(total).toEqual(pictures[0]!.total)
          const parts = [...edges.map(({ tally }) => tally), ...vertices.map(({ inside }) => inside), hidden.tally]
          expect(sumTallies(parts)).toEqual(total)
        }
      }),
      runs,
    )
  })

  it('equal the sum of the counted rows where every denial is counted', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const counted = rows.filter(({ counts, reporter }) => counts === true && reporter !== 'fwd')
        const sum = counted.reduce((all, row) => all + Number(row['num_flows']), 0)
        expect(pictureOf(counted).total.total.connections).toBe(sum)
      }),
      runs,
    )
  })

  it('are what was allowed and what was denied at either end, no connection twice', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const { total, edges } = pictureOf(rows, { level: 'pod' })
        for (const tally of [total, ...edges.map((edge) => edge.tally)]) {
          const { allowed, deniedAtSource, deniedAtDestination } = tally
          for (const measure of ['connections', 'packets', 'sent', 'received'] as const) {
            const parts = allowed[measure] + deniedAtSource[measure] + deniedAtDestination[measure]
            expect(parts).toBe(tally.total[measure])
          }
        }
      }),
      runs,
    )
  })

  it('have shares within 0 and 1 and never a negative amount', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        for (const { deniedShare, tally } of pictureOf(rows, { level: 'pod' }).edges) {
          expect(deniedShare).toBeGreaterThanOrEqual(0)
          expect(deniedShare).toBeLessThanOrEqual(1)
          const amounts = Object.values(tally).flatMap((part) => Object.values(part as Tally['total']))
          expect(Math.min(...amounts)).toBeGreaterThanOrEqual(0)
        }
      }),
      runs,
    )
  })
})

describe('edges', () => {
  it('lead nowhere that is not drawn, and no two vertices share an id', () => {
    fc.assert(
      fc.property(anyRows, fc.constantFrom(...viewLevels), (rows, level) => {
        const { vertices, edges } = pictureOf(rows, { level })
        const ids = new Set(vertices.map(({ id }) => id))
        expect(ids.size).toBe(vertices.length)
        for (const { source, dest } of edges) expect(ids.has(source) && ids.has(dest)).toBe(true)
      }),
      runs,
    )
  })
})

describe('live rows', () => {
  it('added one by one give the graph that all rows give', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(60), (rows, cut) => {
        const overlay = createLiveOverlay()
        for (const row of rows.slice(cut)) overlay.addLasting([row])
        const live = mergeReporters([tableOf(rows.slice(0, cut)), ...overlay.tables])
        const view = { ...defaultView, level: 'pod' } as const
        expect(withoutSteps(buildPicture(live, view))).toEqual(withoutSteps(buildPicture(conversationsOf(rows), view)))
      }),
      runs,
    )
  })

  it('that are provisional vanish once their lasting rows are there', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const overlay = createLiveOverlay()
        overlay.addProvisional(rows, 100)
        overlay.addLasting(rows)
        expect(withoutSteps(buildPicture(mergeReporters(overlay.tables), defaultView))).toEqual(
          withoutSteps(pictureOf(rows)),
        )
      }),
      runs,
    )
  })

  it('that are provisional end by age where no lasting row comes', () => {
    const overlay = createLiveOverlay()
    overlay.addProvisional([flow('a/x', 'b/y')], 100)
    expect(overlay.expire(110)).toBe(false)
    expect(overlay.expire(126)).toBe(true)
    expect(buildPicture(mergeReporters(overlay.tables), defaultView).edges).toEqual([])
  })
})

describe('columns', () => {
  it('fill a table as their rows would', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const fields = [...new Set(rows.flatMap(Object.keys))]
        const columns = Object.fromEntries(
          fields.map((field) => [field, { values: rows.map((row) => row[field]), codes: rows.map((_, at) => at) }]),
        )
        const table = createGroupTable()
        table.addColumns(columns, rows.length)
        const rowByRow = tableOf(rows)
        expect([table.length, table.sums]).toEqual([rowByRow.length, rowByRow.sums])
        const texts = (of: typeof table) =>
          Array.from({ length: of.length }, (_, at) => of.texts[of.codes.dest_name_aggr[at]!])
        expect(texts(table)).toEqual(texts(rowByRow))
      }),
      runs,
    )
  })
})

describe('cost', () => {
  const world = (groups: number) =>
    Array.from({ length: groups }, (_, at) =>
      flow(`n${at % 40}/w${at % 997}`, `n${at % 7}/w${(at * 31) % 1009}`, { dest_port: at % 50 }),
    )
  it('grows as the groups do', () => {
    const steps = (groups: number) => {
      const conversations = conversationsOf(world(groups))
      return conversations.steps + buildPicture(conversations, defaultView).steps
    }
    expect(steps(8000)).toBeGreaterThan(8000)
    expect(steps(8000) / steps(4000)).toBeLessThanOrEqual(2.2)
  })
})
