// The scene: what a picture looks like once its vertices have places. Widths, labels and curves are decided here, without a
// canvas and without colours, so that it can be tested and painted anywhere.
import {
  edgeId,
  ratePerSecond,
  type Box,
  type Edge,
  type EdgeMeasure,
  type EdgeVerdict,
  type Picture,
} from '@margay/graph'
import type { LayoutResult, OutsideKind, Rect, Size, Vertex } from '@margay/graph'
import { formatBytes, formatCount, formatRate, formatShare } from '../format/number.ts'
import { edgePath, type EdgePath } from './edge-path.ts'

export interface SceneVertex extends Rect {
  readonly vertex: Vertex
  readonly icon: SceneIcon | undefined
  /** Something in it, or on one of its edges, is denied. */
  readonly denies: boolean
  /** Where it goes outside, as signs that can be clicked. */
  readonly badges: readonly Badge[]
  /** Free plane at its right, for a name that would be cut in a far view. */
  readonly spare: number
}

export interface SceneBox extends Rect {
  readonly box: Box
}

export interface SceneEdge {
  readonly edge: Edge
  readonly path: EdgePath
  readonly width: number
  /** Text where there is news, else undefined. */
  readonly label: string | undefined
}

export interface Scene {
  readonly vertices: readonly SceneVertex[]
  readonly boxes: readonly SceneBox[]
  /** Allowed first, so that what is denied is painted over it. */
  readonly edges: readonly SceneEdge[]
  readonly vertexById: ReadonlyMap<string, SceneVertex>
  readonly edgeById: ReadonlyMap<string, SceneEdge>
  /** Edges of each vertex, by vertex id. */
  readonly edgesOf: ReadonlyMap<string, readonly SceneEdge[]>
}

export type SceneIcon = 'globe' | 'private' | 'networkSet' | 'host' | 'service'

/** A sign at a vertex: it goes there, outside of the cluster. */
export interface Badge {
  /** The edge that it stands for, drawn or not. */
  readonly edge: string
  readonly icon: SceneIcon
  readonly denied: boolean
  /** Where its square begins, seen from the corner of its vertex. */
  readonly dx: number
  readonly dy: number
}

const badgeSize = 22
/** Under this zoom signs are neither painted nor hit: they would be specks. */
export const leastBadgeZoom = 0.42

const badgeIcons: { readonly [K in OutsideKind]: SceneIcon } = {
  public: 'globe',
  private: 'private',
  set: 'networkSet',
  network: 'globe',
}

/** Signs stand on the border, so that what a vertex does changes neither its size nor its place. */
function badgesOf({ id, outside }: Vertex, { width, height }: Size): readonly Badge[] {
  return outside.map(({ kind, dest, denied }, at) => ({
    edge: edgeId(id, dest),
    icon: badgeIcons[kind],
    denied,
    dx: width - 6 - (outside.length - at) * (badgeSize + 3),
    dy: height - badgeSize / 2 + 2,
  }))
}

/** Where a sign stands on the plane. */
export const badgeRect = ({ x, y }: Rect, { dx, dy }: Badge): Rect => ({
  x: x + dx,
  y: y + dy,
  width: badgeSize,
  height: badgeSize,
})

const vertexHeight = 40
const [leastWidth, mostWidth] = [92, 196]
/** A pod is told from its siblings by the end of its name, which must not be cut. */
const mostWidthOfPod = 320
/** Mean widths of a letter of the label and of the line under it; long names are cut by the painter. */
const [labelLetter, subLetter] = [8, 6]
const iconRoom = 18

/** How large a vertex is drawn. It depends on its words only, so that it does not change with the traffic. */
export function vertexSize({ label, sub, level, parts }: Vertex): Size {
  const text = Math.max(label.length * labelLetter, sub.length * subLetter)
  const width = text + 24 + (iconOf(level, parts) ? iconRoom : 0)
  const most = level === 'pod' ? mostWidthOfPod : mostWidth
  return { width: Math.round(Math.min(most, Math.max(leastWidth, width))), height: vertexHeight }
}

function iconOf(level: Vertex['level'], parts: readonly string[]): SceneIcon | undefined {
  if (level === 'set') return 'networkSet'
  if (level === 'host') return 'host'
  if (level === 'service') return 'service'
  if (level !== 'network' && level !== 'domain') return undefined
  return parts[1] === 'pvt' ? 'private' : 'globe'
}

export interface SceneOptions {
  readonly measure: EdgeMeasure
  /** Seconds of the range, for rates. */
  readonly seconds: number
}

/** Puts a picture on its places. */
export function buildScene(picture: Picture, layout: LayoutResult, options: SceneOptions): Scene {
  const denying = new Set(
    picture.edges.flatMap(({ source, verdict }) => (verdict === 'denied_at_source' ? [source] : [])),
  )
  const placed = picture.vertices.flatMap((vertex): Omit<SceneVertex, 'spare'>[] => {
    const at = layout.positions.get(vertex.id)
    if (!at) return []
    const denies = denying.has(vertex.id) || deniesInside(vertex)
    const size = vertexSize(vertex)
    const icon = iconOf(vertex.level, vertex.parts)
    return [{ ...at, ...size, vertex, denies, icon, badges: badgesOf(vertex, size) }]
  })
  const spare = spareOf(placed)
  const vertices = placed.map((each) => ({ ...each, spare: spare(each) }))
  const vertexById = new Map(vertices.map((placed) => [placed.vertex.id, placed]))
  const edges = placeEdges(picture.edges, vertexById, options)
  return {
    vertices,
    boxes: picture.boxes.flatMap((box) => {
      const rect = layout.boxes.get(box.id)
      return rect ? [{ ...rect, box }] : []
    }),
    edges,
    vertexById,
    edgeById: new Map(edges.map((placed) => [placed.edge.id, placed])),
    edgesOf: groupByEnd(edges),
  }
}

