// Rectangles, and a plane that answers "is this place free" in about constant time. Points are top left corners, in pixels
// of the picture at zoom 1.

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Rect extends Point, Size {}

export const overlaps = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

export const inflate = ({ x, y, width, height }: Rect, by: number): Rect => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
})

/** The smallest rectangle around several; undefined around none. */
export function bounds(rects: Iterable<Rect>): Rect | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { x, y, width, height } of rects) {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + width)
    bottom = Math.max(bottom, y + height)
  }
  return left === Infinity ? undefined : { x: left, y: top, width: right - left, height: bottom - top }
}

/** Side of the plane's cells: about one vertex. */
const cell = 160

/** Taken places. Rectangles that lie in one cell are compared one by one, all others never. */
export interface Plane {
  add(rect: Rect): void
  isFree(rect: Rect): boolean
  /** Nearest free place of a size to a wish, in rings around it; below everything where the rings are full. */
  nearest(size: Size, wish: Point): Point
  readonly steps: number
}

/** Rings searched before the bottom is taken; each is half a vertex further out. */
const mostRings = 80

export function createPlane(): Plane {
  const cells = new Map<string, Rect[]>()
  let bottom = 0
  let left = 0
  let steps = 0
  const plane: Plane = {
    get steps() {
      return steps
    },
    add(rect) {
      bottom = Math.max(bottom, rect.y + rect.height)
      left = Math.min(left, rect.x)
      for (const key of cellsOf(rect)) {
        const there = cells.get(key)
        if (there) there.push(rect)
        else cells.set(key, [rect])
      }
    },
    isFree(rect) {
      for (const key of cellsOf(rect)) {
        for (const other of cells.get(key) ?? []) {
          steps++
          if (overlaps(rect, other)) return false
        }
      }
      return true
    },
    nearest(size, wish) {
      for (let ring = 0; ring < mostRings; ring++) {
        for (const point of ringAround(wish, ring, size)) {
          steps++
          if (plane.isFree({ ...point, ...size })) return point
        }
      }
      return { x: left, y: bottom + size.height }
    },
  }
  return plane
}

function* cellsOf({ x, y, width, height }: Rect): Generator<string> {
  for (let column = Math.floor(x / cell); column * cell < x + width; column++) {
    for (let row = Math.floor(y / cell); row * cell < y + height; row++) yield `${column} ${row}`
  }
}

/** Points of a square ring, below and above before left and right: columns mean the direction of connections. */
function* ringAround({ x, y }: Point, ring: number, { width, height }: Size): Generator<Point> {
  if (ring === 0) {
    yield { x, y }
    return
  }
  const [dx, dy] = [Math.min(width, cell) / 2, Math.min(height, cell) / 2]
  for (let at = 0; at <= ring; at++) {
    for (const side of at === 0 ? [0] : [at, -at]) {
      yield { x: x + side * dx, y: y + ring * dy }
      yield { x: x + side * dx, y: y - ring * dy }
      yield { x: x + ring * dx, y: y + side * dy }
      yield { x: x - ring * dx, y: y + side * dy }
    }
  }
}
