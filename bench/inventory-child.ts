// The measured half of the inventory bench: reads a cluster and says how long it took and how much memory there is then.
import { readFileSync } from 'node:fs'
import { createHealth, createLogger } from '@margay/kit'
import { createInventory } from '../apps/server/src/inventory/inventory.ts'
import { kubeconfig } from '../apps/server/src/kubernetes/kubeconfig.ts'
import { createKubernetesSource } from '../apps/server/src/kubernetes/source.ts'
import { createRecorder } from '../apps/server/src/objects/recorder.ts'

const given = JSON.parse(process.argv[2]!) as { kubeconfig: string; pods: number; policies: number }

/** The most memory that this process ever had, in MB, as the kernel counts it. */
const peakMegabytes = () =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024)

const clock = () => Date.now()
const inventory = createInventory()
let bytes = 0
const recorder = createRecorder({
  cluster: 'bench',
  sinks: [inventory],
  clock,
  write: (rows) => rows.forEach((row) => (bytes += row.object?.length ?? 0)),
})
const baseline = peakMegabytes()
const cpuBefore = process.cpuUsage()
const started = performance.now()
const settled = Promise.withResolvers<void>()
const objects = recorder.source('kubernetes')
const source = createKubernetesSource(
  { discoverSeconds: 10, pageObjects: 500 },
  {
    access: kubeconfig({ path: given.kubeconfig }, clock),
    objects: {
      ...objects,
      settle() {
        objects.settle()
        settled.resolve()
      },
    },
    log: createLogger({ level: 'error', form: 'json' }, { write: (line) => void process.stderr.write(line) }),
    health: createHealth(),
    clock,
  },
)
const ended = new AbortController()
const running = source.run(ended.signal)
await settled.promise
const seconds = (performance.now() - started) / 1000
const cpu = process.cpuUsage(cpuBefore)

const counts = recorder.counts()
const sample = inventory.endpointAt('10.64.0.7', Date.now() / 1000)
if (counts['Pod'] !== given.pods || counts['NetworkPolicy'] !== given.policies || sample.type !== 'wep') {
  throw new Error(`the cluster is not known: ${JSON.stringify(counts)}, ${sample.type}`)
}
const asked = 1_000_000
const askedAt = performance.now()
for (let i = 0; i < asked; i++) inventory.endpointAt(`10.64.${(i >> 8) & 15}.${i & 255}`, 1_793_000_000)
const askNanoseconds = ((performance.now() - askedAt) * 1e6) / asked
ended.abort()
await running
process.stdout.write(
  `${JSON.stringify({
    inventory_pods: given.pods,
    inventory_policies: given.policies,
    inventory_load_s: Number(seconds.toFixed(2)),
    inventory_load_cpu_s: Number(((cpu.user + cpu.system) / 1e6).toFixed(2)),
    inventory_peak_mb: peakMegabytes(),
    inventory_process_alone_mb: baseline,
    inventory_heap_mb: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    inventory_projected_mb: Number((bytes / 1e6).toFixed(1)),
    inventory_address_ns: Math.round(askNanoseconds),
  })}\n`,
)