/** More than this a name never needs. */
const mostSpare = 72
/** What stays free between a name that reaches out and what is at its right: an arrow head. */
const headRoom = 14
/** Pictures of more than this are looked at by parts, near enough to read. */
const mostWithSpare = 1000

/** How far a vertex may reach to its right before it comes near another. */
export function spareOf(rects: readonly Rect[]): (rect: Rect) => number {
  if (rects.length > mostWithSpare) return () => 0
  return ({ x, y, width, height }) => {
    const beside = rects.filter((other) => other.x >= x + width && other.y < y + height && y < other.y + other.height)
    const gap = beside.reduce((least, other) => Math.min(least, other.x - x - width), mostSpare + headRoom)
    return Math.max(0, gap - headRoom)
  }
}

const deniesInside = ({ inside }: Vertex) =>
  inside.deniedAtSource.connections + inside.deniedAtDestination.connections > 0

const paintOrder: { readonly [V in EdgeVerdict]: number } = {
  allowed: 0,
  mixed: 1,
  denied_at_destination: 2,
  denied_at_source: 2,
}

function placeEdges(
  edges: readonly Edge[],
  vertexById: ReadonlyMap<string, SceneVertex>,
  { measure, seconds }: SceneOptions,
): readonly SceneEdge[] {
  const present = new Set(edges.map(({ id }) => id))
  const rates = new Map(edges.map((edge) => [edge.id, ratePerSecond(edge.tally, measure, seconds)]))
  const widthOf = widths([...rates.values()])
  const labels = edgeLabels(edges, rates, measure)
  return edges
    .flatMap((edge): SceneEdge[] => {
      const [source, dest] = [vertexById.get(edge.source), vertexById.get(edge.dest)]
      if (!source || !dest) return []
      const path = edgePath(source, dest, present.has(`${edge.dest} > ${edge.source}`))
      return [{ edge, path, width: widthOf(rates.get(edge.id)!), label: labels.get(edge.id) }]
    })
    .sort((a, b) => paintOrder[a.edge.verdict] - paintOrder[b.edge.verdict])
}

const [thinnest, thickest] = [1.3, 5.5]

/** Width by the logarithm of the rate, between the least and the greatest in the picture. */
export function widths(rates: readonly number[]): (rate: number) => number {
  const logs = rates.filter((rate) => rate > 0).map(Math.log)
  const least = logs.reduce((a, b) => Math.min(a, b), Infinity)
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity)
  return (rate) => {
    if (rate <= 0 || most <= least) return rate > 0 ? 2.2 : thinnest
    return thinnest + ((Math.log(rate) - least) / (most - least)) * (thickest - thinnest)
  }
}

/** Labels that the busiest edges get. */
const busiest = 5
/** More labels than these are no news but noise; the denied ones with the most connections keep theirs. */
const mostNews = 40

/** The rate of an edge in its measure. */
export const rateText = (rate: number, measure: EdgeMeasure): string =>
  measure === 'bytes' ? bytesPerTime(rate) : formatRate(rate)

/** `41 MB/s`; slower than a byte a second is told by the hour. */
function bytesPerTime(perSecond: number): string {
  if (perSecond === 0) return '0 B/s'
  if (perSecond >= 1) return `${formatBytes(perSecond)}/s`
  return perSecond * 60 >= 1 ? `${formatBytes(perSecond * 60)}/min` : `${formatBytes(perSecond * 3600)}/h`
}

function edgeLabels(
  edges: readonly Edge[],
  rates: ReadonlyMap<string, number>,
  measure: EdgeMeasure,
): ReadonlyMap<string, string> {
  const denied = edges.filter(({ verdict }) => verdict !== 'allowed')
  const news = denied.toSorted((a, b) => deniedCount(b) - deniedCount(a)).slice(0, mostNews)
  const heavy = edges.toSorted((a, b) => rates.get(b.id)! - rates.get(a.id)!).slice(0, busiest)
  return new Map([
    ...heavy
      .filter(({ id }) => rates.get(id)! > 0)
      .map((edge) => [edge.id, rateText(rates.get(edge.id)!, measure)] as const),
    ...news.map((edge) => [edge.id, newsOf(edge)] as const),
  ])
}

const deniedCount = ({ tally }: Edge) => tally.deniedAtSource.connections + tally.deniedAtDestination.connections

/** What there is to say of an edge that denies. */
export function newsOf(edge: Edge): string {
  if (edge.verdict === 'mixed') return `${formatShare(edge.deniedShare)} denied`
  const count = deniedCount(edge)
  return count > 0 ? `${formatCount(count)} denied` : 'denied'
}

function groupByEnd(edges: readonly SceneEdge[]): ReadonlyMap<string, readonly SceneEdge[]> {
  const byEnd = new Map<string, SceneEdge[]>()
  for (const placed of edges) {
    for (const end of [placed.edge.source, placed.edge.dest]) {
      const known = byEnd.get(end)
      if (known) known.push(placed)
      else byEnd.set(end, [placed])
    }
  }
  return byEnd
}
