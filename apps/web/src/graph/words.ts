// The words of a graph: what a screen reader hears of a vertex, what the tip beside the pointer says of an edge, what the
// aggregation did. One place, so that graph, matrix, list and panel say the same.
import {
  isExact,
  type Amounts,
  type Edge,
  type EdgeVerdict,
  type Level,
  type Picture,
  type Tally,
  type Vertex,
} from '@margay/graph'
import { formatBytes, formatCount, formatShare, plural } from '../format/number.ts'

export const verdictWords: { readonly [V in EdgeVerdict]: string } = {
  allowed: 'allowed',
  denied_at_source: '✕ denied at source',
  denied_at_destination: '✕ denied at destination',
  mixed: 'mixed',
}

export const verdictText = ({ verdict, deniedShare }: Pick<Edge, 'verdict' | 'deniedShare'>): string =>
  verdict === 'mixed' ? `mixed, ${formatShare(deniedShare)} denied` : verdictWords[verdict]

/** `1,284 connections · 240 packets · 38.1 MB sent · 9.4 MB received`. */
export const amountsText = ({ connections, packets, sent, received }: Amounts): string =>
  [
    plural(connections, 'connection'),
    plural(packets, 'packet'),
    `${formatBytes(sent)} sent`,
    `${formatBytes(received)} received`,
  ].join(' · ')

const hasAmounts = ({ connections, packets, sent, received }: Amounts): boolean =>
  connections + packets + sent + received > 0

export interface TallyLine {
  readonly label: string
  readonly amounts: Amounts
}

/** What became of an edge's traffic, line by line; what there was none of is left out, but never all. */
export function tallyLines({ allowed, deniedAtSource, deniedAtDestination }: Tally): readonly TallyLine[] {
  const lines = [
    { label: 'Allowed', amounts: allowed },
    { label: 'Denied at source', amounts: deniedAtSource },
    { label: 'Denied at destination', amounts: deniedAtDestination },
  ].filter(({ amounts }) => hasAmounts(amounts))
  return lines.length > 0 ? lines : [{ label: 'Allowed', amounts: allowed }]
}

/** `=` before an exact figure is left out; `≈` says that it is none. */
export const exactness = (tally: Tally): '' | '≈ ' => (isExact(tally) ? '' : '≈ ')

const levelWords: { readonly [L in Level]: string } = {
  kind: 'endpoints',
  namespace: 'namespace',
  service: 'service',
  workload: 'workload',
  pod: 'pod',
  host: 'host',
  container: 'container',
  process: 'process',
  set: 'network set',
  network: 'network',
  domain: 'domain',
}

export const levelWord = (level: Level): string => levelWords[level]

/** A vertex as it is read aloud: name, kind, place, members, edges, denials. */
export function spokenVertex(vertex: Vertex, edges: readonly Edge[]): string {
  const denied = edges.filter(({ verdict }) => verdict !== 'allowed').length
  const place = vertex.box === undefined || vertex.level === 'namespace' ? '' : `, ${vertex.sub}`
  const connected = `, ${plural(edges.length, 'edge')}`
  return `${vertex.label}, ${levelWord(vertex.level)}${place}${connected}${denied > 0 ? `, ${formatCount(denied)} with denials` : ''}`
}

/** What was drawn coarser than asked for, in a sentence; undefined where nothing was. */
export function aggregationSentence({ aggregated, vertices }: Picture): string | undefined {
  if (!aggregated) return undefined
  return `${formatCount(aggregated.wanted)} vertices are too many to read; they are drawn together as ${formatCount(vertices.length)}.`
}
