// What a flow is in the agent: identity, the ways in which it went, and what each counted since its last row. Data only; the
// flow table owns it.
import type { ClientNames } from '../dns/client-domains.ts'
import type { ExemplarList } from './exemplars.ts'
import type { MarkSet } from './mark-table.ts'
import { createMeasures } from './measures.ts'
import type { Measures } from './measures.ts'
import type { Series } from './series-cache.ts'

export type Reporter = 'src' | 'dst' | 'fwd'
export type Direction = 'egress' | 'ingress' | 'unknown'
export type Outcome = 'established' | 'refused' | 'unanswered' | 'dropped' | 'reset'

/** What identifies a flow at its reporter. Addresses are printed; ports of clients are given at level 0 only. */
export interface FlowIdentity {
  readonly reporter: Reporter
  readonly direction: Direction
  readonly local: boolean
  readonly proto: string
  readonly sourceIp: string
  readonly destIp: string
  readonly sourcePort?: number
  readonly destPort?: number
  readonly netns?: number
  readonly processName: string
  readonly container?: string
  readonly podUid?: string
  readonly dialledIp?: string
  readonly dialledPort?: number
}

export interface Verdict {
  readonly outcome: Outcome
  readonly action: 'allow' | 'deny'
  readonly dropReason?: string
  /** What rules of the node said of it, for this reporter's direction. */
  readonly marks?: MarkSet
}

export const established: Verdict = { outcome: 'established', action: 'allow' }

/** Small sets gathered over one interval: what a process chose, and the outside world. */
export interface Gathered {
  readonly pids: Set<number>
  readonly args: Set<string>
  readonly domains: Set<string>
  readonly aliases: Set<string>
  partial: boolean
}

/** One way in which a flow went, with what it counted since the last row of each kind. */
export interface Variant {
  readonly flow: Flow
  readonly verdict: Verdict
  readonly lasting: Measures
  readonly live: Measures
  readonly gathered: Gathered
  /** Most variants have none. */
  lastingExemplars: ExemplarList | undefined
  liveExemplars: ExemplarList | undefined
  dirty: boolean
  dirtyLive: boolean
  /** Interval in which something was last added. */
  lastUsed: number
  /** Unix seconds: what counts for the next row happened from then, and before then. */
  activeFrom: number
  activeTo: number
  lastingSeries: Series | undefined
  liveSeries: Series | undefined
}

export interface Flow {
  readonly key: string
  readonly identity: FlowIdentity
  /** By far the commonest variant has its own place. */
  readonly main: Variant
  readonly others: Map<string, Variant>
  /** Interval in which something was last added. */
  lastUsed: number
  /** False once the table has forgotten it. */
  isKept: boolean
}

const createGathered = (): Gathered => ({
  pids: new Set(),
  args: new Set(),
  domains: new Set(),
  aliases: new Set(),
  partial: false,
})

export const createVariant = (flow: Flow, verdict: Verdict): Variant => ({
  flow,
  verdict,
  lasting: createMeasures(),
  live: createMeasures(),
  gathered: createGathered(),
  lastingExemplars: undefined,
  liveExemplars: undefined,
  dirty: false,
  dirtyLive: false,
  lastUsed: flow.lastUsed,
  activeFrom: 0,
  activeTo: 0,
  lastingSeries: undefined,
  liveSeries: undefined,
})

/** A flow that has counted nothing yet. */
export function createFlow(key: string, identity: FlowIdentity, interval: number): Flow {
  const flow: Omit<Flow, 'main'> & { main?: Variant } = {
    key,
    identity,
    others: new Map(),
    lastUsed: interval,
    isKept: true,
  }
  flow.main = createVariant(flow as Flow, established)
  return flow as Flow
}

/** The process at a socket, and the names that led it where it went. */
export interface Party {
  readonly pid: number
  readonly args: string | undefined
  readonly names: ClientNames
}

/** Adds what one connection has to say to the interval's small sets, within their bounds. */
export function gather(
  into: Gathered,
  { pid, args, names }: Party,
  bounds: { readonly maxArgs: number; readonly maxDomains: number },
): void {
  if (pid !== 0) into.pids.add(pid)
  if (args !== undefined && into.args.size < bounds.maxArgs) into.args.add(args)
  for (const domain of names.domains) if (into.domains.size < bounds.maxDomains) into.domains.add(domain)
  for (const alias of names.aliases) if (into.aliases.size < bounds.maxDomains) into.aliases.add(alias)
}
