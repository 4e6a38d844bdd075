// Paints a scene on a canvas. It is the only place that knows how verdicts look: allowed solid teal; denied at source red,
// dashed, ✕ at the source end; denied at destination purple, dashed, ✕ at the destination end; mixed amber with its share
// in the label. Never colour alone.
import type { EdgeVerdict, Rect } from '@margay/graph'
import { iconPaths } from '../ui/Icon.tsx'
import type { Palette, Token } from '../theme/theme.ts'
import { leastNamedZoom, toScreen, type Camera } from './camera.ts'
import { endAngle, headLength, pathBounds, pointAt, pointFrom, type EdgePath } from './edge-path.ts'
import {
  badgeRect,
  leastBadgeZoom,
  type Badge,
  type Scene,
  type SceneBox,
  type SceneEdge,
  type SceneVertex,
} from './scene.ts'

type Context = CanvasRenderingContext2D

export interface Surface {
  readonly context: Context
  /** Of the canvas, in CSS pixels. */
  readonly width: number
  readonly height: number
  /** Device pixels for a CSS pixel. */
  readonly ratio: number
  readonly palette: Palette
  readonly font: string
}

const look: {
  readonly [V in EdgeVerdict]: { readonly colour: Token; readonly dash: readonly number[]; readonly alpha: number }
} = {
  allowed: { colour: 'allow', dash: [], alpha: 0.75 },
  mixed: { colour: 'warn', dash: [], alpha: 1 },
  denied_at_source: { colour: 'deny', dash: [6, 5], alpha: 1 },
  denied_at_destination: { colour: 'deny-dest', dash: [6, 5], alpha: 1 },
}

/** Text is never smaller than this on the screen: under this zoom letters are made larger, further out there are none. */
const leastText = 11
/** Under this zoom a vertex has room for its name only. */
const leastSubZoom = 0.85
/** The size of a text that is `size` at zoom 1 and stays readable. */
const readable = (size: number, zoom: number) => Math.max(size, leastText / zoom)
/** Under this zoom arrow heads and crosses are dots that say nothing. */
const leastHeadZoom = 0.25

/** Paints everything anew. */
export function paintScene(surface: Surface, scene: Scene, camera: Camera): void {
  clear(surface)
  enter(surface, camera)
  const seen = visibleRect(surface, camera)
  for (const box of scene.boxes) if (touches(seen, box)) paintBox(surface, box)
  const edges = scene.edges.filter(({ path }) => touches(seen, pathBounds(path)))
  paintLines(surface, edges)
  if (camera.zoom >= leastHeadZoom) for (const edge of edges) paintHead(surface, edge)
  for (const box of scene.boxes) if (touches(seen, box)) paintBoxName(surface, box, camera)
  for (const vertex of scene.vertices) if (touches(seen, vertex)) paintVertex(surface, vertex, camera)
  if (camera.zoom >= leastHeadZoom) for (const edge of edges) paintCross(surface, edge)
  paintLabels(
    surface,
    edges.flatMap((edge) => (edge.label === undefined ? [] : [{ edge, label: edge.label }])),
    scene,
    camera,
  )
}

export interface Highlight {
  readonly edges: readonly SceneEdge[]
  readonly vertices: readonly SceneVertex[]
  readonly selected: ReadonlySet<string>
  readonly focused: string | undefined
  readonly labels: ReadonlyMap<string, string>
}

/** Paints what stands out, on a canvas of its own above the scene. */
export function paintHighlight(surface: Surface, scene: Scene, highlight: Highlight, camera: Camera): void {
  clear(surface)
  enter(surface, camera)
  for (const { edge, path, width } of highlight.edges) {
    if (highlight.selected.has(edge.id)) glow(surface, path, width)
  }
  paintLines(surface, highlight.edges)
  if (camera.zoom >= leastHeadZoom) for (const edge of highlight.edges) paintHead(surface, edge)
  for (const vertex of highlight.vertices) {
    paintVertex(surface, vertex, camera)
    const seen = reaching(surface, vertex, camera.zoom)
    if (highlight.selected.has(vertex.vertex.id)) outline(surface, seen, 2, 0)
    if (highlight.focused === vertex.vertex.id) outline(surface, seen, 2, 4)
  }
  if (camera.zoom >= leastHeadZoom) for (const edge of highlight.edges) paintCross(surface, edge)
  const labelled = highlight.edges.flatMap((edge) => {
    const label = highlight.labels.get(edge.edge.id) ?? edge.label
    return label === undefined ? [] : [{ edge, label }]
  })
  paintLabels(surface, labelled, scene, camera)
}

