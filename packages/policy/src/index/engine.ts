// The evaluator for every flow there is: the reference's answers, from compiled rules over identities, with what was
// judged before remembered. A change of one pod costs that pod; a change of one policy costs the identities that it may
// select. What must stay true: for any snapshot, flow and order of changes, its answers are the reference's.
import { resolveEnds } from '../evaluate/ends.ts'
import type { DirectionResult, Evaluation, Flow, FlowEnd, Mode } from '../evaluate/flow.ts'
import { isPodAddress } from '../evaluate/lookup.ts'
import { printAddress } from '../net/address.ts'
import type { Policy } from '../objects/policy.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import type { Change, Keyed, ReplaceableList } from './change.ts'
import { createIdentities, type Work } from './identity.ts'
import { createInventory, type Endpoint, type Inventory } from './inventory.ts'
import { judgeFlow } from './judge.ts'
import type { Plan } from './plan.ts'
import { createPlans, type Plans } from './plans.ts'
import { createRest, type Rest } from './rest.ts'

export interface EngineConfig {
  /** Judged flows that are remembered; beyond it all are forgotten at once. */
  readonly remember: number
}

/** A flow that somebody asks about again and again, and keeps. */
export interface Followed {
  /** How it is judged now: the same object for as long as nothing that it rests on is replaced. */
  readonly enforced: () => Evaluation
  /** The same with staged policies; the very same object where they could make no difference. */
  readonly pending: () => Evaluation
}

export interface Engine {
  /** Judges a flow, or remembers how it was judged. */
  readonly evaluate: (flow: Flow, mode?: Mode) => Evaluation
  /** Judges a flow for who keeps the answer: nothing is remembered here, and asking again costs next to nothing. */
  readonly follow: (flow: Flow) => Followed
  readonly apply: (change: Change) => void
  /** Policies that concern a pod (`namespace/name`), in order; undefined when there is no such pod. */
  readonly policiesOf: (pod: string) => readonly Policy[] | undefined
  /** The pod that a flow's end is, if it is one. */
  readonly endpointOf: (end: FlowEnd) => Endpoint | undefined
  /** How much is held, for metrics. */
  readonly sizes: () => { readonly identities: number; readonly flows: number }
  /** What was done so far, in steps. */
  readonly work: Readonly<Work>
}

/** A judged flow and what the answer rests on: compared by identity, not by content. */
interface Known {
  readonly evaluation: Evaluation
  readonly source: Endpoint | undefined
  readonly sourcePlan: Plan | undefined
  readonly destination: Endpoint | undefined
  readonly destinationPlan: Plan | undefined
  readonly inventory: number
  /** Absent where the two plans hold every policy that could matter. */
  readonly policies: number | undefined
  /** The number of changes up to which the answer was found to hold. */
  checkedAt: number
}

function endKey(end: FlowEnd): string {
  // Fast path: an end that is a pod's name and nothing else.
  if (end.pod !== undefined && !end.address && !end.domains && !end.aliases) return end.pod
  const { pod = '', hostEndpoint = '', node = '', unnamed = '', isNobodys = '', domains = [], aliases = [] } = end
  const address = end.address ? printAddress(end.address) : ''
  return [pod, hostEndpoint, node, unnamed, address, isNobodys, domains.join(','), aliases.join(',')].join('|')
}

/** Names every field that a verdict depends on; rare ones only where they occur. */
function flowKey(flow: Flow, mode: Mode): string {
  const { icmp, http, via, sourcePort } = flow
  const key = `${endKey(flow.source)}>${endKey(flow.destination)}>${flow.protocol}>${flow.port}>${mode}`
  return icmp || http || via || sourcePort !== undefined ? key + JSON.stringify([sourcePort, icmp, http, via]) : key
}

const isByAddressAlone = ({ pod, hostEndpoint, node, unnamed }: FlowEnd) =>
  pod === undefined && hostEndpoint === undefined && node === undefined && unnamed === undefined

