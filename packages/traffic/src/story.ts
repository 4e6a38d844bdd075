// The story: one cluster, one day, told from the moment it is opened. Rows are a function of the seed, that moment and the
// interval they are about, so any two ways to ask for the same time give the same rows.
import { intervals, step } from './clock.ts'
import { createCluster } from './cluster.ts'
import { conversations } from './conversations.ts'
import { askersOf, dnsRows } from './dns-rows.ts'
import type { Emission } from './emission.ts'
import { flowRows, pairsOf, situationOf } from './flow-rows.ts'
import { changes, reports } from './incidents.ts'
import type { KubernetesObject } from './objects.ts'
import { objectsAt } from './objects.ts'
import { mix } from './random.ts'
import { clusterName } from './workloads.ts'

export interface StoryOptions {
  readonly seed?: number
  /** The moment from which the story is told, Unix seconds: incidents lie in the hour before it. */
  readonly opened: number
}

export interface Story {
  readonly cluster: string
  readonly opened: number
  /** The inventory at a moment, Unix seconds. */
  objectsAt(time: number): KubernetesObject[]
  /**
   * The node whose agent reports what an address does at a moment (Unix seconds), and whether it does so then; undefined for
   * addresses outside.
   */
  reporterOf(ip: string, time: number): { readonly node: string; readonly reports: boolean } | undefined
  /** What the ribbon marks: Unix seconds and a sentence. */
  readonly changes: readonly { readonly at: number; readonly says: string }[]
  /**
   * Rows of the intervals that end after `after` and no later than `upTo`, Unix seconds, roughly in the order of time.
   * Joined calls give the same rows as one call over the whole.
   */
  rowsBetween(after: number, upTo: number): Generator<Emission>
}

/** Rows are given slice by slice, so that those of one minute stand together. */
const slice = 60

/** Something that makes rows on a grid of its own phase. */
interface Voice {
  readonly phase: number
  readonly rows: (start: number, end: number) => Generator<Emission>
}

export function story({ seed = 1, opened }: StoryOptions): Story {
  const cluster = createCluster(seed)
  const flows = conversations.map((talk): Voice => {
    const pairs = pairsOf(talk, cluster, seed)
    return {
      phase: mix(seed, pairs[0]?.seed ?? 0) % step,
      *rows(start, end) {
        const situation = situationOf(talk, start - opened)
        if (!situation) return
        for (const pair of pairs) yield* flowRows(pair, { start, end }, situation, opened)
      },
    }
  })
  const dns = askersOf(cluster, seed).map((asker): Voice => ({
    phase: mix(seed, asker.seed) % step,
    rows: (start, end) => dnsRows(asker, { start, end }, opened),
  }))
  const voices = [...flows, ...dns]
  const nodeOf = new Map([
    ...cluster.pods.map(({ ip, node }) => [ip, node] as const),
    ...cluster.nodes.map(({ ip, name }) => [ip, name] as const),
  ])
  return {
    cluster: clusterName,
    opened,
    objectsAt: (time) => objectsAt(cluster, time - opened),
    reporterOf(ip, time) {
      const node = nodeOf.get(ip)
      return node === undefined ? undefined : { node, reports: reports(node, time - opened) }
    },
    changes: changes.map(({ at, says }) => ({ at: opened + at, says })),
    *rowsBetween(after, upTo) {
      for (let from = after; from < upTo;) {
        const to = Math.min(upTo, (Math.floor(from / slice) + 1) * slice)
        for (const { phase, rows } of voices) {
          for (const { start, end } of intervals(phase, from, to)) yield* rows(start, end)
        }
        from = to
      }
    },
  }
}
