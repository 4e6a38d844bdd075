// The evaluator against the cluster's own engine: random NetworkPolicies are applied, kube-router enforces them, and every pod
// tries to reach every other one on every port. What happened must be what the evaluator says of the objects that the API
// server has. MARGAY_POLICY_SETS sets the number of policy sets; by default it is small, as each costs seconds.
import { createEngine, evaluate, parseAddress, parseSnapshot } from '@margay/policy'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NetworkPolicy } from '../../policy/network-policy.ts'
import type { Result } from '../../policy/probe.ts'
import { createRandom, randomPolicies, type Vocabulary } from '../../policy/random.ts'
import { stringify } from 'yaml'
import { startCluster, type Cluster } from '../cluster.ts'
import { until } from '../parts/command.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { describeCluster, startMs } from '../suite.ts'
import { asKubeRouterReads } from './kube-router.ts'
import { answeredPorts, namespaces, probePods, startProbes, type Probes } from './probes.ts'

const sets = Number(process.env.MARGAY_POLICY_SETS ?? 6)
/** Another first seed tries other sets. */
const firstSeed = Number(process.env.MARGAY_POLICY_SEED ?? 1)
const protocolNumbers = { TCP: 6, UDP: 17 } as const

/** The block of two addresses that holds one. */
function pairAround(address: string): string {
  const parts = address.split('.').map(Number)
  return `${parts.with(3, parts[3]! & ~1).join('.')}/31`
}

function vocabularyOf(addresses: readonly string[]): Vocabulary {
  const one = (index: number) => `${addresses[index]}/32`
  return {
    namespaces: namespaces.map(({ name }) => name),
    podLabels: { app: ['web', 'cart', 'ledger', 'db', 'none'], role: ['front', 'back'] },
    namespaceLabels: { team: ['a', 'b', 'c'], 'kubernetes.io/metadata.name': ['shop', 'pay', 'data'] },
    blocks: [
      { cidr: '0.0.0.0/0', within: ['10.244.1.0/24', one(3), '10.0.0.0/8'] },
      { cidr: '10.244.0.0/16', within: ['10.244.2.0/24', one(0)] },
      { cidr: '10.244.1.0/24', within: [one(2), one(4)] },
      // An API server takes an exception only where it is smaller than its block.
      { cidr: pairAround(addresses[1]!), within: [one(1)] },
      { cidr: '192.0.2.0/24', within: ['192.0.2.0/25'] },
    ],
    ports: answeredPorts,
    portNames: ['http', 'dns', 'nobody'],
  }
}

interface Attempt {
  readonly from: number
  readonly to: number
  readonly protocol: 'TCP' | 'UDP'
  readonly port: number
}

const indexes = probePods.map((_, index) => index)
const attempts: readonly Attempt[] = indexes.flatMap((from) =>
  indexes
    .filter((to) => to !== from)
    .flatMap((to) =>
      answeredPorts.flatMap((port) => (['TCP', 'UDP'] as const).map((protocol) => ({ from, to, protocol, port }))),
    ),
)

describeCluster('policies in the cluster', 'cluster', () => {
  let cluster: Cluster
  let probes: Probes

  beforeAll(async () => {
    cluster = await startCluster()
    probes = await startProbes(cluster)
    for (const node of cluster.nodes) {
      // A refusal must not be kept back, or a client waits for it in vain: the kernel's default is one a second and client.
      for (const setting of ['icmp_ratelimit=0', 'icmp_msgs_per_sec=100000', 'icmp_msgs_burst=100000']) {
        node.run('sysctl', '-qw', `net.ipv4.${setting}`)
      }
    }
  }, startMs)
  afterAll(async () => {
    probes?.close()
    await cluster?.stop()
  }, startMs)

  /** Admits everything to a pod that no attempt concerns; its name in the rules says that they are those of this set. */
  const marker = (seed: number): KubeObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `set-${seed}`, namespace: 'kube-system' },
    spec: { podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } }, policyTypes: ['Ingress'], ingress: [{}] },
  })

  /** Puts a set in force in the place of the one before, on both nodes. */
  async function enforce(seed: number, policies: readonly NetworkPolicy[]): Promise<void> {
    await cluster.kubectl.run(['delete', 'networkpolicies', '--all', '-A', '--wait'])
    await cluster.kubectl.apply([...policies] as unknown as KubeObject[])
    await cluster.kubectl.apply([marker(seed)])
    for (const node of cluster.nodes) {
      const isInForce = () => node.run('iptables-save', '-t', 'filter').includes(`policy name: set-${seed} `)
      await until(`set ${seed} to be in force on ${node.name}`, isInForce)
      // What the tracker remembers of the set before would admit answers and ports that come again.
      node.run('conntrack', '-F')
    }
  }

  async function snapshotOf() {
    const kinds = ['namespaces', 'pods', 'serviceaccounts', 'networkpolicies']
    const lists = await Promise.all(kinds.map((kind) => cluster.kubectl.list(kind)))
    const { snapshot, issues } = parseSnapshot(lists.flat())
    expect(issues).toEqual([])
    return snapshot
  }

  const endOf = (index: number) => {
    const { namespace, name } = probePods[index]!
    return { pod: `${namespace}/${name}`, address: parseAddress(probes.addresses[index]!)! }
  }
  const flowOf = ({ from, to, protocol, port }: Attempt) => ({
    source: endOf(from),
    destination: endOf(to),
    protocol: protocolNumbers[protocol],
    port,
  })

  const tryAll = () =>
    Promise.all(
      attempts.map(({ from, to, protocol, port }) =>
        probes.probes[from]!.try({ protocol, ip: probes.addresses[to]!, port }),
      ),
    )

  /** Says one disagreement. */
  const describeWrong = ({ from, to, port, protocol }: Attempt, was: Result, evaluated: string) => {
    const [source, dest] = [from, to].map((index) => `${probePods[index]!.name} (${probes.addresses[index]})`)
    return `${source} to ${dest} ${port}/${protocol}: the cluster ${was.verdict} (${was.how}), evaluated ${evaluated}`
  }

  it(`do what the evaluator says, for ${sets} random sets and every connection`, { timeout: startMs }, async () => {
    const wrong: string[] = []
    const seen = { allow: 0, deny: 0 }
    for (let seed = firstSeed; seed < firstSeed + sets; seed++) {
      const policies = randomPolicies(createRandom(seed), vocabularyOf(probes.addresses)).flatMap(asKubeRouterReads)
      await enforce(seed, policies)
      const snapshot = await snapshotOf()
      const engine = createEngine(snapshot)
      const results = await tryAll()
      const differences = attempts.flatMap((attempt, index) => {
        const was = results[index]!
        const flow = flowOf(attempt)
        const verdicts = [evaluate(flow, snapshot).verdict, engine.evaluate(flow).verdict]
        seen[was.verdict]++
        const agree = verdicts.every((verdict) => verdict === was.verdict)
        return agree ? [] : [describeWrong(attempt, was, verdicts.join(' and '))]
      })
      // With the policies beside it, a difference can be looked into by hand.
      if (differences.length > 0) wrong.push([`seed ${seed}`, ...differences, stringify(policies)].join('\n'))
    }
    expect(wrong.join('\n')).toBe('')
    // Both verdicts must have come up often, or the comparison says nothing.
    expect(Math.min(seen.allow, seen.deny)).toBeGreaterThan((sets * attempts.length) / 10)
  })
})
