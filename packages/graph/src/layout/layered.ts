// A layered drawing from nothing: columns follow the direction of links, the order within a column follows its
// neighbours. Every step is linear in items and links but for the sorting of columns. Items never overlap: columns are
// stacks with gaps.
import type { Point, Size } from './geometry.ts'

export interface Link {
  /** Numbers of items. */
  readonly source: number
  readonly dest: number
}

export interface Spacing {
  /** Between columns, where links run. */
  readonly column: number
  /** Between items of a column. */
  readonly row: number
  /** Width over height that the whole should have. */
  readonly aspect: number
  /** So many columns are never too many. */
  readonly leastColumns: number
}

export interface Layered {
  readonly points: readonly Point[]
  readonly size: Size
  readonly steps: number
}

/** Passes of ordering by neighbours; more than four change next to nothing. */
const sweeps = 4

/** Places items in columns. The points are within a rectangle that starts at 0, 0. */
export function layered(items: readonly Size[], links: readonly Link[], spacing: Spacing): Layered {
  const graph = adjacency(items.length, links)
  const ranks = fold(rankItems(graph), items, spacing)
  const columns = orderColumns(graph, ranks)
  const stacks = columns.flatMap((column) => wrap(column, items, heightLimit(items, spacing), spacing))
  const points = placeStacks(stacks, items, graph, spacing)
  return { ...normalise(points, items), steps: items.length + links.length * (2 + 2 * sweeps) }
}

interface Adjacency {
  readonly out: readonly (readonly number[])[]
  readonly in: readonly (readonly number[])[]
}

function adjacency(count: number, links: readonly Link[]): Adjacency {
  const out = Array.from({ length: count }, (): number[] => [])
  const into = Array.from({ length: count }, (): number[] => [])
  for (const { source, dest } of links) {
    if (source === dest) continue
    out[source]!.push(dest)
    into[dest]!.push(source)
  }
  return { out, in: into }
}

/** Longest path from the left, ignoring links that close a circle; sources then move right, next to what they reach. */
function rankItems(graph: Adjacency): number[] {
  const order = topological(graph)
  const position = new Map(order.map((item, at) => [item, at]))
  const isForward = (from: number, to: number) => position.get(from)! < position.get(to)!
  const ranks = order.map(() => 0)
  for (const item of order) {
    for (const next of graph.out[item]!) {
      if (isForward(item, next)) ranks[next] = Math.max(ranks[next]!, ranks[item]! + 1)
    }
  }
  for (const item of order.toReversed()) {
    const nexts = graph.out[item]!.filter((next) => isForward(item, next))
    const hasBefore = graph.in[item]!.some((before) => isForward(before, item))
    if (!hasBefore && nexts.length > 0) ranks[item] = Math.min(...nexts.map((next) => ranks[next]!)) - 1
  }
  return ranks
}

interface Column {
  readonly ranks: readonly number[]
  readonly width: number
  readonly height: number
}

/**
 * Long chains make more columns than a screen is wide. Neighbouring columns are put into one, lowest first, until the
 * whole has about the wanted aspect; links within such a column run down or up.
 */
function fold(
  ranks: readonly number[],
  items: readonly Size[],
  { column: gap, row, aspect, leastColumns }: Spacing,
): number[] {
  let columns = columnsOf(ranks, items, row)
  const widthOf = () => columns.reduce((sum, { width }) => sum + width + gap, -gap)
  const heightOf = () => columns.reduce((most, { height }) => Math.max(most, height), 0)
  while (columns.length > leastColumns && widthOf() > heightOf() * aspect * mostStretch) {
    const at = lowestPair(columns)
    const [a, b] = [columns[at]!, columns[at + 1]!]
    const joined: Column = {
      ranks: [...a.ranks, ...b.ranks],
      width: Math.max(a.width, b.width),
      height: a.height + b.height + row,
    }
    columns = [...columns.slice(0, at), joined, ...columns.slice(at + 2)]
  }
  const columnOf = new Map(columns.flatMap((column, at) => column.ranks.map((rank) => [rank, at] as const)))
  return ranks.map((rank) => columnOf.get(rank)!)
}

/** How much wider than wanted a drawing may be before columns are put together: a little is better than bent chains. */
const mostStretch = 1.25

function columnsOf(ranks: readonly number[], items: readonly Size[], row: number): readonly Column[] {
  const byRank = new Map<number, { width: number; height: number }>()
  ranks.forEach((rank, item) => {
    const { width, height } = items[item]!
    const known = byRank.get(rank) ?? { width: 0, height: -row }
    byRank.set(rank, { width: Math.max(known.width, width), height: known.height + height + row })
  })
  return [...byRank].sort(([a], [b]) => a - b).map(([rank, size]) => ({ ranks: [rank], ...size }))
}

function lowestPair(columns: readonly Column[]): number {
  let best = 0
  for (let at = 0; at + 1 < columns.length; at++) {
    const height = (pair: number) => columns[pair]!.height + columns[pair + 1]!.height
    if (height(at) < height(best)) best = at
  }
  return best
}

