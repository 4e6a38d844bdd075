// Paints a scene on a canvas. It is the only place that knows how verdicts look: allowed solid teal; denied at source red,
// dashed, ✕ at the source end; denied at destination purple, dashed, ✕ at the destination end; mixed amber with its share
// in the label. Never colour alone.
import type { EdgeVerdict, Rect } from '@margay/graph'
import { iconPaths } from '../ui/Icon.tsx'
import type { Palette, Token } from '../theme/theme.ts'
import { toScreen, type Camera } from './camera.ts'
import { endAngle, headLength, pathBounds, pointAt, type EdgePath } from './edge-path.ts'
import type { Scene, SceneBox, SceneEdge, SceneVertex } from './scene.ts'

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

/** Under this zoom letters would be smaller than can be read, so none are painted. */
const leastTextZoom = 0.55
/** Under this zoom arrow heads and crosses are dots that say nothing. */
const leastHeadZoom = 0.25

/** Paints everything anew. */
export function paintScene(surface: Surface, scene: Scene, camera: Camera): void {
  clear(surface)
  enter(surface, camera)
  const seen = visibleRect(surface, camera)
  for (const box of scene.boxes) if (touches(seen, box)) paintBox(surface, box, camera)
  const edges = scene.edges.filter(({ path }) => touches(seen, pathBounds(path)))
  paintLines(surface, edges)
  if (camera.zoom >= leastHeadZoom) for (const edge of edges) paintEnds(surface, edge)
  for (const vertex of scene.vertices) if (touches(seen, vertex)) paintVertex(surface, vertex, camera)
  if (camera.zoom >= leastTextZoom) for (const edge of edges) if (edge.label) paintLabel(surface, edge, edge.label)
}

export interface Highlight {
  readonly edges: readonly SceneEdge[]
  readonly vertices: readonly SceneVertex[]
  readonly selected: ReadonlySet<string>
  readonly focused: string | undefined
  readonly labels: ReadonlyMap<string, string>
}

/** Paints what stands out, on a canvas of its own above the scene. */
export function paintHighlight(surface: Surface, highlight: Highlight, camera: Camera): void {
  clear(surface)
  enter(surface, camera)
  for (const { edge, path, width } of highlight.edges) {
    if (highlight.selected.has(edge.id)) glow(surface, path, width)
  }
  paintLines(surface, highlight.edges)
  if (camera.zoom >= leastHeadZoom) for (const edge of highlight.edges) paintEnds(surface, edge)
  for (const vertex of highlight.vertices) {
    paintVertex(surface, vertex, camera)
    if (highlight.selected.has(vertex.vertex.id)) outline(surface, vertex, 2, 0)
    if (highlight.focused === vertex.vertex.id) outline(surface, vertex, 2, 4)
  }
  if (camera.zoom < leastTextZoom) return
  for (const edge of highlight.edges) {
    const label = highlight.labels.get(edge.edge.id) ?? edge.label
    if (label) paintLabel(surface, edge, label)
  }
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

function paintBox({ context, palette, font }: Surface, { box, ...rect }: SceneBox, { zoom }: Camera): void {
  context.globalAlpha = 0.65
  context.fillStyle = palette.surface
  round(context, rect, 12)
  context.fill()
  context.globalAlpha = 1
  context.strokeStyle = palette['line-strong']
  context.lineWidth = 1
  context.stroke()
  // The name of a box stays as large as it must be to be read, so that a far view still has its map.
  const size = 11 / Math.min(1, zoom)
  if (size * 0.6 * box.label.length > rect.width + 40) return
  context.font = `600 ${size}px ${font}`
  context.fillStyle = palette['text-2']
  context.textAlign = 'left'
  context.fillText(box.label, rect.x + 12, rect.y + Math.max(19, size * 1.2), Math.max(20, rect.width - 24))
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

/** Where the cross of a denied edge stands on its way: next to the end that denies. */
const crossAt = { denied_at_source: 0.12, denied_at_destination: 0.9 } as const
const crossRadius = 7.5

function paintEnds(surface: Surface, { edge, path, width }: SceneEdge): void {
  const { colour } = look[edge.verdict]
  if (edge.verdict !== 'denied_at_destination') paintHead(surface, path, width, colour)
  if (edge.verdict === 'allowed' || edge.verdict === 'mixed') return
  paintCross(surface, pointAt(path, crossAt[edge.verdict]), colour)
}

function paintHead({ context, palette }: Surface, path: EdgePath, width: number, colour: Token): void {
  const angle = endAngle(path)
  const half = Math.max(4, width * 1.1)
  context.save()
  context.translate(path.to.x, path.to.y)
  context.rotate(angle)
  context.fillStyle = palette[colour]
  context.beginPath()
  context.moveTo(-1, -half)
  context.lineTo(headLength - 1, 0)
  context.lineTo(-1, half)
  context.fill()
  context.restore()
}

function paintCross(
  { context, palette }: Surface,
  at: { readonly x: number; readonly y: number },
  colour: Token,
): void {
  context.fillStyle = palette[colour]
  context.beginPath()
  context.arc(at.x, at.y, crossRadius, 0, 2 * Math.PI)
  context.fill()
  context.strokeStyle = palette.surface
  context.lineWidth = 1.8
  context.beginPath()
  context.moveTo(at.x - 3, at.y - 3)
  context.lineTo(at.x + 3, at.y + 3)
  context.moveTo(at.x + 3, at.y - 3)
  context.lineTo(at.x - 3, at.y + 3)
  context.stroke()
}

function paintVertex(surface: Surface, placed: SceneVertex, { zoom }: Camera): void {
  const { context, palette } = surface
  context.fillStyle = palette.raised
  context.strokeStyle = placed.denies ? palette.deny : palette['line-strong']
  context.lineWidth = placed.denies ? 1.6 : 1
  round(context, placed, 8)
  context.fill()
  context.stroke()
  if (placed.vertex.members > 0) paintStack(surface, placed)
  if (zoom < leastTextZoom) return
  paintIcon(surface, placed)
  paintNames(surface, placed)
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

function paintNames({ context, palette, font }: Surface, { vertex, icon, x, y, width }: SceneVertex): void {
  const left = x + 11 + (icon ? iconRoom : 0)
  const room = x + width - 9 - left
  context.textAlign = 'left'
  context.fillStyle = palette.text
  context.font = `550 12px ${font}`
  context.fillText(cut(context, vertex.label, room), left, y + 17)
  context.fillStyle = palette['text-3']
  context.font = `400 11px ${font}`
  context.fillText(cut(context, vertex.sub, room), left, y + 31)
}

/** Cuts a text in its middle: both the beginning and the end of a generated name tell it apart. */
function cut(context: Context, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text
  const letters = Math.max(3, Math.floor((text.length * room) / context.measureText(text).width) - 1)
  const tail = Math.floor(letters / 3)
  return `${text.slice(0, letters - tail)}…${tail > 0 ? text.slice(-tail) : ''}`
}

function paintLabel({ context, palette, font }: Surface, { path }: SceneEdge, label: string): void {
  const { x, y } = pointAt(path, 0.5)
  context.font = `500 11px ${font}`
  context.textAlign = 'center'
  context.strokeStyle = palette.bg
  context.lineWidth = 4
  context.lineJoin = 'round'
  context.strokeText(label, x, y - 8)
  context.fillStyle = palette['text-2']
  context.fillText(label, x, y - 8)
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
