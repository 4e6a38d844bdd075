// The order in which edges are told: what is denied first, the larger share before the smaller; among equals the heavier.
import { ratePerSecond, type Edge, type EdgeMeasure } from '@margay/graph'

export function listOrder(edges: readonly Edge[], measure: EdgeMeasure): readonly Edge[] {
  return edges.toSorted(
    (a, b) => b.deniedShare - a.deniedShare || ratePerSecond(b.tally, measure, 1) - ratePerSecond(a.tally, measure, 1),
  )
}
