// One pod of a workload, and nobody knows which: its name is `-`, and its labels are those that all of them share, as in
// Calico's logs of aggregated endpoints.
import type { Endpoint } from './endpoint.ts'
import { makeEndpoint } from './endpoint.ts'

export interface Unnamed {
  /** What some endpoints are together; undefined where they are not the pods of one workload, or none. */
  of(endpoints: readonly (Endpoint | undefined)[]): Endpoint | undefined
}

/** Workloads come and go; beyond so many all are made anew. */
const maxKept = 10_000

const isOfSame = (one: Endpoint, other: Endpoint | undefined): boolean =>
  other?.type === 'wep' && other.namespace === one.namespace && other.nameAggr === one.nameAggr

export function createUnnamed(): Unnamed {
  /** Equal ones must be one, or every look would be another endpoint to those who keep things by its id. */
  let kept = new Map<string, Endpoint>()
  return {
    of([first, ...others]) {
      if (first?.type !== 'wep' || !others.every((other) => isOfSame(first, other))) return undefined
      const { type, namespace, nameAggr } = first
      const labels = first.labels.filter((label) => others.every((other) => other?.labels.includes(label)))
      const key = [namespace, nameAggr, ...labels].join('\n')
      const known = kept.get(key)
      if (known) return known
      if (kept.size >= maxKept) kept = new Map()
      const made = makeEndpoint({ type, namespace, nameAggr, name: '-', labels })
      kept.set(key, made)
      return made
    },
  }
}
