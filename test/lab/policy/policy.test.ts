// The evaluator against the kernel: random NetworkPolicies are compiled to nftables by compile.ts (written from the text of
// Kubernetes, by somebody who has not read the evaluator), real connections are tried between pods, and what the kernel did
// must be what the evaluator says. MARGAY_POLICY_SETS sets the number of policy sets; CI runs fewer.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, evaluate, parseAddress, parseSnapshot } from '@margay/policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLab, type Lab, type Pod } from '../lab.ts'
import type { NetworkPolicy } from '../../policy/network-policy.ts'
import { createProbe, type Probe, type Result } from '../../policy/probe.ts'
import { createRandom, randomPolicies, type Vocabulary } from '../../policy/random.ts'
import { compile, type LabNamespace, type LabPod } from './compile.ts'

const sets = Number(process.env.MARGAY_POLICY_SETS ?? (process.env.CI ? 200 : 1000))
const flowsPerSet = 24
const protocolNumbers = { TCP: 6, UDP: 17 } as const

const namespaces: readonly LabNamespace[] = [
  { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop', team: 'a' } },
  { name: 'pay', labels: { 'kubernetes.io/metadata.name': 'pay', team: 'b' } },
  { name: 'data', labels: { 'kubernetes.io/metadata.name': 'data' } },
]

const pod = (
  namespace: string,
  name: string,
  number: number,
  labels: LabPod['labels'],
  ports: readonly [string, 'TCP' | 'UDP', number][],
): LabPod => ({
  namespace,
  name,
  ip: `10.77.0.${number}`,
  labels,
  ports: ports.map(([portName, protocol, number]) => ({ name: portName, protocol, number })),
})

const pods: readonly LabPod[] = [
  pod('shop', 'web', 1, { app: 'web', role: 'front' }, [['http', 'TCP', 8080]]),
  pod('shop', 'cart', 2, { app: 'cart' }, [
    ['http', 'TCP', 8081],
    ['dns', 'UDP', 5353],
  ]),
  pod('pay', 'api', 33, { app: 'web', role: 'back' }, [
    ['http', 'TCP', 8080],
    ['dns', 'UDP', 8081],
  ]),
  pod('pay', 'ledger', 34, { app: 'ledger', role: 'back' }, [['dns', 'UDP', 5353]]),
  pod('data', 'db', 65, { app: 'db' }, [['http', 'TCP', 5353]]),
  pod('data', 'bare', 66, {}, []),
]

const ports = [5353, 8080, 8081]

const words: Vocabulary = {
  namespaces: namespaces.map(({ name }) => name),
  podLabels: { app: ['web', 'cart', 'ledger', 'db', 'none'], role: ['front', 'back'] },
  namespaceLabels: { team: ['a', 'b', 'c'], 'kubernetes.io/metadata.name': ['shop', 'pay', 'data'] },
  blocks: [
    { cidr: '0.0.0.0/0', within: ['10.77.0.0/27', '10.77.0.33/32', '10.0.0.0/8'] },
    { cidr: '10.77.0.0/24', within: ['10.77.0.0/26', '10.77.0.66/32'] },
    { cidr: '10.77.0.32/27', within: ['10.77.0.34/32'] },
    { cidr: '10.77.0.1/32', within: ['10.77.0.1/32'] },
    { cidr: '192.0.2.0/24', within: ['192.0.2.0/25'] },
  ],
  ports,
  portNames: ['http', 'dns', 'nobody'],
}

/** The lab as Kubernetes objects, which is how the evaluator gets to know it. */
const objects = [
  ...namespaces.map(({ name, labels }) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })),
  ...pods.map(({ namespace, name, labels, ip, ports }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: {
      containers: [
        {
          name: 'main',
          ports: ports.map((port) => ({ name: port.name, protocol: port.protocol, containerPort: port.number })),
        },
      ],
    },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  })),
]

let lab: Lab
let folder: string
const probes: Probe[] = []
const sockets: Socket[] = []

/** Pods reach each other through the hub, so that its forward hook sees every packet. */
function routeThroughHub(made: Pod): void {
  lab.inNetns(made.netns, 'ip', 'route', 'add', '10.77.0.254', 'dev', 'eth0')
  lab.inNetns(made.netns, 'ip', 'route', 'del', '10.77.0.0/24', 'dev', 'eth0')
}