function clear({ context, width, height, ratio }: Surface): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
}

function enter({ context, ratio }: Surface, { x, y, zoom }: Camera): void {
  context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * x, ratio * y)
  context.lineCap = 'round'
}

const visibleRect = ({ width, height }: Surface, { x, y, zoom }: Camera): Rect => ({
  x: -x / zoom,
  y: -y / zoom,
  width: width / zoom,
  height: height / zoom,
})

const touches = (a: Rect, b: Rect) =>
  a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height

function paintBox({ context, palette }: Surface, rect: SceneBox): void {
  context.globalAlpha = 0.65
  context.fillStyle = palette.surface
  round(context, rect, 12)
  context.fill()
  context.globalAlpha = 1
  context.strokeStyle = palette['line-strong']
  context.lineWidth = 1
  context.stroke()
}

/** Where there is room for the name of a box inside, above its first vertex. */
const mostSizeInside = 20

/**
 * The name of a box stays as large as it must be to be read, so that a far view still has its map. Where that is more than
 * there is room for inside, it stands above the box.
 */
function nameRect({ x, y, width, box }: SceneBox, { zoom }: Camera): Rect {
  const size = readable(leastText, zoom)
  const length = size * 0.62 * box.label.length
  const isInside = size <= mostSizeInside
  return {
    x: x + (isInside ? 12 : 2),
    y: isInside ? y + 6 : y - size * 1.25,
    width: Math.min(length, width + 40),
    height: size * 1.25,
  }
}

function paintBoxName({ context, palette, font }: Surface, placed: SceneBox, camera: Camera): void {
  const size = readable(leastText, camera.zoom)
  const { label } = placed.box
  if (size * 0.6 * label.length > placed.width + 40) return
  const { x, y, height } = nameRect(placed, camera)
  context.font = `600 ${size}px ${font}`
  context.textAlign = 'left'
  haloText({ context, palette }, label, x, y + height * 0.8)
}

/** Text over lines: what is behind its letters is covered. */
function haloText(
  { context, palette }: Pick<Surface, 'context' | 'palette'>,
  text: string,
  x: number,
  y: number,
): void {
  context.strokeStyle = palette.bg
  context.lineWidth = 4
  context.lineJoin = 'round'
  context.strokeText(text, x, y)
  context.fillStyle = palette['text-2']
  context.fillText(text, x, y)
}

/** Edges of one look are one style change, but each is a stroke of its own: a long path with many curves paints slower. */
function paintLines({ context, palette }: Surface, edges: readonly SceneEdge[]): void {
  for (const { edge, path, width } of edges) {
    const { colour, dash, alpha } = look[edge.verdict]
    context.globalAlpha = alpha
    context.strokeStyle = palette[colour]
    context.lineWidth = width
    context.setLineDash(dash as number[])
    trace(context, path)
    context.stroke()
  }
  context.setLineDash([])
  context.globalAlpha = 1
}

function trace(context: Context, { from, c1, c2, to }: EdgePath): void {
  context.beginPath()
  context.moveTo(from.x, from.y)
  context.bezierCurveTo(c1.x, c1.y, c2.x, c2.y, to.x, to.y)
}

function glow({ context, palette }: Surface, path: EdgePath, width: number): void {
  context.globalAlpha = 0.24
  context.strokeStyle = palette.accent
  context.lineWidth = width + 10
  trace(context, path)
  context.stroke()
  context.globalAlpha = 1
}

