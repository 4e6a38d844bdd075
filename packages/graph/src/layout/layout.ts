// The layout of a picture. From nothing it is layered: boxes first inside, then among each other. With known positions it is
// still: whatever has a position keeps it, and what is new takes the nearest free place to its neighbours. What must stay
// true, whatever the seed: no two vertices overlap, and a known vertex moves only if its place was taken twice.
import { bounds, createPlane, inflate } from './geometry.ts'
import type { Plane, Point, Rect, Size } from './geometry.ts'
import { layered } from './layered.ts'
import type { Link, Spacing } from './layered.ts'

export interface LayoutVertex extends Size {
  readonly id: string
  readonly box: string | undefined
}

export interface LayoutEdge {
  readonly source: string
  readonly dest: string
}

export interface LayoutInput {
  readonly vertices: readonly LayoutVertex[]
  readonly edges: readonly LayoutEdge[]
  /** Known positions by id: vertices, and boxes as the place where they or their closed vertex stood. */
  readonly seed: ReadonlyMap<string, Point>
  /** Ids that a person put where they are; they are placed before any other. */
  readonly pinned: ReadonlySet<string>
}

export interface LayoutResult {
  readonly positions: ReadonlyMap<string, Point>
  readonly boxes: ReadonlyMap<string, Rect>
  readonly steps: number
}

/** Room around vertices that others keep out of. */
export const vertexGap = 16
/** Room inside a box around its members; above it is more, for the label. */
export const boxPadding = { side: 12, top: 30, bottom: 14 }

const inside: Spacing = { column: 52, row: 22, aspect: 0.8, leastColumns: 3 }
const among: Spacing = { column: 76, row: 28, aspect: 1.7, leastColumns: 3 }

/** Places every vertex. */
export function layoutGraph(input: LayoutInput): LayoutResult {
  const units = unitsOf(input.vertices)
  const isKnown = ({ members }: Unit) => members.some(({ id }) => input.seed.has(id))
  const placed = units.some(isKnown) ? placeStill(input, units) : placeFresh(input, units)
  return { ...placed, boxes: boxRects(input.vertices, placed.positions) }
}

/** What is placed as one: a box with its members, or a vertex on its own. */
interface Unit {
  readonly box: string | undefined
  readonly members: readonly LayoutVertex[]
}

function unitsOf(vertices: readonly LayoutVertex[]): Unit[] {
  const boxes = new Map<string, LayoutVertex[]>()
  const units: Unit[] = []
  for (const vertex of vertices) {
    const members = vertex.box === undefined ? undefined : boxes.get(vertex.box)
    if (members) {
      members.push(vertex)
      continue
    }
    const own = [vertex]
    if (vertex.box !== undefined) boxes.set(vertex.box, own)
    units.push({ box: vertex.box, members: own })
  }
  return units
}

/** A unit's members placed among themselves, from 0, 0, and the size of the whole with the box around it. */
interface InnerLayout extends Size {
  readonly points: readonly Point[]
  readonly steps: number
}

function layoutInside({ box, members }: Unit, edges: readonly LayoutEdge[]): InnerLayout {
  const { points, size, steps } = layered(members, linksAmong(members, edges), inside)
  if (box === undefined) return { points, ...size, steps }
  const { side, top, bottom } = boxPadding
  return {
    points: points.map(({ x, y }) => ({ x: x + side, y: y + top })),
    width: size.width + 2 * side,
    height: size.height + top + bottom,
    steps,
  }
}

function linksAmong(members: readonly LayoutVertex[], edges: readonly LayoutEdge[]): Link[] {
  if (members.length < 2) return []
  const numbers = new Map(members.map(({ id }, at) => [id, at]))
  return edges.flatMap(({ source, dest }) => {
    const [from, to] = [numbers.get(source), numbers.get(dest)]
    return from === undefined || to === undefined ? [] : [{ source: from, dest: to }]
  })
}

/** Edges within one box, by box: each edge is looked at once, not once a box. */
function edgesByBox({ vertices, edges }: LayoutInput): ReadonlyMap<string, readonly LayoutEdge[]> {
  const boxOf = new Map(vertices.map(({ id, box }) => [id, box]))
  const byBox = new Map<string, LayoutEdge[]>()
  for (const edge of edges) {
    const box = boxOf.get(edge.source)
    if (box === undefined || box !== boxOf.get(edge.dest)) continue
    const known = byBox.get(box)
    if (known) known.push(edge)
    else byBox.set(box, [edge])
  }
  return byBox
}

