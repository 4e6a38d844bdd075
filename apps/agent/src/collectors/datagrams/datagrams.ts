// UDP, ICMP and everything else that is not TCP: counted by the kernel side per socket and peer, taken out once a second.
// Who started is who sent the first packet; of sockets that are older than the agent that is not known at first.
import type { Exemplar } from '@margay/model'
import { noNames } from '../../dns/client-domains.ts'
import type { ClientNames } from '../../dns/client-domains.ts'
import { flowOf, readSocket } from '../../flow/endpoints.ts'
import type { Socket } from '../../flow/endpoints.ts'
import { established, gather } from '../../flow/flow.ts'
import type { Flow, Verdict } from '../../flow/flow.ts'
import type { Role } from '../../flow/hosts.ts'
import { judgeByMarks, marksOf } from '../../flow/marks.ts'
import type { EndMarks } from '../../flow/marks.ts'
import { addMeasures, clearMeasures, createMeasures, slot } from '../../flow/measures.ts'
import type { Measures } from '../../flow/measures.ts'
import { tupleKey } from '../../flow/tuple.ts'
import { verdictOfDrop } from '../../flow/verdict.ts'
import {
  datagramKey,
  datagramKeySize,
  datagramValue,
  datagramValueSize,
  party,
  readU64,
  role,
} from '../../kernel/layout.ts'
import { stateByPrograms } from '../collector.ts'
import type { Collector, Shared } from '../collector.ts'

interface Exchange {
  /** Milliseconds. */
  readonly startMs: number
  socket: Socket
  flow: Flow | undefined
  readonly role: Role
  readonly partial: boolean
  readonly names: ClientNames
  isSure: boolean
  isAnswered: boolean
  isNew: boolean
  /** What rules said of its first packet. */
  marks: EndMarks | undefined
  interval: number
  second: number
}

/** What an exchange sent before it is said to be unanswered: its answer may be on its way. */
interface Waiting {
  readonly exchange: Exchange
  readonly measures: Measures
  /** Nanoseconds of the kernel's clock. */
  readonly since: number
}

/** As many as the kernel's map holds, so that one call empties it. */
const batch = 32_768
/** Without a packet for this long an exchange is over; the next packet starts another. */
const idleIntervals = 6
/** For so long after the start a first packet may be the middle of an older exchange. */
const settleNs = 5e9
/** For so long an answer is waited for: a name server that must ask others takes seconds. */
const answerNs = 3e9

const unanswered: Verdict = { outcome: 'unanswered', action: 'allow' }

