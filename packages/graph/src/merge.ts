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
import { measureCount, tallyWidth } from './amounts.ts'
import type { Endpoint, Side } from './endpoint.ts'
import type { GroupTable, KeyField } from './group-table.ts'
import { createHierarchy } from './hierarchy.ts'
import type { Hierarchy } from './hierarchy.ts'
import { createServiceLearner } from './services.ts'
import type { ServiceGroups } from './services.ts'

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

const slot = {
  total: 0,
  allowed: measureCount,
  deniedAtSource: 2 * measureCount,
  deniedAtDestination: 3 * measureCount,
}

/** Counted conversations among which an uncounted denial is shared out, and the denial as each observer saw it. */
interface Pool {
  readonly members: number[]
  readonly atDestination: Map<string, number[]>
  readonly onTheWay: Map<string, number[]>
}

/** Who listens at a host's port, as its own reports tell; where several do, the process is `*` and the container unknown. */
interface Listener {
  readonly process: string
  readonly container: string
}

const nobody: Listener = { process: '', container: '' }

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

function witness(denied: Map<string, number[]>, group: GroupReader): void {
  const observer = group.text('origin')
  const known = denied.get(observer)
  if (!known) denied.set(observer, group.amounts())
  else group.amounts().forEach((amount, offset) => (known[offset]! += amount))
}

/** Of several observers the one that saw most is believed. */
const most = (denied: Pool['onTheWay'], offset: number): number =>
  Math.max(0, ...[...denied.values()].map((amounts) => amounts[offset]!))

/** Moves a pool's denials out of what its members' sources believed to be allowed; never more than they believed. */
function settle(pool: Pool, tallies: Float64Array): number {
  const { members, atDestination, onTheWay } = pool
  const at = (member: number, place: number, offset: number) => member * tallyWidth + place + offset
  const sum = (place: number, offset: number) =>
    members.reduce((all, member) => all + tallies[at(member, place, offset)]!, 0)
  const move = (amount: number, place: number, offset: number) => {
    const allowed = members.map((member) => tallies[at(member, slot.allowed, offset)]!)
    const moved = Math.min(amount, sum(slot.allowed, offset))
    if (moved <= 0) return
    shareOut(moved, allowed).forEach((part, index) => {
      tallies[at(members[index]!, place, offset)]! += part
      tallies[at(members[index]!, slot.allowed, offset)]! -= part
    })
  }
  for (let offset = 0; offset < measureCount; offset++) {
    const there = most(atDestination, offset)
    const told = there + sum(slot.deniedAtSource, offset)
    move(there, slot.deniedAtDestination, offset)
    move(most(onTheWay, offset) - told, slot.deniedAtSource, offset)
  }
  for (const member of members) denyEmpty(tallies.subarray(member * tallyWidth, (member + 1) * tallyWidth))
  return members.length
}

/**
 * Connections of which no packet is left to be allowed were denied too: an end that refuses may count a connection of the
 * same five-tuple once, and its interval begins and ends at other moments.
 */
function denyEmpty(tally: Float64Array): void {
  const isEmpty = tally.subarray(slot.allowed + 1, slot.allowed + measureCount).every((amount) => amount === 0)
  if (!isEmpty) return
  const place = [slot.deniedAtDestination, slot.deniedAtSource].find((denied) => tally[denied + 1]! > 0)
  if (place === undefined) return
  tally[place]! += tally[slot.allowed]!
  tally[slot.allowed] = 0
}

/** Shares a whole amount by weights in whole parts that add up to it; without weight the first takes all. */
export function shareOut(amount: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  if (all === 0) return weights.map((_, at) => (at === 0 ? amount : 0))
  let weightSoFar = 0
  let givenSoFar = 0
  return weights.map((weight) => {
    weightSoFar += weight
    const upTo = weightSoFar === all ? amount : Math.floor((amount * weightSoFar) / all)
    const part = upTo - givenSoFar
    givenSoFar = upTo
    return part
  })
}

/** The texts of all tables under one code each, so that keys are short and compare by number. */
interface Texts {
  code(text: string): number
  text(code: number): string
}

function createTexts(): Texts {
  const texts: string[] = []
  const codes = new Map<string, number>()
  return {
    code(text) {
      const known = codes.get(text)
      if (known !== undefined) return known
      codes.set(text, texts.length)
      return texts.push(text) - 1
    },
    text: (code) => texts[code]!,
  }
}

const workloadFields: readonly KeyField[] = [
  'proto',
  'dest_port',
  'source_type',
  'source_namespace',
  'source_name_aggr',
  'dest_type',
  'dest_namespace',
  'dest_name_aggr',
]
const podFields: readonly KeyField[] = [...workloadFields, 'source_name', 'dest_name']
const listenerFields: readonly KeyField[] = ['dest_namespace', 'dest_name_aggr', 'proto', 'dest_port']