/** Ends with a plan rest on that plan alone; hosts and vanished pods may rest on any policy. */
function restsOnPlan(end: FlowEnd, endpoint: Endpoint | undefined, rest: Snapshot): boolean {
  if (endpoint) return !endpoint.pod.hostNetwork
  if (rest.hostEndpoints.length > 0) return false
  if (end.node !== undefined) return true
  return isByAddressAlone(end) && end.address !== undefined && !isPodAddress(end.address, rest.options)
}

interface Parts {
  readonly inventory: Inventory
  readonly plans: Plans
  readonly rest: Rest
}

function endpointOf(end: FlowEnd, inventory: Inventory): Endpoint | undefined {
  if (end.pod !== undefined) return inventory.endpoint(end.pod)
  return isByAddressAlone(end) && end.address && !end.isNobodys ? inventory.endpointAt(end.address) : undefined
}

function remember(flow: Flow, evaluation: Evaluation, parts: Parts, changes: number): Known {
  const { inventory, plans } = parts
  const source = endpointOf(flow.source, inventory)
  const destination = endpointOf(flow.destination, inventory)
  const rest = parts.rest.snapshot()
  const onPlans =
    !flow.via && restsOnPlan(flow.source, source, rest) && restsOnPlan(flow.destination, destination, rest)
  return {
    evaluation,
    source,
    sourcePlan: source && plans.of(source.identity),
    destination,
    destinationPlan: destination && plans.of(destination.identity),
    inventory: inventory.generation(),
    policies: onPlans ? undefined : plans.generation(),
    checkedAt: changes,
  }
}

/** Whether nothing that the answer rests on was replaced since. */
function isCurrent(known: Known, flow: Flow, { inventory, plans }: Parts): boolean {
  const { source, destination } = known
  return (
    known.inventory === inventory.generation() &&
    source === endpointOf(flow.source, inventory) &&
    destination === endpointOf(flow.destination, inventory) &&
    known.sourcePlan === source?.identity.plan &&
    known.destinationPlan === destination?.identity.plan &&
    (known.policies === undefined || known.policies === plans.generation())
  )
}

/**
 * The pending result of an end from its enforced one, where no staged policy concerns it: the same, but for the policy to which
 * the end of a tier is credited. Undefined where it must be judged.
 */
function pendingOfEnd(result: DirectionResult, endpoint: Endpoint | undefined, plan: Plan | undefined) {
  if (!plan || plan.hasStaged || plan.isUncertain || endpoint?.pod.hostNetwork) return undefined
  const { trace, decision, direction } = result
  if (trace.every((hit) => hit.rule !== 'none')) return result
  if (trace.length !== 1 || decision.by !== 'end-of-tier') return undefined
  const end = plan
    .track(direction, 'pending')
    .find(({ end: one }) => one?.decision.by === 'end-of-tier' && one.decision.tier === decision.tier)?.end
  return end && { ...result, trace: end.alone, decision: end.decision }
}

/** The pending answer from the enforced one; undefined where it must be judged. */
function pendingOf({ evaluation, source, sourcePlan, destination, destinationPlan }: Known, flow: Flow) {
  const { source: egress, destination: ingress } = evaluation
  if (flow.via || evaluation.missing.length > 0) return undefined
  const from = egress && pendingOfEnd(egress, source, sourcePlan)
  const to = ingress && pendingOfEnd(ingress, destination, destinationPlan)
  if ((egress && !from) || (ingress && !to)) return undefined
  if (from === egress && to === ingress) return evaluation
  return { ...evaluation, ...(from && { source: from }), ...(to && { destination: to }) }
}

function applyRemoval({ remove, key }: Extract<Change, { remove: unknown }>, parts: Parts): void {
  const { inventory, plans, rest } = parts
  const removers = {
    pod: inventory.removePod,
    policy: plans.remove,
    namespace: inventory.removeNamespace,
    serviceAccount: inventory.removeAccount,
  }
  if (remove in removers) return removers[remove as keyof typeof removers](key)
  const kind = remove as keyof Keyed
  rest.remove(kind, key)
  changedRest(kind, parts)
}

/** Slices of services matter to nobody while no policy asks for a service, and then they change all the time. */
function changedRest(what: keyof Keyed | ReplaceableList | 'options', { inventory, plans }: Parts): void {
  const isService = what === 'service' || what === 'services'
  if (!isService || plans.asksForServices()) inventory.changedRest()
  if (what === 'tier' || what === 'tiers' || what === 'options') plans.changedFrame()
}

