// Laws of the layout: nothing overlaps whatever was there before, and what was there stays.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../testing/arbitrary.ts'
import { overlaps } from './geometry.ts'
import type { Point, Rect } from './geometry.ts'
import { dropPoint, layoutGraph } from './layout.ts'
import type { LayoutInput, LayoutResult, LayoutVertex } from './layout.ts'

const runs = { numRuns: propertyRuns }
const point = fc.record({ x: fc.integer({ min: -2000, max: 2000 }), y: fc.integer({ min: -2000, max: 2000 }) })

const anyGraph = fc.integer({ min: 1, max: 40 }).chain((count) =>
  fc.record({
    vertices: fc.array(
      fc.record({
        box: fc.constantFrom(undefined, undefined, 'b0', 'b1', 'b2'),
        width: fc.integer({ min: 60, max: 220 }),
      }),
      { minLength: count, maxLength: count },
    ),
    edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 80 }),
    seed: fc.array(fc.option(point, { nil: undefined }), { minLength: count, maxLength: count }),
    boxSeed: fc.option(point, { nil: undefined }),
  }),
)
type AnyGraph = typeof anyGraph extends fc.Arbitrary<infer T> ? T : never

function input({ vertices, edges, seed, boxSeed }: AnyGraph, withSeed: boolean): LayoutInput {
  const known = seed.flatMap((at, index) => (at && withSeed ? [[`v${index}`, at] as const] : []))
  return {
    vertices: vertices.map(({ box, width }, index) => ({ id: `v${index}`, box, width, height: 38 })),
    edges: edges.map(([from, to]) => ({ source: `v${from}`, dest: `v${to}` })),
    seed: new Map<string, Point>([...known, ...(boxSeed && withSeed ? [['b0', boxSeed] as const] : [])]),
    pinned: new Set(),
  }
}

const rectOf = (vertex: LayoutVertex, result: LayoutResult): Rect => ({
  ...vertex,
  ...result.positions.get(vertex.id)!,
})

function expectNoOverlap(given: LayoutInput, result: LayoutResult): void {
  expect(result.positions.size).toBe(given.vertices.length)
  const rects = given.vertices.map((vertex) => rectOf(vertex, result))
  rects.forEach((a, at) => rects.slice(at + 1).forEach((b) => expect(overlaps(a, b)).toBe(false)))
}

describe('layout', () => {
  it('from nothing overlaps no vertices and no boxes', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const given = input(graph, false)
        const result = layoutGraph(given)
        expectNoOverlap(given, result)
        const outer = [
          ...result.boxes.values(),
          ...given.vertices.filter(({ box }) => !box).map((v) => rectOf(v, result)),
        ]
        outer.forEach((a, at) => outer.slice(at + 1).forEach((b) => expect(overlaps(a, b)).toBe(false)))
      }),
      runs,
    )
  })

  it('overlaps no vertices whatever positions were saved', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const given = input(graph, true)
        expectNoOverlap(given, layoutGraph(given))
      }),
      runs,
    )
  })

  it('keeps every vertex where it was when others come and go', () => {
    fc.assert(
      fc.property(anyGraph, anyGraph, (graph, later) => {
        const before = layoutGraph(input(graph, false))
        const given = { ...input(later, false), seed: before.positions }
        // A vertex that changed its size may have to move; the others may not.
        const sized = given.vertices.map((vertex) => ({ ...vertex, width: 100 }))
        const first = layoutGraph({
          ...input(graph, false),
          vertices: input(graph, false).vertices.map((v) => ({ ...v, width: 100 })),
        })
        const after = layoutGraph({ ...given, vertices: sized, seed: first.positions })
        for (const [id, at] of first.positions) {
          if (after.positions.has(id)) expect(after.positions.get(id)).toEqual(at)
        }
        expectNoOverlap({ ...given, vertices: sized }, after)
      }),
      runs,
    )
  })

  it('keeps what was dragged, even where something else was saved there', () => {
    const vertices = ['a', 'b'].map((id) => ({ id, box: undefined, width: 100, height: 38 }))
    const at = { x: 5, y: 5 }
    const result = layoutGraph({
      vertices,
      edges: [],
      seed: new Map([
        ['a', at],
        ['b', at],
      ]),
      pinned: new Set(['b']),
    })
    expect(result.positions.get('b')).toEqual(at)
    expect(result.positions.get('a')).not.toEqual(at)
  })

  it('opens a box beside what stands, moving nobody', () => {
    const lone = Array.from({ length: 30 }, (_, at) => ({ id: `l${at}`, box: undefined, width: 100, height: 38 }))
    const edges = lone.slice(1).map(({ id }, at) => ({ source: `l${Math.floor(at / 3)}`, dest: id }))
    const before = layoutGraph({ vertices: lone, edges, seed: new Map(), pinned: new Set() })
    const members = Array.from({ length: 9 }, (_, at) => ({ id: `m${at}`, box: 'l7', width: 100, height: 38 }))
    const rest = lone.filter(({ id }) => id !== 'l7')
    const given = { vertices: [...rest, ...members], edges, seed: before.positions, pinned: new Set<string>() }
    const after = layoutGraph(given)
    for (const { id } of rest) expect(after.positions.get(id)).toEqual(before.positions.get(id))
    expectNoOverlap(given, after)
    for (const vertex of rest) expect(overlaps(after.boxes.get('l7')!, rectOf(vertex, after))).toBe(false)
  })

  it('puts callers left of what they call', () => {
    const vertices = ['db', 'api', 'web'].map((id) => ({ id, box: undefined, width: 100, height: 38 }))
    const edges = [
      { source: 'web', dest: 'api' },
      { source: 'api', dest: 'db' },
    ]
    const { positions } = layoutGraph({ vertices, edges, seed: new Map(), pinned: new Set() })
    const x = (id: string) => positions.get(id)!.x
    expect(x('web')).toBeLessThan(x('api'))
    expect(x('api')).toBeLessThan(x('db'))
  })

  it('drops a dragged vertex beside what it was dropped on', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), point, (others, wish) => {
        const rects = others.map((at) => ({ ...at, width: 120, height: 38 }))
        const vertex = { id: 'v', box: undefined, width: 100, height: 38 }
        const rest = { ...dropPoint(vertex, wish, rects), width: 100, height: 38 }
        expect(rects.some((rect) => overlaps(rect, rest))).toBe(false)
      }),
      runs,
    )
  })

  it('costs in proportion to the graph', () => {
    const grid = (count: number): LayoutInput => ({
      vertices: Array.from({ length: count }, (_, at) => ({
        id: `v${at}`,
        box: at % 3 ? `b${at % 40}` : undefined,
        width: 100,
        height: 38,
      })),
      edges: Array.from({ length: count * 4 }, (_, at) => ({
        source: `v${at % count}`,
        dest: `v${(at * 13 + 7) % count}`,
      })),
      seed: new Map(),
      pinned: new Set(),
    })
    expect(layoutGraph(grid(2000)).steps / layoutGraph(grid(1000)).steps).toBeLessThanOrEqual(2.2)
  })
})