function paintHead({ context, palette }: Surface, { edge, path, width }: SceneEdge): void {
  // What was denied on arrival has its cross there instead.
  if (edge.verdict === 'denied_at_destination') return
  const half = Math.max(4, width * 1.1)
  context.save()
  context.translate(path.to.x, path.to.y)
  context.rotate(endAngle(path))
  context.fillStyle = palette[look[edge.verdict].colour]
  context.beginPath()
  context.moveTo(-1, -half)
  context.lineTo(headLength - 1, 0)
  context.lineTo(-1, half)
  context.fill()
  context.restore()
}

/** Where the cross of a denied edge stands: next to the end that denies. */
const crossAt = { denied_at_source: 'from', denied_at_destination: 'to' } as const
const [crossRadius, crossDistance] = [7.5, 12]

/** Crosses are painted over the vertices that their edges pass behind. */
function paintCross({ context, palette }: Surface, { edge, path }: SceneEdge): void {
  if (edge.verdict === 'allowed' || edge.verdict === 'mixed') return
  const { x, y } = pointFrom(path, crossAt[edge.verdict], edge.verdict === 'denied_at_source' ? crossDistance : 2)
  context.fillStyle = palette[look[edge.verdict].colour]
  context.beginPath()
  context.arc(x, y, crossRadius, 0, 2 * Math.PI)
  context.fill()
  context.strokeStyle = palette.surface
  context.lineWidth = 1.8
  context.beginPath()
  context.moveTo(x - 3, y - 3)
  context.lineTo(x + 3, y + 3)
  context.moveTo(x + 3, y - 3)
  context.lineTo(x - 3, y + 3)
  context.stroke()
}

/** A vertex as it is seen from here: from far its name takes more of the plane, as far as that is free. */
function reaching({ context, font }: Surface, placed: SceneVertex, zoom: number): SceneVertex {
  if (zoom >= leastSubZoom || zoom < leastNamedZoom) return placed
  context.font = nameFont(font, zoom)
  const { vertex, icon, width, spare } = placed
  const wanted = context.measureText(vertex.label).width + namePadding + (icon ? iconRoom : 0)
  return wanted <= width ? placed : { ...placed, width: Math.min(wanted, width + spare) }
}

function paintVertex(surface: Surface, fixed: SceneVertex, { zoom }: Camera): void {
  const { context, palette } = surface
  const placed = reaching(surface, fixed, zoom)
  context.fillStyle = palette.raised
  context.strokeStyle = placed.denies ? palette.deny : palette['line-strong']
  context.lineWidth = placed.denies ? 1.6 : 1
  round(context, placed, 8)
  context.fill()
  context.stroke()
  if (placed.vertex.members > 0) paintStack(surface, placed)
  if (zoom < leastNamedZoom) return
  paintIcon(surface, placed)
  paintNames(surface, placed, zoom)
  if (zoom >= leastBadgeZoom) for (const badge of fixed.badges) paintBadge(surface, badgeRect(fixed, badge), badge)
}

/** A sign of where a vertex goes; one that was denied on the way has a cross through it. */
function paintBadge({ context, palette }: Surface, { x, y, width, height }: Rect, { icon, denied }: Badge): void {
  context.fillStyle = palette.raised
  context.strokeStyle = denied ? palette.deny : palette['line-strong']
  context.lineWidth = 1
  context.beginPath()
  context.arc(x + width / 2, y + height / 2, width / 2 - 1, 0, 2 * Math.PI)
  context.fill()
  context.stroke()
  context.save()
  context.translate(x + 4, y + 4)
  context.scale((width - 8) / 16, (height - 8) / 16)
  context.strokeStyle = denied ? palette.deny : palette['text-2']
  context.lineWidth = 1.8
  context.stroke(new Path2D(denied ? `${iconPaths[icon]}M0 16L16 0` : iconPaths[icon]))
  context.restore()
}

/** A second line under a vertex that can be opened: it stands for more than itself. */
function paintStack({ context }: Surface, { x, y, width, height }: Rect): void {
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(x + 8, y + height + 3)
  context.lineTo(x + width - 8, y + height + 3)
  context.stroke()
}

const iconRoom = 18
/** Left and right of a name. */
const [nameLeft, nameRight] = [11, 9]
const namePadding = nameLeft + nameRight
const nameFont = (font: string, zoom: number) => `550 ${readable(12, zoom)}px ${font}`