function applyChange(change: Change, parts: Parts): void {
  const { inventory, plans, rest } = parts
  if ('replace' in change) {
    rest.replace(change.replace, change.values)
    changedRest(change.replace, parts)
  } else if ('remove' in change) applyRemoval(change, parts)
  else if (change.put === 'pod') inventory.putPod(change.value)
  else if (change.put === 'policy') plans.put(change.value)
  else if (change.put === 'namespace') inventory.putNamespace(change.value)
  else if (change.put === 'serviceAccount') inventory.putAccount(change.value)
  else {
    rest.put(change.put, change.key, change.value)
    changedRest(change.put, parts)
  }
}

/** Pods and policies that are taken in between two looks at who else waits: some milliseconds. */
const stepChanges = 200

/** As `createEngine`, in steps, for whoever has others to answer in between. */
export function* createEngineInSteps(snapshot: Snapshot, config?: EngineConfig): Generator<void, Engine> {
  const engine = createEngine({ ...snapshot, pods: [], policies: [] }, config)
  const changes = [
    ...snapshot.pods.map((value): Change => ({ put: 'pod', value })),
    ...snapshot.policies.map((value): Change => ({ put: 'policy', value })),
  ]
  for (const [index, change] of changes.entries()) {
    if (index % stepChanges === 0) yield
    engine.apply(change)
  }
  return engine
}

/** Builds an engine from a snapshot; `apply` keeps it up to date. */
export function createEngine(snapshot: Snapshot, config: EngineConfig = { remember: 1_000_000 }): Engine {
  const work: Work = { selectorTests: 0, plansMade: 0, flowsJudged: 0, identitiesVisited: 0 }
  const identities = createIdentities()
  const rest = createRest(snapshot)
  const inventory = createInventory(snapshot, rest, identities)
  const plans = createPlans({ identities, lookup: inventory.lookup, rest: rest.snapshot, work })
  const parts: Parts = { inventory, plans, rest }
  const known = new Map<string, Known>()
  let changes = 0
  for (const policy of snapshot.policies) plans.put(policy)

  const evaluateNow = (flow: Flow, mode: Mode): Evaluation =>
    judgeFlow(flow, resolveEnds(flow, inventory.lookup), inventory.lookup, plans, mode, work)
  const judge = (flow: Flow, mode: Mode): Known => remember(flow, evaluateNow(flow, mode), parts, changes)
  /** What was found, if it still holds. */
  function confirmed(found: Known | undefined, flow: Flow): Known | undefined {
    // Fast path: nothing at all changed since the answer was last found to hold.
    if (!found || found.checkedAt === changes) return found
    if (!isCurrent(found, flow, parts)) return undefined
    found.checkedAt = changes
    return found
  }
  return {
    evaluate: (flow, mode = 'enforced') => {
      const key = flowKey(flow, mode)
      const held = confirmed(known.get(key), flow)
      if (held) return held.evaluation
      const judged = judge(flow, mode)
      if (known.size >= config.remember) known.clear()
      known.set(key, judged)
      return judged.evaluation
    },
    follow: (flow) => {
      let found: Known | undefined
      let pending: Evaluation | undefined
      const now = (): Known => {
        const held = confirmed(found, flow)
        if (held) return held
        pending = undefined
        found = judge(flow, 'enforced')
        return found
      }
      return {
        enforced: () => now().evaluation,
        pending: () => {
          const known = now()
          pending ??= pendingOf(known, flow) ?? evaluateNow(flow, 'pending')
          return pending
        },
      }
    },
    apply: (change) => {
      changes += 1
      applyChange(change, parts)
    },
    policiesOf: (pod) => {
      const endpoint = inventory.endpoint(pod)
      return endpoint && plans.of(endpoint.identity).policies.map(({ policy }) => policy)
    },
    endpointOf: (end) => endpointOf(end, inventory),
    sizes: () => ({ identities: identities.size(), flows: known.size }),
    work,
  }
}
