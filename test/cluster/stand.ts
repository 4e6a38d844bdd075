// What the suites of `installed.test.ts` share: one cluster in which the chart is installed. Starting both takes a minute, so
// they are started once, and each suite keeps to namespaces of its own.
import type { Cluster } from './cluster.ts'
import type { Memory } from './memory.ts'
import type { ClusterProduct } from './product.ts'

/** Good inside tests and hooks, not where a suite is defined: nothing runs yet then. */
export interface Stand {
  readonly cluster: Cluster
  readonly product: ClusterProduct
  readonly memory: Memory
}