function paintIcon({ context, palette }: Surface, { icon, x, y }: SceneVertex): void {
  if (!icon) return
  context.save()
  context.translate(x + 9, y + 12)
  context.scale(0.95, 0.95)
  context.strokeStyle = palette['text-2']
  context.lineWidth = 1.5
  context.stroke(new Path2D(iconPaths[icon]))
  context.restore()
}

function paintNames({ context, palette, font }: Surface, placed: SceneVertex, zoom: number): void {
  const { vertex, icon, x, y, width, height } = placed
  const left = x + nameLeft + (icon ? iconRoom : 0)
  const room = x + width - nameRight - left
  const size = readable(12, zoom)
  const hasSub = zoom >= leastSubZoom
  context.textAlign = 'left'
  context.fillStyle = palette.text
  context.font = nameFont(font, zoom)
  context.fillText(cut(context, vertex.label, room), left, hasSub ? y + 17 : y + height / 2 + size * 0.36)
  if (!hasSub) return
  context.fillStyle = palette['text-3']
  context.font = `400 ${readable(11, zoom)}px ${font}`
  context.fillText(cut(context, vertex.sub, room), left, y + 32)
}

/** Names that people give are shorter than this, and told by their beginning. */
const generatedLength = 18

/** Cuts a text: a generated name in its middle, since its end tells it apart as well. */
function cut(context: Context, text: string, room: number): string {
  const width = context.measureText(text).width
  // Letters differ in width, and a name that is cut for one pixel is worse than one that touches its border.
  if (width <= room * 1.03) return text
  const letters = Math.max(3, Math.floor((text.length * room) / width) - 1)
  const tail = text.length < generatedLength ? 0 : Math.floor(letters / 3)
  return `${text.slice(0, letters - tail)}…${tail > 0 ? text.slice(-tail) : ''}`
}

interface Labelled {
  readonly edge: SceneEdge
  readonly label: string
}

/** Parts of an edge's way where its label may stand, the middle first. */
const labelPlaces = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]

/** What a vertex may cover in a far view, about. */
const withSpare = ({ x, y, width, height, spare }: SceneVertex): Rect => ({ x, y, width: width + spare / 2, height })

/** Labels stand where they cover neither a vertex nor each other; one that finds no place is left to the tip. */
function paintLabels(surface: Surface, labels: readonly Labelled[], scene: Scene, camera: Camera): void {
  const { zoom } = camera
  if (zoom < leastNamedZoom) return
  const { context, font } = surface
  const size = readable(11, zoom)
  context.font = `500 ${size}px ${font}`
  const occupied: Rect[] = [
    ...scene.vertices.map((vertex) => (zoom < leastSubZoom ? withSpare(vertex) : vertex)),
    ...scene.boxes.map((box) => nameRect(box, camera)),
  ]
  for (const { edge, label } of labels.toReversed()) {
    const width = context.measureText(label).width + 6
    const place = labelPlaces
      .map((part) => pointAt(edge.path, part))
      .map(({ x, y }): Rect => ({ x: x - width / 2, y: y - size - 5, width, height: size + 3 }))
      .find((rect) => !occupied.some((other) => touches(other, rect)))
    if (!place) continue
    occupied.push(place)
    paintLabel(surface, place, label)
  }
}

function paintLabel(surface: Surface, { x, y, width, height }: Rect, label: string): void {
  surface.context.textAlign = 'center'
  haloText(surface, label, x + width / 2, y + height - 3)
}

function outline({ context, palette }: Surface, rect: Rect, width: number, by: number): void {
  context.strokeStyle = palette.accent
  context.lineWidth = width
  round(context, { x: rect.x - by, y: rect.y - by, width: rect.width + 2 * by, height: rect.height + 2 * by }, 8 + by)
  context.stroke()
}

function round(context: Context, { x, y, width, height }: Rect, radius: number): void {
  context.beginPath()
  context.roundRect(x, y, width, height, radius)
}

/** Where the middle of a vertex is on the screen, for what is shown beside it. */
export const screenCentre = (camera: Camera, { x, y, width, height }: Rect) =>
  toScreen(camera, { x: x + width / 2, y: y + height / 2 })