const innerEdges = (byBox: ReadonlyMap<string, readonly LayoutEdge[]>, { box }: Unit) =>
  box === undefined ? [] : (byBox.get(box) ?? [])

function placeFresh(input: LayoutInput, units: readonly Unit[]): Omit<LayoutResult, 'boxes'> {
  const byBox = edgesByBox(input)
  const inner = units.map((unit) => layoutInside(unit, innerEdges(byBox, unit)))
  const unitOf = new Map(units.flatMap(({ members }, at) => members.map(({ id }) => [id, at] as const)))
  const links = input.edges.flatMap(({ source, dest }) => {
    const [from, to] = [unitOf.get(source), unitOf.get(dest)]
    return from === undefined || to === undefined || from === to ? [] : [{ source: from, dest: to }]
  })
  const outer = layered(inner, links, among)
  const positions = new Map<string, Point>()
  units.forEach((unit, at) => settle(positions, unit, inner[at]!, outer.points[at]!))
  return { positions, steps: outer.steps + inner.reduce((sum, { steps }) => sum + steps, 0) }
}

function settle(positions: Map<string, Point>, { members }: Unit, { points }: InnerLayout, at: Point): void {
  members.forEach(({ id }, index) => {
    const point = points[index]!
    positions.set(id, { x: at.x + point.x, y: at.y + point.y })
  })
}

function placeStill(input: LayoutInput, units: readonly Unit[]): Omit<LayoutResult, 'boxes'> {
  const positions = new Map<string, Point>()
  const vertexPlane = createPlane()
  keepKnown(input, positions, vertexPlane)
  const unitPlane = createPlane()
  for (const unit of units) {
    const frame = frameOf(unit, positions)
    if (frame) unitPlane.add(frame)
  }
  const byBox = edgesByBox(input)
  const wish = createWishes(input, positions)
  for (const unit of units) {
    const isNew = unit.members.every(({ id }) => !positions.has(id))
    if (isNew) placeUnit(unit, layoutInside(unit, innerEdges(byBox, unit)))
    else addMembers(unit)
  }
  return { positions, steps: vertexPlane.steps + unitPlane.steps + input.edges.length + input.vertices.length }

  function placeUnit(unit: Unit, inner: InnerLayout): void {
    const seed = unit.box === undefined ? undefined : input.seed.get(unit.box)
    const room = unitPlane.nearest(grow(inner), shrinkPoint(seed ?? wish(unit.members)))
    const at = { x: room.x + vertexGap, y: room.y + vertexGap }
    settle(positions, unit, inner, at)
    for (const vertex of unit.members) vertexPlane.add({ ...vertex, ...positions.get(vertex.id)! })
    unitPlane.add({ ...inner, ...at })
  }

  /** New members stand in their box: where it has room, or where growing it covers nobody. */
  function addMembers(unit: Unit): void {
    const missing = unit.members.filter(({ id }) => !positions.has(id))
    if (missing.length === 0) return
    const foreign = createPlane()
    for (const other of units) {
      const frame = other === unit ? undefined : frameOf(other, positions)
      if (frame) foreign.add(frame)
    }
    for (const vertex of missing) {
      const own = frameOf(unit, positions)!
      const point = roomInBox(own, vertex, vertexPlane, foreign) ?? nearestFree(vertexPlane, vertex, wish([vertex]))
      positions.set(vertex.id, point)
      vertexPlane.add({ ...vertex, ...point })
    }
    unitPlane.add(frameOf(unit, positions)!)
  }
}

const grow = ({ width, height }: Size): Size => ({ width: width + 2 * vertexGap, height: height + 2 * vertexGap })
const shrinkPoint = ({ x, y }: Point): Point => ({ x: x - vertexGap, y: y - vertexGap })

function nearestFree(plane: Plane, size: Size, wish: Point): Point {
  const room = plane.nearest(grow(size), shrinkPoint(wish))
  return { x: room.x + vertexGap, y: room.y + vertexGap }
}

/** Keeps every known position unless an earlier one covers it; pinned ones are earlier than all others. */
function keepKnown({ vertices, seed, pinned }: LayoutInput, positions: Map<string, Point>, plane: Plane): void {
  const known = vertices.filter(({ id }) => isPoint(seed.get(id)))
  const [byHand, others] = [known.filter(({ id }) => pinned.has(id)), known.filter(({ id }) => !pinned.has(id))]
  for (const vertex of [...byHand, ...others]) {
    const { x, y } = seed.get(vertex.id)!
    const rect: Rect = { x, y, width: vertex.width, height: vertex.height }
    if (!plane.isFree(rect)) continue
    positions.set(vertex.id, { x, y })
    plane.add(rect)
  }
}