function createExchanges(shared: Shared, openedAt: number) {
  const { config, evidence, flows } = shared
  const exchanges = new Map<string, Exchange>()
  const waiting = new Map<string, Waiting>()
  const measures = createMeasures()

  /** Whose destination was translated is a client, also where its answer is seen first. */
  const isTranslated = (keys: Buffer, keyAt: number) =>
    shared.nat.size > 0 && shared.nat.find(tupleKey(keys, keyAt + datagramKey.tuple)) !== undefined

  const roleOf = (isSeeded: boolean, isOut: boolean, first: number): Role => {
    if (isSeeded && first - openedAt < settleNs) return role.unknown
    return isOut ? role.client : role.server
  }

  const open = (keys: Buffer, keyAt: number, values: Buffer, at: number): Exchange => {
    const socket = readSocketAt(shared, keys, keyAt, values, at)
    const first = readU64(values, at + datagramValue.first)
    const isOut = values[at + datagramValue.firstOut] === 1 || isTranslated(keys, keyAt)
    const ofRole = roleOf(socket.seeded, isOut, first)
    shared.hosts.own(socket.ends.netns, socket.ends.local)
    return {
      startMs: Math.round(shared.clock.wall(first)),
      socket,
      role: ofRole,
      flow: flowOf(shared, socket, ofRole, keys, keyAt),
      partial: ofRole === role.unknown,
      names:
        ofRole === role.server ? noNames : shared.domains.find(socket.ends.netns, socket.cgroup, socket.ends.remote),
      isSure: values[at + party.sure] === 1,
      isAnswered: false,
      isNew: true,
      marks: undefined,
      interval: -1,
      second: -1,
    }
  }

  const refresh = (exchange: Exchange, keys: Buffer, keyAt: number, values: Buffer, at: number) => {
    if ((exchange.isSure || values[at + party.sure] !== 1) && exchange.flow?.isKept) return
    exchange.isSure ||= values[at + party.sure] === 1
    exchange.socket = readSocketAt(shared, keys, keyAt, values, at)
    exchange.flow = flowOf(shared, exchange.socket, exchange.role, keys, keyAt)
  }

  const verdictOf = (exchange: Exchange, keys: Buffer, keyAt: number): Verdict => {
    if (exchange.isAnswered || exchange.role === role.server) return established
    const drop = evidence.find(tupleKey(keys, keyAt), shared.clock.now())?.reason
    return drop === undefined ? unanswered : verdictOfDrop(drop)
  }

  /** Rules log the first packet, and every one that they refuse. */
  const judge = (exchange: Exchange, keys: Buffer, keyAt: number, isFirst: boolean): Verdict => {
    const verdict = verdictOf(exchange, keys, keyAt)
    const isRefused = verdict.outcome !== 'established'
    if (!exchange.partial && (isFirst || isRefused))
      exchange.marks = marksOf(shared, keys, keyAt + datagramKey.tuple, exchange.role, isRefused) ?? exchange.marks
    return exchange.marks ? judgeByMarks(verdict, exchange.marks) : verdict
  }

  const count = (key: string, exchange: Exchange, verdict: Verdict, counted: Measures) => {
    if (!exchange.flow) return
    const variant = flows.variant(exchange.flow, verdict)
    const { socket, names } = exchange
    gather(variant.gathered, { pid: socket.pid, args: socket.process.args, names }, config)
    if (exchange.partial) variant.gathered.partial = true
    const isNewInInterval = exchange.interval !== flows.interval
    if (verdict.dropReason !== undefined)
      flows.keep(variant, key, exemplarOf(exchange, exchange.flow, verdict), isNewInInterval)
    flows.add(variant, counted, isNewInInterval, exchange.second !== flows.second)
    exchange.interval = flows.interval
    exchange.second = flows.second
  }

  const waitForAnswer = (key: string, exchange: Exchange) => {
    const known = waiting.get(key)
    if (known) return addMeasures(known.measures, measures)
    const sent = createMeasures()
    addMeasures(sent, measures)
    waiting.set(key, { exchange, measures: sent, since: shared.clock.kernelNow() })
  }

  return {
    see(keys: Buffer, keyAt: number, values: Buffer, at: number) {
      const netns = values.readUInt32LE(at + datagramValue.party + party.netns)
      shared.nat.asDialled(keys, keyAt + datagramKey.tuple, netns)
      const key = keys.toString('latin1', keyAt, keyAt + datagramKeySize)
      let exchange = exchanges.get(key)
      if (exchange) refresh(exchange, keys, keyAt, values, at)
      else {
        if (exchanges.size >= config.maxConnections) return shared.lost('datagram_table_full', 1)
        exchange = open(keys, keyAt, values, at)
        exchanges.set(key, exchange)
      }
      if (!exchange.flow) return
      clearMeasures(measures)
      measures[slot.packetsIn] = readU64(values, at + datagramValue.packetsIn)
      measures[slot.packetsOut] = readU64(values, at + datagramValue.packetsOut)
      measures[slot.bytesIn] = readU64(values, at + datagramValue.bytesIn)
      measures[slot.bytesOut] = readU64(values, at + datagramValue.bytesOut)
      measures[slot.started] = exchange.isNew && !exchange.partial ? 1 : 0
      const isFirst = exchange.isNew
      exchange.isNew = false
      if (measures[slot.packetsIn]! > 0) exchange.isAnswered = true
      const verdict = judge(exchange, keys, keyAt, isFirst)
      if (exchange.interval < 0 && verdict.outcome === 'unanswered' && !exchange.partial)
        return waitForAnswer(key, exchange)
      const earlier = waiting.get(key)
      if (earlier) addMeasures(measures, earlier.measures)
      waiting.delete(key)
      count(key, exchange, verdict, measures)
    },
    /** Those whose answer did not come in time, or all that wait, are unanswered. */
    endWaits(isLast: boolean) {
      const now = shared.clock.kernelNow()
      for (const [key, { exchange, measures: sent, since }] of waiting) {
        if (!isLast && now - since < answerNs) continue
        waiting.delete(key)
        // What dropped it may have been heard of since.
        count(key, exchange, judge(exchange, Buffer.from(key, 'latin1'), 0, false), sent)
      }
    },
    forgetIdle() {
      for (const [key, { interval }] of exchanges)
        if (flows.interval - interval > idleIntervals && !waiting.has(key)) exchanges.delete(key)
    },
  }
}