/** A cursor over the groups of a table: what it tells is of the group that `each` has come to. */
type GroupReader = ReturnType<typeof createReader>

/** `spokenFor` decides about groups that do not count by themselves; where it is absent, they do not count. */
function createReader(table: GroupTable, texts: Texts, spokenFor: ReadonlySet<string> | undefined) {
  const { codes, sums } = table
  const shared = table.texts.map((text) => texts.code(text))
  let at = 0
  const code = (field: KeyField): number => shared[codes[field][at]!]!
  const text = (field: KeyField): string => table.texts[codes[field][at]!]!
  // Fast path: called thrice a group; joining numbers costs a tenth of escaping and joining texts.
  const key = (fields: readonly KeyField[]): string => {
    let joined = ''
    for (const field of fields) joined += `${code(field)},`
    return joined
  }
  const bySource = () => text('reporter') === 'src'
  const isOwn = (side: Side) => bySource() === (side === 'source')
  const sum = (field: keyof typeof sums) => sums[field][at]!
  const pairKey = () => `w${key(workloadFields)}`
  const reportKey = (reporter: string) => `${reporter}${pairKey()}`
  /** A forwarder counts for what it threw away, if it is the only one who tells. */
  const mayCount = () => text('reporter') !== 'fwd' || text('action') === 'deny'
  const counts = () =>
    mayCount() &&
    (text('counts') === 'true' || (spokenFor !== undefined && !spokenFor.has(reportKey(text('reporter')))))
  const isEmpty = () =>
    sum('num_flows') + sum('packets_in') + sum('packets_out') + sum('bytes_in') + sum('bytes_out') === 0
  const listenerKey = () => key(listenerFields)
  const programOf = (side: Side, listeners: ReadonlyMap<string, Listener>): Listener => {
    if (isOwn(side)) return { process: text('process_name'), container: text('container') }
    return (side === 'dest' && text('dest_type') === 'hep' && listeners.get(listenerKey())) || nobody
  }

  return {
    /** Calls back for every group. */
    each(visit: () => void) {
      for (at = 0; at < table.length; at++) visit()
    },
    text,
    listenerKey,
    /** Names one pair of workloads on one port. */
    pairKey,
    /** Names what a reporter tells of one pair of workloads on one port. */
    reportKey,
    /** Names one pair of pods on one port. */
    podKey: () => `p${key(podFields)}`,
    counts,
    isEmpty,
    isForwarded: () => text('reporter') === 'fwd',
    isUncountedDenial: () => text('action') === 'deny' && !counts() && !isEmpty(),
    /** In the order of `measures`; bytes as the source of the flow sees them, whoever reports. */
    amounts: (): number[] => {
      const packets = sum('packets_in') + sum('packets_out')
      const [sent, received] = bySource() ? (['bytes_out', 'bytes_in'] as const) : (['bytes_in', 'bytes_out'] as const)
      return [sum('num_flows'), packets, sum(sent), sum(received)]
    },
    verdictSlot: () => {
      if (text('action') !== 'deny') return slot.allowed
      return text('reporter') === 'dst' ? slot.deniedAtDestination : slot.deniedAtSource
    },
    /** Names an endpoint as far as the tree tells endpoints apart; processes are told apart on hosts only. */
    endKey: (side: Side, listeners: ReadonlyMap<string, Listener>): string => {
      const names = key(endFields[side])
      if (text(`${side}_type`) !== 'hep') return names
      const { process, container } = programOf(side, listeners)
      return `${names}${texts.code(container)},${texts.code(process)}`
    },
    /** The service that a pod was reached by, with its namespace where that is another one; undefined where none is known. */
    dialled: (): string | undefined => {
      const name = text('dest_service_name')
      if (text('dest_type') !== 'wep' || name === '' || name === '-') return undefined
      const namespace = text('dest_service_namespace')
      const isHere = namespace === '' || namespace === '-' || namespace === text('dest_namespace')
      return isHere ? name : `${namespace}/${name}`
    },
    endpoint: (side: Side, listeners: ReadonlyMap<string, Listener>, services: ServiceGroups): Endpoint => ({
      type: text(`${side}_type`),
      namespace: text(`${side}_namespace`),
      nameAggr: text(`${side}_name_aggr`),
      services: text(`${side}_type`) === 'wep' ? services.of(text(`${side}_namespace`), text(`${side}_name_aggr`)) : [],
      name: text(`${side}_name`),
      ...programOf(side, listeners),
      domain: side === 'dest' ? text('dest_domains') : '',
    }),
  }
}

const endFields: { readonly [S in Side]: readonly KeyField[] } = {
  source: ['source_type', 'source_namespace', 'source_name_aggr', 'source_name'],
  dest: ['dest_type', 'dest_namespace', 'dest_name_aggr', 'dest_name', 'dest_domains'],
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