const isPoint = (point: Point | undefined) => point !== undefined && Math.abs(point.x) < 1e7 && Math.abs(point.y) < 1e7

/** Where new vertices would like to stand: right of what calls them, left of what they call. */
function createWishes({ vertices, edges }: LayoutInput, positions: ReadonlyMap<string, Point>) {
  const step = Math.max(120, ...vertices.map(({ width }) => width)) + among.column
  const neighbours = new Map<string, { readonly id: string; readonly dx: number }[]>()
  const note = (of: string, id: string, dx: number) => {
    const known = neighbours.get(of)
    if (known) known.push({ id, dx })
    else neighbours.set(of, [{ id, dx }])
  }
  for (const { source, dest } of edges) {
    note(dest, source, step)
    note(source, dest, -step)
  }
  return (members: readonly LayoutVertex[]): Point => {
    let [x, y, count] = [0, 0, 0]
    for (const { id } of members) {
      for (const neighbour of neighbours.get(id) ?? []) {
        const at = positions.get(neighbour.id)
        if (!at) continue
        x += at.x + neighbour.dx
        y += at.y
        count++
      }
    }
    return count > 0 ? { x: Math.round(x / count), y: Math.round(y / count) } : { x: 0, y: 0 }
  }
}

/** Cells tried in and around a box before its frame may cover something else. */
const mostCellsAround = 4

function roomInBox(own: Rect, vertex: LayoutVertex, vertices: Plane, foreign: Plane): Point | undefined {
  const { side, top } = boxPadding
  const [dx, dy] = [vertex.width + inside.column, vertex.height + inside.row]
  const columns = Math.ceil(own.width / dx) + mostCellsAround
  const rows = Math.ceil(own.height / dy) + mostCellsAround
  for (const [column, row] of cellsOutward(columns, rows)) {
    const point = { x: own.x + side + column * dx, y: own.y + top + row * dy }
    const rect = { ...point, width: vertex.width, height: vertex.height }
    if (vertices.isFree(inflate(rect, vertexGap / 2)) && foreign.isFree(around(own, rect))) return point
  }
  return undefined
}

/** A box once it has grown by a member. */
function around(own: Rect, member: Rect): Rect {
  const { side, bottom } = boxPadding
  return bounds([own, { ...member, width: member.width + side, height: member.height + bottom }])!
}

/** Cells of a grid from its corner outward, so that a box grows by as little as it can. */
function cellsOutward(columns: number, rows: number): (readonly [number, number])[] {
  const cells = Array.from({ length: columns * rows }, (_, at) => [at % columns, Math.floor(at / columns)] as const)
  return cells.sort((a, b) => Math.max(a[0], a[1]) - Math.max(b[0], b[1]) || a[1] - b[1] || a[0] - b[0])
}

/** The rectangle that a box takes around its members; a vertex without a box takes its own. */
function frame(box: string | undefined, members: readonly Rect[]): Rect {
  const { x, y, width, height } = bounds(members)!
  if (box === undefined) return { x, y, width, height }
  const { side, top, bottom } = boxPadding
  return { x: x - side, y: y - top, width: width + 2 * side, height: height + top + bottom }
}

function frameOf({ box, members }: Unit, positions: ReadonlyMap<string, Point>): Rect | undefined {
  const rects = members.flatMap(({ id, width, height }) => {
    const at = positions.get(id)
    return at ? [{ ...at, width, height }] : []
  })
  return rects.length > 0 ? frame(box, rects) : undefined
}

function boxRects(vertices: readonly LayoutVertex[], positions: ReadonlyMap<string, Point>): Map<string, Rect> {
  const boxes = unitsOf(vertices).flatMap((unit) => {
    const rect = unit.box === undefined ? undefined : frameOf(unit, positions)
    return rect ? [[unit.box!, rect] as const] : []
  })
  return new Map(boxes)
}

/** Where a dragged vertex comes to rest: where it was dropped, or the nearest place that covers no other vertex. */
export function dropPoint(vertex: LayoutVertex, wish: Point, others: Iterable<Rect>): Point {
  const plane = createPlane()
  for (const other of others) plane.add(other)
  return plane.isFree({ ...wish, width: vertex.width, height: vertex.height }) ? wish : nearestFree(plane, vertex, wish)
}
