// What counts. A conversation has up to two reports; this file turns flow groups of both reporters into conversations whose
// tallies may be added up. The rule: totals are the groups with `counts`, which the store decided for the search that they
// are of. Live rows say what counts in the whole log; of a search that may hold one report without the other they are
// decided here (docs/decisions/0036). A denial counts whoever reports it; one that the destination reports while the
// source's report counts is part of the source's "allowed" and is moved out of it. What was denied on the way never came to
// the destination, so it stands at the source, as far as the ends have not told it already.
//
// Reporters see different things: only the reporter knows its own process, and pod names may be aggregated on one side.
// Denials are therefore matched to counted conversations by ports, workloads and pods; where several counted
// conversations match, they share the denial by what they sent, in whole numbers. The cost is linear in groups.
import { slot, tallyWidth } from './amounts.ts'
import type { Side } from './endpoint.ts'
import type { GroupReader, Listener } from './group-reader.ts'
import { createReader, createTexts } from './group-reader.ts'
import type { GroupTable } from './group-table.ts'
import { createHierarchy } from './hierarchy.ts'
import type { Hierarchy } from './hierarchy.ts'
import { createServiceLearner } from './services.ts'
import type { ServiceGroups } from './services.ts'
import type { Pool } from './settle.ts'
import { settle, witness } from './settle.ts'

/** Conversations as columns: the nodes of both ends, protocol and port, and a tally of `tallyWidth` numbers each. */
export interface Conversations {
  readonly length: number
  readonly hierarchy: Hierarchy
  readonly source: readonly number[]
  readonly dest: readonly number[]
  readonly proto: readonly string[]
  /** Destination port as text, empty where there is none. */
  readonly port: readonly string[]
  readonly tallies: Float64Array
  /** Work done, for tests of cost: groups and conversations visited. */
  readonly steps: number
}

const bothOf = (one: Listener, other: Listener): Listener => ({
  process: one.process === other.process ? one.process : '*',
  container: one.container === other.container ? one.container : '',
})

export interface MergeOptions {
  /** Workloads stand under the services that they answer for. */
  readonly services?: boolean
  /** Those of the tables whose `counts` is of the whole log, where the search may hold one report of two. */
  readonly undecided?: readonly GroupTable[]
}

/** Merges the groups of several tables (what is stored, what came live) into conversations. */
export function mergeReporters(
  tables: readonly GroupTable[],
  { services = false, undecided = [] }: MergeOptions = {},
): Conversations {
  const texts = createTexts()
  const spokenFor = new Set<string>()
  const readers = tables.map((table) => createReader(table, texts, undecided.includes(table) ? spokenFor : undefined))
  if (undecided.length > 0) for (const reader of readers) reader.each(() => speak(reader, spokenFor))
  const merger = createMerger(services ? learnServices(readers) : noServices)
  for (const reader of readers) merger.learnListeners(reader)
  for (const reader of readers) merger.expectDenials(reader)
  for (const reader of readers) merger.addCounted(reader)
  for (const reader of readers) merger.addDenials(reader)
  return merger.finish()
}

/** Names the reports that do not count beside this one: the rule of the store, by workloads, for as long as rows are live. */
function speak(group: GroupReader, spokenFor: Set<string>): void {
  const reporter = group.text('reporter')
  if (reporter === 'fwd' || group.isEmpty()) return
  spokenFor.add(group.reportKey('fwd'))
  if (reporter === 'src' && group.text('action') !== 'deny') spokenFor.add(group.reportKey('dst'))
  if (reporter === 'dst' && group.text('counts') === 'true') spokenFor.add(group.reportKey('src'))
}

const noServices: ServiceGroups = { of: () => [] }

/** Every report tells what was dialled, also one that does not count. */
function learnServices(readers: readonly GroupReader[]): ServiceGroups {
  const learner = createServiceLearner()
  for (const group of readers) {
    group.each(() => {
      const service = group.dialled()
      if (service !== undefined) learner.learn(group.text('dest_namespace'), group.text('dest_name_aggr'), service)
    })
  }
  return learner.settle()
}

