// The flows of the present interval. A flow is a set of endpoints, process and port; its variants differ in how it went
// (outcome, action, drop reason). Collectors add to variants; the table writes a row for each that changed, every
// interval, and while somebody watches one of the last second too. Flows are kept a while after their last packet, so
// that their series and their keys are made once. Bounded: a flow that finds no room is counted and not kept.
import type { Exemplar } from '@margay/model'
import type { AgentOutput } from '@margay/wire'
import { createExemplarList } from './exemplars.ts'
import { detailsOf, dimensionsOf } from './flow-rows.ts'
import { createFlow, createVariant, established } from './flow.ts'
import type { Flow, FlowIdentity, Variant, Verdict } from './flow.ts'
import { addMeasures, clearMeasures, measureFields, slot } from './measures.ts'
import type { Measures } from './measures.ts'
import { createSeriesCache } from './series-cache.ts'

export interface FlowTable {
  /** Counts intervals and seconds: what was counted once in this one is not counted again. */
  readonly interval: number
  readonly second: number
  readonly size: number
  /** Says that what is added from now on happened in this span, Unix milliseconds. */
  setSpan(fromMs: number, toMs: number): void
  /** The flow of a key, made at first sight; undefined (and counted) where the table is full. */
  find(key: string, identify: () => FlowIdentity): Flow | undefined
  variant(flow: Flow, verdict: Verdict): Variant
  /** Adds to a variant. `newInInterval` and `newInSecond` say whether the connection was not yet counted there. */
  add(variant: Variant, measures: Measures, newInInterval: boolean, newInSecond: boolean): void
  /**
   * Keeps a connection of a variant whole, within the bound. The key is the connection's; `isNew` says whether it was not
   * yet kept for this variant and interval.
   */
  keep(variant: Variant, key: string, exemplar: Exemplar, isNew: boolean): void
  /** Writes the rows of the interval and starts the next. */
  endInterval(startTime: number, endTime: number): void
  /** Writes the last second's rows, or only those of flows not yet shown. */
  endSecond(now: number, onlyNew: boolean): void
  /** Nobody watches any more: what was gathered for live is thrown away. */
  forgetLive(): void
}

export interface FlowTableConfig {
  readonly maxFlows: number
  /** Connections kept whole per row. */
  readonly exemplars: number
  /** Intervals after which a silent flow is forgotten. */
  readonly keepIntervals: number
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
  /** Whole seconds, the last one not in it. */
  const span = { from: 0, to: 0 }

  const writeLasting = (variant: Variant, startTime: number, endTime: number) => {
    variant.lastingSeries = lastingSeries.of(variant.lastingSeries, 'flows', dimensions(variant))
    output.lasting.add(variant.lastingSeries.number, {
      start_time: startTime,
      end_time: endTime,
      active_from: Math.max(0, variant.activeFrom - startTime),
      active_to: Math.max(0, variant.activeTo - startTime),
      ...detailsOf(variant),
      ...measureFields(variant.lasting),
      ...variant.lastingExemplars?.fields(),
    })
    clearMeasures(variant.lasting)
    variant.lastingExemplars = undefined
    const { pids, args, domains, aliases } = variant.gathered
    for (const set of [pids, args, domains, aliases]) set.clear()
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
      ...variant.liveExemplars?.fields(),
    })
    clearMeasures(variant.live)
    variant.liveExemplars = undefined
    variant.dirtyLive = false
  }

  const isSilent = ({ lastUsed }: { readonly lastUsed: number }) => interval - lastUsed > config.keepIntervals
  /** Rules are numbered anew whenever they are loaded, and each number is another variant of a flow that goes on. */
  const forgetSilentVariants = ({ others }: Flow) => {
    for (const [key, variant] of others) if (isSilent(variant)) others.delete(key)
  }
  const forgetSilent = () => {
    for (const flow of flows.values()) {
      if (isSilent(flow)) {
        flow.isKept = false
        flows.delete(flow.key)
      } else forgetSilentVariants(flow)
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
    setSpan(fromMs, toMs) {
      span.from = Math.floor(fromMs / 1000)
      span.to = Math.floor(toMs / 1000) + 1
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
      const key = `${verdict.outcome} ${verdict.action} ${verdict.dropReason ?? ''} ${verdict.marks?.id ?? ''}`
      const known = flow.others.get(key)
      if (known) return known
      const variant = createVariant(flow, verdict)
      flow.others.set(key, variant)
      return variant
    },
    add(variant, measures, newInInterval, newInSecond) {
      measures[slot.flows] = newInInterval ? 1 : 0
      addMeasures(variant.lasting, measures)
      variant.flow.lastUsed = variant.lastUsed = interval
      variant.activeTo = span.to
      if (!variant.dirty) {
        variant.dirty = true
        variant.activeFrom = span.from
        dirty.push(variant)
      }
      if (!output.watched()) return
      measures[slot.flows] = newInSecond ? 1 : 0
      addMeasures(variant.live, measures)
      if (variant.dirtyLive) return
      variant.dirtyLive = true
      dirtyLive.push(variant)
    },
    keep(variant, key, exemplar, isNew) {
      if (config.exemplars === 0) return
      variant.lastingExemplars ??= createExemplarList(config.exemplars)
      variant.lastingExemplars.keep(key, exemplar, isNew)
      if (!output.watched()) return
      variant.liveExemplars ??= createExemplarList(config.exemplars)
      variant.liveExemplars.keep(key, exemplar, isNew)
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
        variant.liveExemplars = undefined
        variant.dirtyLive = false
      }
      dirtyLive = []
    },
  }
}
