// The TCP connections that live, by socket cookie: what was already counted of each, so that a reading adds only what is
// new. A cookie is never given twice, so a tuple that comes again is another connection and nothing becomes negative.
import type { ExemplarWord } from '@margay/model'
import type { Shared } from '../collector.ts'
import { handshakeUs, roundTripUs, tcpExemplar } from './exemplar.ts'
import { createEndpointCache } from '../../flow/endpoint-cache.ts'
import type { Endpoint } from '../../flow/endpoint-cache.ts'
import { established, gather } from '../../flow/flow.ts'
import type { Variant, Verdict } from '../../flow/flow.ts'
import { createMeasures, clearMeasures, slot } from '../../flow/measures.ts'
import type { Measures } from '../../flow/measures.ts'
import { judgeByMarks, marksOf } from '../../flow/marks.ts'
import type { EndMarks } from '../../flow/marks.ts'
import { growth, growth32, handshakeSegments, headerBytes, noTotals, readTotals } from '../../flow/tcp-counters.ts'
import type { TcpTotals } from '../../flow/tcp-counters.ts'
import { tupleKey } from '../../flow/tuple.ts'
import { tcpState, verdictOf } from '../../flow/verdict.ts'
import { party, readU64, role, tcpRecord } from '../../kernel/layout.ts'

interface Connection {
  endpoint: Endpoint
  readonly totals: TcpTotals
  readonly partial: boolean
  sure: boolean
  /** What rules said of its beginning; undefined where they said nothing. */
  marks: EndMarks | undefined
  interval: number
  second: number
  /** The last complete listing that had it. */
  seen: number
  isNew: boolean
  /** Milliseconds; known once it is kept as an exemplar. */
  startMs: number | undefined
  isHandshakeJudged: boolean
  keptFor: Variant | undefined
  keptIn: number
}

export interface Connections {
  readonly size: number
  /** Adds what a live socket's record has more than the last. */
  see(bytes: Buffer, at: number): void
  /** Adds the rest and forgets the connection. */
  close(bytes: Buffer, at: number): void
  /** A complete listing begins. */
  begin(): void
  /**
   * Forgets connections that the last `listings` complete ones did not have, and says how many. One is not enough where
   * the ends of connections are told otherwise: such an end may be on its way.
   */
  sweep(listings: number): number
}

/** Round trips over an hour are no measurements; the kernel's "no sample" is 2^32 - 1. */
const longestRttUs = 3_600_000_000

function addSamples(measures: Measures, bytes: Buffer, at: number): void {
  const cwnd = bytes.readUInt32LE(at + tcpRecord.cwnd)
  const mss = bytes.readUInt32LE(at + tcpRecord.mss)
  measures[slot.samples] = 1
  measures[slot.cwndSum] = measures[slot.cwndMin] = cwnd
  measures[slot.mssSum] = measures[slot.mssMin] = mss
  const srtt = bytes.readUInt32LE(at + tcpRecord.srtt)
  // The kernel takes no sample from a segment that it sent twice (Karn), so what is here was measured.
  if (srtt > 0 && srtt < longestRttUs) {
    measures[slot.rttCount] = 1
    measures[slot.rttSum] = measures[slot.rttMax] = srtt
  }
  const rttMin = bytes.readUInt32LE(at + tcpRecord.rttMin)
  if (rttMin > 0 && rttMin < longestRttUs) {
    measures[slot.minRttCount] = 1
    measures[slot.minRttSum] = measures[slot.minRttMax] = rttMin
  }
}