function createMerger(services: ServiceGroups) {
  const hierarchy = createHierarchy()
  const source: number[] = []
  const dest: number[] = []
  const proto: string[] = []
  const port: string[] = []
  const tallies = createFloats()
  const conversationOf = new Map<string, number>()
  const pools = new Map<string, Pool>()
  const listeners = new Map<string, Listener>()
  let steps = 0

  /** Fast path: an endpoint's place in the tree is looked for once, not once a group. */
  const places = new Map<string, number>()
  const place = (group: GroupReader, side: Side): number => {
    const key = side + group.endKey(side, listeners)
    const known = places.get(key)
    if (known !== undefined) return known
    const node = hierarchy.place(group.endpoint(side, listeners, services), side)
    places.set(key, node)
    return node
  }
  const conversation = (group: GroupReader): number => {
    const from = place(group, 'source')
    const to = place(group, 'dest')
    const key = `${from},${to},${group.text('proto')},${group.text('dest_port')}`
    const known = conversationOf.get(key)
    if (known !== undefined) return known
    conversationOf.set(key, source.length)
    tallies.grow(tallyWidth)
    dest.push(to)
    proto.push(group.text('proto'))
    port.push(group.text('dest_port'))
    return source.push(from) - 1
  }
  const add = (index: number, at: number, amounts: readonly number[]) =>
    amounts.forEach((amount, offset) => (tallies.data[index * tallyWidth + at + offset]! += amount))
  const join = (key: string, index: number, isNew: boolean) => {
    if (isNew) pools.get(key)?.members.push(index)
  }
  const poolWithMembers = (key: string) => {
    const pool = pools.get(key)
    return pool && pool.members.length > 0 ? pool : undefined
  }

  return {
    learnListeners(group: GroupReader) {
      group.each(() => {
        if (group.text('reporter') !== 'dst' || group.text('dest_type') !== 'hep') return
        const seen = { process: group.text('process_name'), container: group.text('container') }
        const known = listeners.get(group.listenerKey())
        listeners.set(group.listenerKey(), known ? bothOf(known, seen) : seen)
      })
    },
    /** Makes the pools that denials will be shared out in; where nobody denies there is nothing to keep. */
    expectDenials(group: GroupReader) {
      group.each(() => {
        if (!group.isUncountedDenial()) return
        for (const key of [group.podKey(), group.pairKey()]) {
          if (!pools.has(key)) pools.set(key, { members: [], atDestination: new Map(), onTheWay: new Map() })
        }
      })
    },
    addCounted(group: GroupReader) {
      group.each(() => {
        steps++
        if (!group.counts() || group.isEmpty()) return
        const before = source.length
        const index = conversation(group)
        add(index, slot.total, group.amounts())
        add(index, group.verdictSlot(), group.amounts())
        if (pools.size === 0) return
        join(group.pairKey(), index, index === before)
        join(group.podKey(), index, index === before)
      })
    },
    addDenials(group: GroupReader) {
      group.each(() => {
        steps++
        if (!group.isUncountedDenial()) return
        const pool = poolWithMembers(group.podKey()) ?? poolWithMembers(group.pairKey())
        // A second observer of the source tells nothing that its counted report does not.
        if (pool && group.text('reporter') === 'src') return
        if (pool) return witness(group.isForwarded() ? pool.onTheWay : pool.atDestination, group)
        const index = conversation(group)
        add(index, slot.total, group.amounts())
        add(index, group.verdictSlot(), group.amounts())
      })
    },
    finish(): Conversations {
      for (const pool of pools.values()) steps += settle(pool, tallies.data)
      const { data } = tallies
      return { length: source.length, hierarchy, source, dest, proto, port, tallies: data, steps }
    },
  }
}

/** A float array that grows by doubling. */
function createFloats() {
  let data = new Float64Array(1024 * tallyWidth)
  let used = 0
  return {
    get data() {
      return data
    },
    grow(by: number) {
      used += by
      if (used <= data.length) return
      const larger = new Float64Array(data.length * 2)
      larger.set(data)
      data = larger
    },
  }
}
