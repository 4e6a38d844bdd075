// The product as people have it: the chart installed into a real cluster, in which suites follow one another, each in namespaces
// of its own. Those that take something away come last: a node, then the product itself. One suite alone: `-t 'product NAME'`; `later`
// asks again what those before it asked.
import { afterAll, beforeAll } from 'vitest'
import { startCluster, type Cluster } from './cluster.ts'
import { installSuite } from './install/install.ts'
import { openStore } from './install/store.ts'
import { uninstallSuite } from './install/uninstall.ts'
import { createMemory } from './memory.ts'
import { laterSuite } from './names/later.ts'
import { lossSuite } from './names/loss.ts'
import { namesSuite } from './names/names.ts'
import { waysSuite } from './names/ways.ts'
import { installProduct, productImages, type ClusterProduct } from './product.ts'
import { soonSuite } from './soon/soon.ts'
import type { Stand } from './stand.ts'
import { describeCluster, startMs } from './suite.ts'
import { courtSuite } from './verdicts/court-suite.ts'
import { makeCourt } from './verdicts/court.ts'
import { verdictsSuite } from './verdicts/verdicts.ts'

const say = (line: string) => void process.stderr.write(`installed: ${line}\n`)

const suites: readonly ((stand: Stand) => void)[] = [
  installSuite,
  namesSuite,
  waysSuite,
  soonSuite,
  verdictsSuite,
  courtSuite,
  lossSuite,
  laterSuite,
  uninstallSuite,
]

describeCluster('product', 'cluster', () => {
  let cluster: Cluster | undefined
  let product: ClusterProduct | undefined

  beforeAll(async () => {
    // Before the cluster is taken: others may wait for it.
    const images = await productImages(say)
    cluster = await startCluster()
    for (const node of cluster.nodes) await node.importImages(images)
    // Its pods talk to each other before anybody looks.
    await openStore(cluster)
    await makeCourt(cluster)
    product = await installProduct(cluster)
  }, startMs)
  afterAll(async () => {
    product?.close()
    await cluster?.stop()
  }, startMs)

  const stand: Stand = {
    memory: createMemory(),
    get cluster() {
      return cluster!
    },
    get product() {
      return product!
    },
  }
  for (const suite of suites) suite(stand)
})