export function createConnections(shared: Shared): Connections {
  const { config, evidence, flows } = shared
  const endpoints = createEndpointCache(shared)
  const connections = new Map<number, Connection>()
  const measures = createMeasures()
  const now = noTotals()
  let listing = 0

  const open = (bytes: Buffer, at: number): Connection => {
    const partial = bytes[at + tcpRecord.party + party.seeded] === 1
    return {
      endpoint: endpoints.find(bytes, at + tcpRecord.tuple),
      totals: partial ? readTotals(bytes, at, noTotals()) : noTotals(),
      partial,
      sure: bytes[at + tcpRecord.party + party.sure] === 1,
      marks: undefined,
      interval: -1,
      second: -1,
      seen: listing,
      isNew: true,
      startMs: undefined,
      isHandshakeJudged: partial,
      keptFor: undefined,
      keptIn: -1,
    }
  }

  /** The owner may have become certain, and the role known, since the connection was opened. */
  const refresh = (connection: Connection, bytes: Buffer, at: number) => {
    const isSure = bytes[at + tcpRecord.party + party.sure] === 1
    const isSettled = isSure === connection.sure && connection.endpoint.role !== role.unknown
    // A flow that was silent for long has been forgotten by the table.
    if (isSettled && connection.endpoint.flow?.isKept) return
    const { names } = connection.endpoint
    connection.sure = isSure
    // Names asked for after it connected did not lead to it.
    connection.endpoint = { ...endpoints.find(bytes, at + tcpRecord.tuple), names }
  }

  const measure = (connection: Connection, bytes: Buffer, at: number, closed: boolean) => {
    const { totals: before } = connection
    readTotals(bytes, at, now)
    const extra = connection.isNew && !connection.partial ? handshakeSegments(connection.endpoint.role) : 0
    const segsIn = growth32(now.segsIn, before.segsIn) + extra
    const segsOut = growth32(now.segsOut, before.segsOut) + extra
    const header = headerBytes(bytes, at)
    clearMeasures(measures)
    measures[slot.bytesIn] = growth(now.bytesIn, before.bytesIn) + segsIn * header
    measures[slot.bytesOut] = growth(now.bytesOut, before.bytesOut) + segsOut * header
    measures[slot.packetsIn] = segsIn
    measures[slot.packetsOut] = segsOut
    measures[slot.retrans] = growth32(now.retrans, before.retrans)
    measures[slot.lost] = growth32(now.lost, before.lost)
    measures[slot.timeouts] = growth(now.timeouts, before.timeouts)
    measures[slot.started] = connection.isNew && !connection.partial ? 1 : 0
    measures[slot.completed] = closed ? 1 : 0
    Object.assign(before, now)
    connection.isNew = false
  }

  const dropsOf = (bytes: Buffer, at: number) =>
    evidence.find(tupleKey(bytes, at + tcpRecord.tuple), shared.clock.now())

  /** Whether this reading shows the connection to be slow; a handshake is judged once, when it is over. */
  const isSlow = (connection: Connection, bytes: Buffer, at: number): boolean => {
    const isJudged = connection.isHandshakeJudged
    connection.isHandshakeJudged = true
    const rtt = roundTripUs(bytes, at)
    if (rtt >= config.slowRttMs * 1000 && rtt < longestRttUs) return true
    return !isJudged && (handshakeUs(bytes, at) ?? 0) >= config.slowHandshakeMs * 1000
  }

  /** Keeps the connection whole if it went wrong or is slow. */
  const keep = (connection: Connection, variant: Variant, bytes: Buffer, at: number) => {
    const { outcome, dropReason } = variant.verdict
    const word: ExemplarWord | undefined =
      outcome !== 'established' ? outcome : isSlow(connection, bytes, at) ? 'slow' : undefined
    if (word === undefined || !connection.endpoint.flow) return
    connection.startMs ??= Math.round(shared.clock.wall(readU64(bytes, at + tcpRecord.born)))
    const isNew = connection.keptFor !== variant || connection.keptIn !== flows.interval
    connection.keptFor = variant
    connection.keptIn = flows.interval
    const drops = dropReason === undefined ? undefined : dropsOf(bytes, at)
    const answers = drops?.isAnswer ? drops.times : undefined
    const went = { startMs: connection.startMs, word, dropReason, answers }
    const key = String(readU64(bytes, at + tcpRecord.party + party.cookie))
    flows.keep(variant, key, tcpExemplar(went, connection.endpoint.flow.identity, bytes, at), isNew)
  }

  /** Rules log the first packet: they are asked about a connection when it is new, and again while it has no answer. */
  const findMarks = (connection: Connection, { outcome }: Verdict, bytes: Buffer, at: number) => {
    const isRefused = outcome !== 'established' && outcome !== 'reset'
    if (connection.partial || !(connection.isNew || isRefused)) return
    const { role: ofRole } = connection.endpoint
    connection.marks = marksOf(shared, bytes, at + tcpRecord.tuple, ofRole, isRefused) ?? connection.marks
  }

  const account = (connection: Connection, plain: Verdict, bytes: Buffer, at: number, closed: boolean) => {
    const { flow } = connection.endpoint
    if (!flow) return
    findMarks(connection, plain, bytes, at)
    const verdict = connection.marks ? judgeByMarks(plain, connection.marks) : plain
    measure(connection, bytes, at, closed)
    if (verdict.outcome === 'established' || verdict.outcome === 'reset') addSamples(measures, bytes, at)
    const variant = flows.variant(flow, verdict)
    const { socket, names } = connection.endpoint
    gather(variant.gathered, { pid: socket.pid, args: socket.process.args, names }, config)
    if (connection.partial) variant.gathered.partial = true
    flows.add(variant, measures, connection.interval !== flows.interval, connection.second !== flows.second)
    keep(connection, variant, bytes, at)
    connection.interval = flows.interval
    connection.second = flows.second
  }

  const verdictAt = (bytes: Buffer, at: number, closed: boolean): Verdict => {
    const state = bytes[at + tcpRecord.state]!
    // Fast path: a live connection.
    if (!closed && state !== tcpState.synSent) return established
    const drop = state === tcpState.synSent ? dropsOf(bytes, at)?.reason : undefined
    return verdictOf(state, bytes.readUInt16LE(at + tcpRecord.error), closed, drop)
  }

  return {
    get size() {
      return connections.size
    },
    see(bytes, at) {
      const cookie = readU64(bytes, at + tcpRecord.party + party.cookie)
      let connection = connections.get(cookie)
      if (connection) refresh(connection, bytes, at)
      else {
        if (connections.size >= config.maxConnections) return shared.lost('connection_table_full', 1)
        connection = open(bytes, at)
        connections.set(cookie, connection)
      }
      connection.seen = listing
      account(connection, verdictAt(bytes, at, false), bytes, at, false)
    },
    close(bytes, at) {
      const cookie = readU64(bytes, at + tcpRecord.party + party.cookie)
      const known = connections.get(cookie)
      const connection = known ?? open(bytes, at)
      if (known) refresh(known, bytes, at)
      connections.delete(cookie)
      account(connection, verdictAt(bytes, at, true), bytes, at, true)
    },
    begin() {
      listing++
    },
    sweep(listings) {
      let swept = 0
      for (const [cookie, connection] of connections) {
        if (connection.seen > listing - listings) continue
        connections.delete(cookie)
        swept++
      }
      return swept
    },
  }
}
