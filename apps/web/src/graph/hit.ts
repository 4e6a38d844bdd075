// What is under the pointer: a sign at a vertex, which stands for an edge, else a vertex, else an edge, else a box. Pure.
import type { Point, Rect } from '@margay/graph'
import { distanceTo, pathBounds } from './edge-path.ts'
import { badgeRect, leastBadgeZoom, type Badge, type Scene } from './scene.ts'

export interface Hit {
  readonly kind: 'vertex' | 'edge' | 'box'
  readonly id: string
}

/** How near the pointer must be to an edge, in pixels of the screen. */
const reach = 7

const holds = ({ x, y, width, height }: Rect, point: Point, by = 0) =>
  point.x >= x - by && point.x <= x + width + by && point.y >= y - by && point.y <= y + height + by

/** Finds what is at a point of the plane; later things are painted over earlier ones. */
export function hitAt(scene: Scene, point: Point, zoom: number): Hit | undefined {
  const badge = zoom < leastBadgeZoom ? undefined : badgeAt(scene, point)
  if (badge) return { kind: 'edge', id: badge.edge }
  const vertex = scene.vertices.findLast((rect) => holds(rect, point))
  if (vertex) return { kind: 'vertex', id: vertex.vertex.id }
  const edge = nearestEdge(scene, point, reach / zoom)
  if (edge) return { kind: 'edge', id: edge }
  const box = scene.boxes.findLast((rect) => holds(rect, point))
  return box && { kind: 'box', id: box.box.id }
}

function badgeAt({ vertices }: Scene, point: Point): Badge | undefined {
  for (const vertex of vertices) {
    const badge = vertex.badges.find((each) => holds(badgeRect(vertex, each), point))
    if (badge) return badge
  }
  return undefined
}

function nearestEdge(scene: Scene, point: Point, within: number): string | undefined {
  let best: { readonly id: string; readonly distance: number } | undefined
  for (const { edge, path, width } of scene.edges) {
    if (!holds(pathBounds(path), point, within)) continue
    const distance = distanceTo(path, point) - width / 2
    if (distance <= within && distance < (best?.distance ?? Infinity)) best = { id: edge.id, distance }
  }
  return best?.id
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The vertex to go to from another by an arrow key: the nearest one that lies in that direction. */
export function neighbourIn(scene: Scene, from: string, direction: Direction): string | undefined {
  const start = scene.vertexById.get(from)
  if (!start) return scene.vertices[0]?.vertex.id
  let best: { readonly id: string; readonly cost: number } | undefined
  for (const other of scene.vertices) {
    if (other === start) continue
    const cost = travel(start, other, direction)
    if (cost !== undefined && cost < (best?.cost ?? Infinity)) best = { id: other.vertex.id, cost }
  }
  return best?.id
}

/** Distance along the direction, with what lies aside counting double; undefined for what lies behind. */
function travel(from: Rect, to: Rect, direction: Direction): number | undefined {
  const dx = to.x + to.width / 2 - from.x - from.width / 2
  const dy = to.y + to.height / 2 - from.y - from.height / 2
  const [ahead, aside] = direction === 'left' || direction === 'right' ? [dx, dy] : [dy, dx]
  const along = direction === 'right' || direction === 'down' ? ahead : -ahead
  return along > 1 ? along + 2 * Math.abs(aside) : undefined
}
