// Which flows a change can touch at all: those whose source's egress policies or destination's ingress policies, whose
// endpoints, or whose surroundings are others than before. Everything else keeps its verdict and is not judged.
import type { Flow, FlowEnd } from '../evaluate/flow.ts'
import type { Engine } from '../index/engine.ts'
import type { Identity } from '../index/identity.ts'
import type { Endpoint } from '../index/inventory.ts'
import { isCiliumKind } from '../evaluate/order.ts'
import type { Direction, Policy } from '../objects/policy.ts'
import type { Pod, Snapshot } from '../objects/snapshot.ts'

/** Maps are written as their entries; JSON would lose them. */
const toText = (value: unknown) =>
  JSON.stringify(value, (_, member: unknown) => (member instanceof Map ? [...member.entries()] : member))

const contents = new WeakMap<Policy, string>()

/** Everything about a policy that verdicts depend on. */
function contentOf(policy: Policy): string {
  const found = contents.get(policy)
  if (found !== undefined) return found
  const { source: _, ...rest } = policy
  const text = toText(rest)
  contents.set(policy, text)
  return text
}

const samePolicy = (a: Policy, b: Policy | undefined) => b !== undefined && (a === b || contentOf(a) === contentOf(b))

const surroundings = [
  'networkSets',
  'tiers',
  'hostEndpoints',
  'profiles',
  'services',
  'nodes',
  'domains',
  'options',
] as const

function sameSurroundings(before: Snapshot, after: Snapshot): boolean {
  const hasUnion = (snapshot: Snapshot) => snapshot.policies.some((policy) => isCiliumKind(policy.kind))
  return (
    hasUnion(before) === hasUnion(after) &&
    surroundings.every((name) => before[name] === after[name] || toText(before[name]) === toText(after[name]))
  )
}

const facts = ({ addresses, ports, node, hostNetwork, profiles }: Pod) =>
  toText([addresses, ports, node, hostNetwork, profiles])

const sameEndpoint = (a: Endpoint, b: Endpoint) =>
  a.identity.key === b.identity.key && (a.pod === b.pod || facts(a.pod) === facts(b.pod))

/** Remembers by pairs of identities, of which there are far fewer than flows. */
function createSamePolicies(
  before: Engine,
  after: Engine,
): (a: Endpoint, b: Endpoint, direction: Direction) => boolean {
  const known = {
    ingress: new WeakMap<Identity, Map<Identity, boolean>>(),
    egress: new WeakMap<Identity, Map<Identity, boolean>>(),
  }
  function compare(a: Endpoint, b: Endpoint, direction: Direction): boolean {
    const covering = (engine: Engine, { pod }: Endpoint) =>
      (engine.policiesOf(`${pod.namespace}/${pod.name}`) ?? []).filter((policy) => policy[direction] !== undefined)
    const [one, two] = [covering(before, a), covering(after, b)]
    return one.length === two.length && one.every((policy, index) => samePolicy(policy, two[index]))
  }
  return (a, b, direction) => {
    const row = known[direction].get(a.identity) ?? new Map<Identity, boolean>()
    known[direction].set(a.identity, row)
    const found = row.get(b.identity) ?? compare(a, b, direction)
    row.set(b.identity, found)
    return found
  }
}

/** Ends without a plan of their own (hosts, forwarding, vanished pods) may rest on any policy. */
function createIsPlain(before: Snapshot, after: Snapshot): (end: FlowEnd, endpoint: Endpoint | undefined) => boolean {
  const hasHosts = [before, after].some(
    ({ hostEndpoints, options }) => hostEndpoints.length > 0 || options.podBlocks.length > 0,
  )
  return (end, endpoint) => {
    if (endpoint) return !endpoint.pod.hostNetwork
    return end.pod === undefined && end.hostEndpoint === undefined && !hasHosts
  }
}

/** A test for flows: true when the verdict might differ between the two. */
export function createTouch(
  before: Snapshot,
  after: Snapshot,
  engines: { readonly before: Engine; readonly after: Engine },
): (flow: Flow) => boolean {
  if (!sameSurroundings(before, after)) return () => true
  const samePolicies = createSamePolicies(engines.before, engines.after)
  const isPlain = createIsPlain(before, after)
  function touches(end: FlowEnd, direction: Direction): boolean {
    const [a, b] = [engines.before.endpointOf(end), engines.after.endpointOf(end)]
    if (!a || !b) return a !== b || !isPlain(end, a)
    return !isPlain(end, a) || !sameEndpoint(a, b) || !samePolicies(a, b, direction)
  }
  return (flow) => flow.via !== undefined || touches(flow.source, 'egress') || touches(flow.destination, 'ingress')
}