async function startProbe(made: Pod): Promise<void> {
  const path = join(folder, made.name)
  const program = made.start(process.execPath, join(import.meta.dirname, 'probe.ts'), path, ...ports.map(String))
  await program.says('ready')
  const socket = connect(path)
  sockets.push(socket)
  probes.push(createProbe(socket))
}

const hubSettings = (bridge: string) => [
  'net.ipv4.ip_forward=1',
  // The hub's bridge is one interface: without these it would tell pods to talk directly.
  'net.ipv4.conf.all.send_redirects=0',
  `net.ipv4.conf.${bridge}.send_redirects=0`,
  // A refusal a second for each client is the kernel's default; then a test would wait for most of them.
  'net.ipv4.icmp_ratelimit=0',
]

beforeAll(async () => {
  lab = createLab()
  folder = mkdtempSync(join(tmpdir(), 'margay-policy-'))
  for (const setting of hubSettings(`${lab.prefix}br`)) lab.inNetns(lab.hub, 'sysctl', '-qw', setting)
  for (const each of pods) {
    const made = lab.pod(each.name, Number(each.ip.split('.').at(-1)))
    routeThroughHub(made)
    await startProbe(made)
  }
})

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await lab?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

/** Puts rules in force. What the tracker remembers of the set before goes: a client's port comes again, and an answer seen
 * under other rules would admit it. */
function load(rules: string): void {
  execFileSync('nsenter', [`--net=/var/run/netns/${lab.hub}`, 'nft', '-f', '-'], { input: rules })
  execFileSync('nsenter', [`--net=/var/run/netns/${lab.hub}`, 'conntrack', '-F'], { stdio: 'ignore' })
}

interface Attempt {
  readonly from: number
  readonly to: number
  readonly protocol: 'TCP' | 'UDP'
  readonly port: number
}

function attempts(seed: number): Attempt[] {
  const random = createRandom(seed ^ 0x5eed)
  return Array.from({ length: flowsPerSet }, () => {
    const from = random(pods.length)
    const to = (from + 1 + random(pods.length - 1)) % pods.length
    return { from, to, protocol: random(2) === 0 ? 'TCP' : 'UDP', port: ports[random(ports.length)]! } as const
  })
}

const flowOf = ({ from, to, protocol, port }: Attempt) => ({
  source: { pod: `${pods[from]!.namespace}/${pods[from]!.name}`, address: parseAddress(pods[from]!.ip)! },
  destination: { pod: `${pods[to]!.namespace}/${pods[to]!.name}`, address: parseAddress(pods[to]!.ip)! },
  protocol: protocolNumbers[protocol],
  port,
})

/** Says one disagreement so that it can be run again by hand. */
const report = (
  seed: number,
  policies: readonly NetworkPolicy[],
  attempt: Attempt,
  kernel: Result,
  evaluated: string,
) =>
  `seed ${seed}: ${pods[attempt.from]!.name} to ${pods[attempt.to]!.name}:${attempt.port}/${attempt.protocol}: kernel ${kernel.verdict} (${kernel.how}), evaluated ${evaluated}\n${JSON.stringify(policies)}`

describe('evaluated verdicts', () => {
  it(`are what the kernel did, for ${sets} random policy sets`, { timeout: 1_800_000 }, async () => {
    const wrong: string[] = []
    const seen = { allow: 0, deny: 0 }
    for (let seed = 1; seed <= sets; seed++) {
      const policies = randomPolicies(createRandom(seed), words)
      const { snapshot, issues } = parseSnapshot([...objects, ...policies])
      expect(issues, JSON.stringify(policies)).toEqual([])
      load(compile('margay_lab', policies, pods, namespaces))
      const engine = createEngine(snapshot)
      const tried = attempts(seed)
      const results = await Promise.all(
        tried.map((attempt) =>
          probes[attempt.from]!.try({ protocol: attempt.protocol, ip: pods[attempt.to]!.ip, port: attempt.port }),
        ),
      )
      for (const [index, attempt] of tried.entries()) {
        const kernel = results[index]!
        const flow = flowOf(attempt)
        const verdicts = [evaluate(flow, snapshot).verdict, engine.evaluate(flow).verdict]
        seen[kernel.verdict]++
        if (verdicts.some((verdict) => verdict !== kernel.verdict))
          wrong.push(report(seed, policies, attempt, kernel, verdicts.join(' and ')))
      }
    }
    expect(wrong.slice(0, 5)).toEqual([])
    // Both verdicts must have come up often, or the comparison says nothing.
    expect(Math.min(seen.allow, seen.deny)).toBeGreaterThan((sets * flowsPerSet) / 10)
  })
})
