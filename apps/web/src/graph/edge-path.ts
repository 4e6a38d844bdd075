// The way of an edge: one cubic curve from the side of its source to the side of its destination. Connections run left to
// right; one that has to run back leaves at the left. An edge whose opposite exists is set off, so that both are seen.
import type { Point, Rect } from '@margay/graph'

export interface EdgePath {
  readonly from: Point
  readonly c1: Point
  readonly c2: Point
  readonly to: Point
}

/** Parts that a curve is cut into when distances are measured; enough for a curve of one bend. */
const cuts = 16

const setOff = 6
/** Room left before the destination for the arrow head. */
export const headLength = 8

/** Less than this between two vertices is no room for a curve from side to side. */
const leastGap = 24

/** The curve between two vertices. `hasOpposite` says that an edge runs the other way, too. */
export function edgePath(source: Rect, dest: Rect, hasOpposite: boolean): EdgePath {
  const isRight = dest.x >= source.x + source.width + leastGap
  const isLeft = source.x >= dest.x + dest.width + leastGap
  if (isRight || isLeft) return sideways(source, dest, isRight, hasOpposite ? setOff * (isRight ? 1 : -1) : 0)
  return upright(source, dest, hasOpposite ? setOff * (dest.y > source.y ? 1 : -1) : 0)
}

function sideways(source: Rect, dest: Rect, isRight: boolean, off: number): EdgePath {
  const direction = isRight ? 1 : -1
  const from = { x: isRight ? source.x + source.width : source.x, y: source.y + source.height / 2 + off }
  const side = isRight ? dest.x : dest.x + dest.width
  const to = { x: side - direction * headLength, y: dest.y + dest.height / 2 + off }
  const middle = (from.x + to.x) / 2
  return { from, c1: { x: middle, y: from.y }, c2: { x: middle, y: to.y }, to }
}

function upright(source: Rect, dest: Rect, off: number): EdgePath {
  const isBelow = dest.y >= source.y
  const direction = isBelow ? 1 : -1
  const from = { x: source.x + source.width / 2 + off, y: isBelow ? source.y + source.height : source.y }
  const to = {
    x: dest.x + dest.width / 2 + off,
    y: (isBelow ? dest.y : dest.y + dest.height) - direction * headLength,
  }
  const middle = (from.y + to.y) / 2
  return { from, c1: { x: from.x, y: middle }, c2: { x: to.x, y: middle }, to }
}

/** The point at a part of the way, 0 to 1. */
export function pointAt({ from, c1, c2, to }: EdgePath, t: number): Point {
  const u = 1 - t
  const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t]
  return { x: a * from.x + b * c1.x + c * c2.x + d * to.x, y: a * from.y + b * c1.y + c * c2.y + d * to.y }
}

/** The point that is so far from the beginning of the way, or from its end; the middle of a way that is too short. */
export function pointFrom(path: EdgePath, end: 'from' | 'to', distance: number): Point {
  for (let cut = 1; cut < cuts * 2; cut++) {
    const part = cut / (cuts * 4)
    const point = pointAt(path, end === 'from' ? part : 1 - part)
    if (Math.hypot(point.x - path[end].x, point.y - path[end].y) >= distance) return point
  }
  return pointAt(path, 0.5)
}

/** The direction at the end, as an angle. */
export const endAngle = ({ c2, to, c1 }: EdgePath): number => {
  const before = c2.x === to.x && c2.y === to.y ? c1 : c2
  return Math.atan2(to.y - before.y, to.x - before.x)
}

/** How far a point is from the curve. */
export function distanceTo(path: EdgePath, point: Point): number {
  let nearest = Infinity
  let before = path.from
  for (let cut = 1; cut <= cuts; cut++) {
    const after = pointAt(path, cut / cuts)
    nearest = Math.min(nearest, distanceToSegment(before, after, point))
    before = after
  }
  return nearest
}

function distanceToSegment(a: Point, b: Point, point: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / length))
  return Math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy)
}

/** A rectangle that holds the curve. */
export function pathBounds({ from, c1, c2, to }: EdgePath): Rect {
  const x = Math.min(from.x, c1.x, c2.x, to.x)
  const y = Math.min(from.y, c1.y, c2.y, to.y)
  return {
    x,
    y,
    width: Math.max(from.x, c1.x, c2.x, to.x) - x,
    height: Math.max(from.y, c1.y, c2.y, to.y) - y,
  }
}