/** Depth-first order that starts at what sends most and receives least; links against it close circles. */
function topological({ out, in: into }: Adjacency): number[] {
  const starts = out.map((_, item) => item).sort((a, b) => surplus(b) - surplus(a) || a - b)
  function surplus(item: number) {
    return (into[item]!.length === 0 ? 1e9 : 0) + out[item]!.length - into[item]!.length
  }
  const seen = out.map(() => false)
  const finished: number[] = []
  for (const start of starts) {
    if (seen[start]) continue
    seen[start] = true
    const stack = [{ item: start, at: 0 }]
    while (stack.length > 0) {
      const top = stack.at(-1)!
      const next = out[top.item]![top.at++]
      if (next === undefined) finished.push(stack.pop()!.item)
      else if (!seen[next]) {
        seen[next] = true
        stack.push({ item: next, at: 0 })
      }
    }
  }
  return finished.reverse()
}

/** Columns from left to right; each is ordered by the mean place of its neighbours, alternately from both sides. */
function orderColumns(graph: Adjacency, ranks: readonly number[]): number[][] {
  const columns = new Map<number, number[]>()
  ranks.forEach((rank, item) => columns.set(rank, [...(columns.get(rank) ?? []), item]))
  const ordered = [...columns].sort(([a], [b]) => a - b).map(([, items]) => items)
  const place = ranks.map(() => 0)
  const number = (column: readonly number[]) => column.forEach((item, at) => (place[item] = at - column.length / 2))
  ordered.forEach(number)
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const neighbours = sweep % 2 === 0 ? graph.in : graph.out
    for (const column of sweep % 2 === 0 ? ordered : ordered.toReversed()) {
      const wishes = new Map(column.map((item) => [item, mean(neighbours[item]!, place) ?? place[item]!]))
      column.sort((a, b) => wishes.get(a)! - wishes.get(b)! || a - b)
      number(column)
    }
  }
  return ordered
}

function mean(items: readonly number[], values: readonly number[]): number | undefined {
  if (items.length === 0) return undefined
  return items.reduce((sum, item) => sum + values[item]!, 0) / items.length
}

/** How tall a column may be so that the whole has about the wanted aspect. */
function heightLimit(items: readonly Size[], { column, row, aspect }: Spacing): number {
  const area = items.reduce((sum, { width, height }) => sum + (width + column) * (height + row), 0)
  const tallest = items.reduce((most, { height }) => Math.max(most, height), 0)
  return Math.max(tallest, Math.sqrt(area / aspect))
}

/** Cuts a column that is too tall into several beside each other. */
function wrap(column: readonly number[], items: readonly Size[], limit: number, { row }: Spacing): number[][] {
  const total = column.reduce((sum, item) => sum + items[item]!.height + row, 0)
  const parts = Math.max(1, Math.ceil(total / (limit + row) - 0.25))
  const perPart = total / parts
  const stacks: number[][] = Array.from({ length: parts }, () => [])
  let height = 0
  for (const item of column) {
    stacks[Math.min(parts - 1, Math.floor(height / perPart))]!.push(item)
    height += items[item]!.height + row
  }
  return stacks.filter((stack) => stack.length > 0)
}

function placeStacks(
  stacks: readonly (readonly number[])[],
  items: readonly Size[],
  graph: Adjacency,
  { column, row }: Spacing,
): Point[] {
  const points: Point[] = items.map(() => ({ x: 0, y: 0 }))
  const centre = items.map(() => Number.NaN)
  let x = 0
  for (const stack of stacks) {
    const tops = stackUp(stack, items, wishedCentres(stack, graph, centre), row)
    stack.forEach((item, at) => {
      points[item] = { x, y: tops[at]! }
      centre[item] = tops[at]! + items[item]!.height / 2
    })
    x += Math.max(...stack.map((item) => items[item]!.width)) + column
  }
  return points
}

/** Where an item would like its centre: level with its neighbours that have a place already. */
function wishedCentres(stack: readonly number[], graph: Adjacency, centre: readonly number[]): (number | undefined)[] {
  return stack.map((item) => {
    const placed = [...graph.in[item]!, ...graph.out[item]!].filter((other) => !Number.isNaN(centre[other]!))
    return mean(placed, centre)
  })
}

/** Stacks items in order, each at its wish or as near below as the one before allows, then centres the stack on its wishes. */
function stackUp(
  stack: readonly number[],
  items: readonly Size[],
  wishes: readonly (number | undefined)[],
  row: number,
): number[] {
  const heights = stack.map((item) => items[item]!.height)
  const total = heights.reduce((sum, height) => sum + height + row, -row)
  const tops: number[] = []
  let free = wishes.some((wish) => wish !== undefined) ? -Infinity : -total / 2
  heights.forEach((height, at) => {
    const wish = wishes[at]
    const top = wish === undefined ? (free === -Infinity ? -total / 2 : free) : Math.max(free, wish - height / 2)
    tops.push(top)
    free = top + height + row
  })
  const offs = tops.flatMap((top, at) => (wishes[at] === undefined ? [] : [wishes[at] - heights[at]! / 2 - top]))
  const shift = offs.length > 0 ? offs.reduce((sum, off) => sum + off, 0) / offs.length : 0
  return tops.map((top) => Math.round(top + shift))
}

function normalise(points: readonly Point[], items: readonly Size[]): { points: Point[]; size: Size } {
  const left = points.reduce((least, { x }) => Math.min(least, x), Infinity)
  const top = points.reduce((least, { y }) => Math.min(least, y), Infinity)
  const moved = points.map(({ x, y }) => ({ x: x - left, y: y - top }))
  const width = moved.reduce((most, { x }, at) => Math.max(most, x + items[at]!.width), 0)
  const height = moved.reduce((most, { y }, at) => Math.max(most, y + items[at]!.height), 0)
  return { points: moved, size: { width, height } }
}
