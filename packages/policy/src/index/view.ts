// A flow as compiled rules read it: plain fields, identities instead of labels, network sets looked up once.
import type { Answer } from '../evaluate/answer.ts'
import type { End, Ends } from '../evaluate/ends.ts'
import type { Flow } from '../evaluate/flow.ts'
import { isHost, matchesHost } from '../evaluate/host-labels.ts'
import type { Lookup } from '../evaluate/lookup.ts'
import type { NetworkSet } from '../objects/snapshot.ts'
import { answerFor, type Identity, type Work } from './identity.ts'
import type { PooledSelector } from './selector-pool.ts'

/** What the index adds to a lookup. */
export interface IndexedLookup extends Lookup {
  readonly identityOf: (end: End) => Identity | undefined
  readonly setIdentity: (set: NetworkSet) => Identity
  readonly hasSets: boolean
}

export interface SideView {
  readonly end: End
  readonly identity: Identity | undefined
  /** Undefined where the flow does not tell, or its protocol has none. */
  readonly port: number | undefined
  sets: readonly Identity[] | undefined
}

export interface FlowView {
  readonly flow: Flow
  readonly ends: Ends
  readonly lookup: IndexedLookup
  readonly work: Work
  readonly source: SideView
  readonly destination: SideView
}

export function viewOf(flow: Flow, ends: Ends, lookup: IndexedLookup, work: Work): FlowView {
  const side = (end: End, port: number | undefined): SideView => ({
    end,
    identity: lookup.identityOf(end),
    port,
    sets: undefined,
  })
  return {
    flow,
    ends,
    lookup,
    work,
    source: side(ends.source, flow.sourcePort),
    destination: side(ends.destination, flow.port),
  }
}

function setsOf(side: SideView, lookup: IndexedLookup): readonly Identity[] {
  side.sets ??= side.end.address ? lookup.setsHolding(side.end.address).map(lookup.setIdentity) : []
  return side.sets
}

/** Whether the side's address belongs to something that the selector matches; undefined sends the rule to the reference. */
export function isSelectedIn(view: FlowView, side: SideView, pooled: PooledSelector): Answer {
  const { lookup, work } = view
  let answer: Answer = false
  if (side.identity) {
    answer = answerFor(side.identity, pooled, work)
    if (answer) return true
  } else if (isHost(side.end)) {
    answer = matchesHost(pooled.selector, side.end, lookup, () => {})
    if (answer) return true
  } else if (side.end.kind === 'missing') answer = undefined
  // Fast path: most clusters have no network sets.
  if (!lookup.hasSets) return answer
  for (const set of setsOf(side, lookup)) {
    const inSet = answerFor(set, pooled, work)
    if (inSet) return true
    if (inSet === undefined) answer = undefined
  }
  const mayBeNamed = lookup.setsWithDomains.some((set) => answerFor(lookup.setIdentity(set), pooled, work) !== false)
  return mayBeNamed ? undefined : answer
}
