// The camera: which part of the plane is seen, and how large. Screen = plane * zoom + offset, in CSS pixels. Pure.
import type { Point, Rect, Size } from '@margay/graph'

export interface Camera {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

export const leastZoom = 0.04
export const mostZoom = 3
/** A picture is never enlarged to fill the space: small graphs stay as sharp and calm as large ones. */
const mostFit = 1.15

/** Room that the tools at the top and the legend at the bottom take. */
export const fitPadding = { top: 60, right: 56, bottom: 56, left: 24 }

export const toScreen = ({ x, y, zoom }: Camera, point: Point): Point => ({
  x: point.x * zoom + x,
  y: point.y * zoom + y,
})
export const toPlane = ({ x, y, zoom }: Camera, point: Point): Point => ({
  x: (point.x - x) / zoom,
  y: (point.y - y) / zoom,
})

export const panBy = (camera: Camera, dx: number, dy: number): Camera => ({
  ...camera,
  x: camera.x + dx,
  y: camera.y + dy,
})

/** Zooms by a factor and keeps what is under `at` (on the screen) where it is. */
export function zoomAt(camera: Camera, factor: number, at: Point): Camera {
  const zoom = Math.min(mostZoom, Math.max(leastZoom, camera.zoom * factor))
  const under = toPlane(camera, at)
  return { zoom, x: at.x - under.x * zoom, y: at.y - under.y * zoom }
}

/** The camera that shows all of a rectangle. */
export function fitTo(rect: Rect, size: Size): Camera {
  const { top, right, bottom, left } = fitPadding
  const room = { width: Math.max(80, size.width - left - right), height: Math.max(80, size.height - top - bottom) }
  const wanted = Math.min(room.width / rect.width, room.height / rect.height, mostFit)
  const zoom = Math.max(leastZoom, wanted)
  return {
    zoom,
    x: left + (room.width - rect.width * zoom) / 2 - rect.x * zoom,
    y: top + (room.height - rect.height * zoom) / 2 - rect.y * zoom,
  }
}

/** Names of vertices are drawn from half the size on; from about here most are whole. */
const readableZoom = 0.75

/** The second line that the tools take where they do not fit on one. */
const wrappedTools = 36

/** The camera to begin with: all of a rectangle, but near enough to read names; where both cannot be, its top left part. */
export function beginAt(rect: Rect, size: Size): Camera {
  const all = fitTo(rect, size)
  if (all.zoom >= readableZoom) return all
  const { top, left } = fitPadding
  return { zoom: readableZoom, x: left - rect.x * readableZoom, y: top + wrappedTools - rect.y * readableZoom }
}

/** From here on names are painted. */
export const leastNamedZoom = 0.42
/** A picture that would be cut by more than this is better seen whole first. */
const mostCut = 1.35

/** The camera to begin with on a desk: all of a rectangle, a little nearer where only so names are seen. */
export function wholeAndNamed(rect: Rect, size: Size): Camera {
  const all = fitTo(rect, size)
  const factor = leastNamedZoom / all.zoom
  if (factor <= 1 || factor > mostCut) return all
  return zoomAt(all, factor, { x: size.width / 2, y: size.height / 2 })
}

/** Moves as little as it can so that a rectangle of the plane is seen. */
export function reveal(camera: Camera, rect: Rect, size: Size): Camera {
  const at = toScreen(camera, rect)
  const [width, height] = [rect.width * camera.zoom, rect.height * camera.zoom]
  const { top, right, bottom, left } = fitPadding
  const dx = Math.max(left - at.x, Math.min(0, size.width - right - width - at.x))
  const dy = Math.max(top - at.y, Math.min(0, size.height - bottom - height - at.y))
  return dx === 0 && dy === 0 ? camera : panBy(camera, dx, dy)
}
