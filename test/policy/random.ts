// Random NetworkPolicies over the pods of a test, from a seed: the same seed is the same set, so a disagreement can be run again.
import type { NetworkPolicy, Peer, PolicyPort, Selector } from './network-policy.ts'

export type Random = (below: number) => number

/** A small generator of whole numbers below a bound (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!
const some = <T>(random: Random, most: number, make: () => T): T[] => Array.from({ length: random(most + 1) }, make)

export interface Vocabulary {
  readonly namespaces: readonly string[]
  readonly podLabels: Readonly<Record<string, readonly string[]>>
  readonly namespaceLabels: Readonly<Record<string, readonly string[]>>
  readonly blocks: readonly { readonly cidr: string; readonly within: readonly string[] }[]
  readonly ports: readonly number[]
  readonly portNames: readonly string[]
}

function selector(random: Random, labels: Vocabulary['podLabels']): Selector {
  const key = pick(random, Object.keys(labels))
  const values = labels[key]!
  switch (random(6)) {
    case 0:
      return {}
    case 1:
      return { matchExpressions: [{ key, operator: pick(random, ['Exists', 'DoesNotExist'] as const) }] }
    case 2:
      return {
        matchExpressions: [
          {
            key,
            operator: pick(random, ['In', 'NotIn'] as const),
            values: [pick(random, values), pick(random, values)],
          },
        ],
      }
    default:
      return { matchLabels: { [key]: pick(random, values) } }
  }
}

function peer(random: Random, words: Vocabulary): Peer {
  if (random(4) === 0) {
    const { cidr, within } = pick(random, words.blocks)
    const except = random(2) === 0 ? [] : [pick(random, within)]
    return { ipBlock: except.length > 0 ? { cidr, except } : { cidr } }
  }
  const form = random(3)
  return {
    ...(form !== 1 && { podSelector: selector(random, words.podLabels) }),
    ...(form !== 0 && { namespaceSelector: selector(random, words.namespaceLabels) }),
  }
}

function port(random: Random, words: Vocabulary): PolicyPort {
  const protocol = pick(random, [undefined, 'TCP', 'UDP'] as const)
  const base = protocol ? { protocol } : {}
  switch (random(4)) {
    case 0:
      return base
    case 1:
      return { ...base, port: pick(random, words.portNames) }
    case 2: {
      const [low, high] = [pick(random, words.ports), pick(random, words.ports)].sort((a, b) => a - b)
      return { ...base, port: low!, endPort: high! }
    }
    default:
      return { ...base, port: pick(random, words.ports) }
  }
}

function policy(random: Random, words: Vocabulary, name: string): NetworkPolicy {
  const policyTypes = pick(random, [undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress']] as const)
  const ports = () => some(random, 2, () => port(random, words))
  const peers = () => some(random, 2, () => peer(random, words))
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: pick(random, words.namespaces) },
    spec: {
      podSelector: selector(random, words.podLabels),
      ...(policyTypes && { policyTypes }),
      ...(random(3) > 0 && { ingress: some(random, 2, () => ({ from: peers(), ports: ports() })) }),
      ...(random(3) > 0 && { egress: some(random, 2, () => ({ to: peers(), ports: ports() })) }),
    },
  }
}

/** One to six policies. */
export function randomPolicies(random: Random, words: Vocabulary): NetworkPolicy[] {
  return Array.from({ length: 1 + random(6) }, (_, index) => policy(random, words, `p${index}`))
}
