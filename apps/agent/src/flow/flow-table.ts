// The flows of the present interval. A flow is a set of endpoints, process and port; its variants differ in how it went
// (outcome, action, drop reason). Collectors add to variants; the table writes a row for each that changed, every
// interval, and while somebody watches one of the last second too. Flows are kept a while after their last packet, so
// that their series and their keys are made once. Bounded: a flow that finds no room is counted and not kept.
import type { Row } from '@margay/model'
import type { AgentOutput } from '@margay/wire'
import { addMeasures, clearMeasures, createMeasures, measureFields, slot } from './measures.ts'
import type { Measures } from './measures.ts'
import { createSeriesCache } from './series-cache.ts'
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
}

export const established: Verdict = { outcome: 'established', action: 'allow' }

/** Small sets gathered over one interval: what a process chose, and the outside world. */
export interface Gathered {
  readonly pids: Set<number>
  readonly args: Set<string>
  readonly domains: Set<string>
  partial: boolean
}

/** One way in which a flow went, with what it counted since the last row of each kind. */
export interface Variant {
  readonly flow: Flow
  readonly verdict: Verdict
  readonly lasting: Measures
  readonly live: Measures
  readonly gathered: Gathered
  dirty: boolean
  dirtyLive: boolean
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

export interface FlowTable {
  /** Counts intervals and seconds: what was counted once in this one is not counted again. */
  readonly interval: number
  readonly second: number
  readonly size: number
  /** The flow of a key, made at first sight; undefined (and counted) where the table is full. */
  find(key: string, identify: () => FlowIdentity): Flow | undefined
  variant(flow: Flow, verdict: Verdict): Variant
  /** Adds to a variant. `newInInterval` and `newInSecond` say whether the connection was not yet counted there. */
  add(variant: Variant, measures: Measures, newInInterval: boolean, newInSecond: boolean): void
  /** Writes the rows of the interval and starts the next. */
  endInterval(startTime: number, endTime: number): void
  /** Writes the last second's rows, or only those of flows not yet shown. */
  endSecond(now: number, onlyNew: boolean): void
  /** Nobody watches any more: what was gathered for live is thrown away. */
  forgetLive(): void
}

export interface FlowTableConfig {
  readonly maxFlows: number
  /** Intervals after which a silent flow is forgotten. */
  readonly keepIntervals: number
  readonly maxArgs: number
  readonly maxDomains: number
}

const createGathered = (): Gathered => ({ pids: new Set(), args: new Set(), domains: new Set(), partial: false })

const createVariant = (flow: Flow, verdict: Verdict): Variant => ({
  flow,
  verdict,
  lasting: createMeasures(),
  live: createMeasures(),
  gathered: createGathered(),
  dirty: false,
  dirtyLive: false,
  lastingSeries: undefined,
  liveSeries: undefined,
})

function createFlow(key: string, identity: FlowIdentity, interval: number): Flow {
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

/** The dimensions that a kernel can tell; the server adds the rest once per series. */
export function dimensionsOf(identity: FlowIdentity, verdict: Verdict): Row {
  return {
    reporter: identity.reporter,
    direction: identity.direction,
    local: identity.local,
    action: verdict.action,
    outcome: verdict.outcome,
    drop_reason: verdict.dropReason,
    proto: identity.proto,
    dest_port: identity.destPort,
    process_name: identity.processName,
    container: identity.container,
    pod_uid: identity.podUid,
  }
}

const orSeveral = (pids: ReadonlySet<number>): string =>
  pids.size === 0 ? '-' : pids.size === 1 ? String(pids.values().next().value) : '*'

function detailsOf(variant: Variant): Row {
  const { identity } = variant.flow
  const { pids, args, domains, partial } = variant.gathered
  const row: Row = {
    source_ip: identity.sourceIp,
    dest_ip: identity.destIp,
    source_port: identity.sourcePort,
    netns: identity.netns,
    process_id: orSeveral(pids),
    num_process_names: identity.processName === '-' ? 0 : 1,
    num_process_ids: pids.size,
    num_process_args: args.size,
    dialled_ip: identity.dialledIp,
    dialled_port: identity.dialledPort,
  }
  if (args.size > 0) row.process_args = [...args]
  if (domains.size > 0) {
    row.dest_domains = [...domains]
    row.dest_domain_source = 'dns'
  }
  if (partial) row.partial = true
  return row
}

export function createFlowTable(config: FlowTableConfig, deps: { readonly output: AgentOutput }): FlowTable {
  const { output } = deps
  const flows = new Map<string, Flow>()
  const lastingSeries = createSeriesCache(output.lasting)
  const liveSeries = createSeriesCache(output.live)
  const dimensions = (variant: Variant) => () => dimensionsOf(variant.flow.identity, variant.verdict)
  let dirty: Variant[] = []
  let dirtyLive: Variant[] = []
  let interval = 0
  let second = 0

  const writeLasting = (variant: Variant, startTime: number, endTime: number) => {
    variant.lastingSeries = lastingSeries.of(variant.lastingSeries, 'flows', dimensions(variant))
    output.lasting.add(variant.lastingSeries.number, {
      start_time: startTime,
      end_time: endTime,
      ...detailsOf(variant),
      ...measureFields(variant.lasting),
    })
    clearMeasures(variant.lasting)
    const { pids, args, domains } = variant.gathered
    for (const set of [pids, args, domains]) set.clear()
    variant.gathered.partial = false
    variant.dirty = false
  }

  const writeLive = (variant: Variant, now: number) => {
    variant.liveSeries = liveSeries.of(variant.liveSeries, 'flows', dimensions(variant))
    output.live.add(variant.liveSeries.number, {
      start_time: Math.floor(now) - 1,
      end_time: Math.floor(now),
      ...detailsOf(variant),
      ...measureFields(variant.live),
    })
    clearMeasures(variant.live)
    variant.dirtyLive = false
  }

  const forgetSilent = () => {
    for (const flow of flows.values()) {
      if (interval - flow.lastUsed <= config.keepIntervals) continue
      flow.isKept = false
      flows.delete(flow.key)
    }
  }

  return {
    get interval() {
      return interval
    },
    get second() {
      return second
    },
    get size() {
      return flows.size
    },
    find(key, identify) {
      const known = flows.get(key)
      if (known) return known
      if (flows.size >= config.maxFlows) {
        output.lost('flow_table_full', 1)
        return undefined
      }
      const flow = createFlow(key, identify(), interval)
      flows.set(key, flow)
      return flow
    },
    variant(flow, verdict) {
      // Fast path: established and allowed.
      if (verdict === established) return flow.main
      const key = `${verdict.outcome} ${verdict.action} ${verdict.dropReason ?? ''}`
      const known = flow.others.get(key)
      if (known) return known
      const variant = createVariant(flow, verdict)
      flow.others.set(key, variant)
      return variant
    },
    add(variant, measures, newInInterval, newInSecond) {
      measures[slot.flows] = newInInterval ? 1 : 0
      addMeasures(variant.lasting, measures)
      variant.flow.lastUsed = interval
      if (!variant.dirty) {
        variant.dirty = true
        dirty.push(variant)
      }
      if (!output.watched()) return
      measures[slot.flows] = newInSecond ? 1 : 0
      addMeasures(variant.live, measures)
      if (variant.dirtyLive) return
      variant.dirtyLive = true
      dirtyLive.push(variant)
    },
    endInterval(startTime, endTime) {
      for (const variant of dirty) writeLasting(variant, startTime, endTime)
      dirty = []
      interval++
      forgetSilent()
    },
    endSecond(now, onlyNew) {
      const due = onlyNew ? dirtyLive.filter((variant) => variant.liveSeries === undefined) : dirtyLive
      for (const variant of due) writeLive(variant, now)
      dirtyLive = onlyNew ? dirtyLive.filter((variant) => variant.dirtyLive) : []
      if (!onlyNew) second++
    },
    forgetLive() {
      for (const variant of dirtyLive) {
        clearMeasures(variant.live)
        variant.dirtyLive = false
      }
      dirtyLive = []
    },
  }
}
