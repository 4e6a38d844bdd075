// How fast flows are judged: known series, new ones, a cluster loaded, one pod changed, a change simulated. Sizes are those
// of the line to reach: 10,000 pods and 1,000 policies. Clusters are made from a seed, so two runs judge the same flows.
import {
  createEngine,
  type Flow,
  parseSnapshot,
  type Pod,
  type Policy,
  podKey,
  simulate,
  type Snapshot,
} from '@margay/policy'
import { createChance, makeDocuments } from './policy-cluster.ts'

export interface BenchOptions {
  /** A fifth of the sizes, for a look rather than a figure. */
  readonly quick: boolean
}

export type Figures = Readonly<Record<string, number>>

interface Sizes {
  readonly pods: number
  readonly policies: number
  readonly series: number
}

const podsPerNode = 100

/**
 * Distinct series in the order in which agents report them: node after node, the sources (or, one time in eight, the
 * destinations) on that node, the peers anywhere in the cluster or, one time in eight, outside.
 */
function makeSeries(pods: readonly Pod[], count: number): readonly Flow[] {
  const chance = createChance(11)
  const ports = [8080, 9000, 9050, 5432, 53]
  const nodes = Math.ceil(pods.length / podsPerNode)
  const end = (index: number) => ({ pod: podKey(pods[index % pods.length] ?? { namespace: '', name: '' }) })
  const peer = () =>
    chance(8) === 0 ? { address: { family: 4 as const, words: [0xc0000200 + chance(512)] } } : end(chance(pods.length))
  return Array.from({ length: count }, (_, index): Flow => {
    const node = Math.floor((index / count) * nodes)
    const local = end(node * podsPerNode + chance(podsPerNode))
    const ends = chance(8) === 0 ? { source: peer(), destination: local } : { source: local, destination: peer() }
    return { ...ends, protocol: chance(8) === 0 ? 17 : 6, port: ports[chance(ports.length)] ?? 80 }
  })
}

/** Milliseconds of processor time, garbage collection on other threads included: what "per core second" means. */
function timed(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e3
}

const perSecond = (count: number, milliseconds: number) => Math.round((count / milliseconds) * 1000)

function withOneRuleMore(snapshot: Snapshot): Snapshot {
  const changed = snapshot.policies.map((policy, index): Policy => {
    if (index !== 15) return policy
    const [first] = policy.ingress ?? []
    return first ? { ...policy, ingress: policy.ingress?.slice(0, 1) ?? [] } : policy
  })
  return { ...snapshot, policies: changed }
}

function measureLoad(pods: number): number {
  const documents = makeDocuments({ pods, policies: pods / 10 })
  return timed(() => {
    const { snapshot } = parseSnapshot(documents)
    const engine = createEngine(snapshot)
    for (const pod of snapshot.pods) engine.policiesOf(podKey(pod))
  })
}

/** The mean over many, each followed by a verdict that needs it. */
function measurePodChange(snapshot: Snapshot): number {
  const engine = createEngine(snapshot)
  for (const pod of snapshot.pods) engine.policiesOf(podKey(pod))
  const changes = snapshot.pods.slice(0, 500)
  const milliseconds = timed(() => {
    for (const [index, pod] of changes.entries()) {
      engine.apply({ put: 'pod', value: { ...pod, labels: new Map([...pod.labels, ['version', `v${index}`]]) } })
      engine.policiesOf(podKey(pod))
    }
  })
  return milliseconds / changes.length
}

/** Runs everything once and gives back the figures. */
export function run({ quick }: BenchOptions): Promise<Figures> {
  const scale = quick ? 0.2 : 1
  const sizes: Sizes = { pods: 10_000 * scale, policies: 1_000 * scale, series: 200_000 * scale }
  const { snapshot } = parseSnapshot(makeDocuments(sizes))
  const series = makeSeries(snapshot.pods, sizes.series)
  const warm = createEngine(snapshot)
  for (const flow of series.slice(0, 20_000)) warm.evaluate(flow)
  const engine = createEngine(snapshot)
  const newMs = timed(() => series.forEach((flow) => engine.evaluate(flow)))
  const knownMs = timed(() => series.forEach((flow) => engine.evaluate(flow)))
  const after = withOneRuleMore(snapshot)
  let changed = 0
  const simulateMs = timed(() => {
    changed = simulate(snapshot, after, series).changed.length
  })
  return Promise.resolve({
    pods: sizes.pods,
    policies: sizes.policies,
    series: sizes.series,
    new_flows_per_core_second: perSecond(series.length, newMs),
    known_flows_per_core_second: perSecond(series.length, knownMs),
    load_5000_pods_ms: measureLoad(5_000 * scale),
    one_pod_change_ms: measurePodChange(snapshot),
    simulate_200k_series_ms: simulateMs,
    simulate_changed_series: changed,
  })
}

if (import.meta.main) {
  const figures = await run({ quick: process.argv.includes('--quick') })
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
}