/** An exchange whose packets were dropped, whole. One that is only unanswered may be of a protocol without answers. */
function exemplarOf({ startMs, socket }: Exchange, { identity }: Flow, { outcome, dropReason }: Verdict): Exemplar {
  const { sourceIp, destIp, destPort, dialledIp, dialledPort, proto } = identity
  const hasPorts = destPort !== undefined
  return {
    startMs,
    went: outcome === 'refused' ? 'refused' : 'dropped',
    proto,
    source: { ip: sourceIp, ...(hasPorts && { port: socket.ends.localPort }) },
    dest: { ip: destIp, ...(hasPorts && { port: destPort }) },
    ...(dialledIp !== undefined && {
      dialled: { ip: dialledIp, ...(dialledPort !== undefined && { port: dialledPort }) },
    }),
    ...(dropReason !== undefined && { dropReason }),
  }
}

/** The tuple is in the key and the party in the value. */
const readSocketAt = (shared: Shared, keys: Buffer, keyAt: number, values: Buffer, at: number): Socket =>
  readSocket(shared, keys, keyAt + datagramKey.tuple, at + datagramValue.party, values)

const programs = ['see_egress', 'see_ingress', 'see_create']

export const datagrams: Collector = {
  name: 'datagrams',
  title: 'UDP and ICMP',
  doc: 'Packets and bytes of UDP, ICMP and other protocols per socket and peer.',
  programs,
  usable: ({ kernel }) =>
    kernel?.has('see_egress') === true ||
    kernel?.has('see_ingress') === true ||
    'the kernel programs see_egress and see_ingress are not loaded',
  open(shared) {
    const kernel = shared.kernel!
    const keys = Buffer.alloc(batch * datagramKeySize)
    const values = Buffer.alloc(batch * datagramValueSize)
    const exchanges = createExchanges(shared, shared.clock.kernelNow())
    return {
      second() {
        const count = shared.native.drain(kernel.handle, 'datagrams', keys, values)
        if (count > 0) shared.nat.refresh()
        const see = (isAnswered: boolean) => {
          for (let i = 0; i < count; i++) {
            const at = i * datagramValueSize
            if (readU64(values, at + datagramValue.packetsIn) > 0 !== isAnswered) continue
            exchanges.see(keys, i * datagramKeySize, values, at)
          }
        }
        // Where addresses are translated, answers lie apart from what was sent, which would be taken for unanswered.
        see(true)
        see(false)
        exchanges.endWaits(false)
      },
      finish: () => exchanges.endWaits(true),
      endInterval: () => exchanges.forgetIdle(),
      state: () => stateByPrograms(kernel, programs),
    }
  },
}
