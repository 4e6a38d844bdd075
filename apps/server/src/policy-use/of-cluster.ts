// Whose records stand beside the objects of a cluster.
import type { Filter } from '@margay/query'
import { anyOf, fieldIs, literal } from '@margay/query'

/** Records of a cluster, and those that tell of none, as other systems write them. */
export const ofCluster = (cluster: string): Filter =>
  anyOf(fieldIs('cluster', cluster), { kind: 'not', filter: { kind: 'exists', field: literal('cluster') } })
