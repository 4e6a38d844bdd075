// DNS as clients see it: messages at their sockets, over UDP and TCP, paired into lookups. What a server receives and
// sends is used only to know that it is one: its own questions then are an upstream's.
import { setNewest } from '@margay/kit'
import { addressesOf } from '../../dns/chain.ts'
import { readDns } from '../../dns/message.ts'
import { createLookupLog } from '../../dns/lookup-log.ts'
import type { DnsClient } from '../../dns/lookup-log.ts'
import { createPairing } from '../../dns/pairing.ts'
import type { Answer, Lookup } from '../../dns/pairing.ts'
import { createDnsStream } from '../../dns/stream.ts'
import type { DnsStream } from '../../dns/stream.ts'
import { readSocket } from '../../flow/endpoints.ts'
import { localIp, remoteIp, remoteKey } from '../../flow/tuple.ts'
import { dnsRecord, dnsRecordSize, party, readU64, recordType, tuple } from '../../kernel/layout.ts'
import { stateByPrograms } from '../collector.ts'
import type { Collector } from '../collector.ts'

/** Resolvers of common libraries give up or ask again within 5 s. */
const timeoutNs = 6e9
const orphanNs = 1e9
const maxRows = 20_000
const maxStreams = 4096
const maxResolvers = 1024
const tcpFlag = { fin: 1, syn: 2, reset: 4 } as const
const protoTcp = 6

/** Streams by socket and direction; the one that was opened first goes where there are too many. */
function createStreams() {
  const streams = new Map<string, DnsStream>()
  return {
    of(key: string): DnsStream {
      return streams.get(key) ?? setNewest(streams, key, createDnsStream(), maxStreams)
    },
    end: (key: string) => void streams.delete(key),
  }
}

function createResolvers() {
  const seen = new Set<string>()
  const keyOf = (netns: number, pid: number) => `${netns} ${pid}`
  return {
    note(netns: number, pid: number) {
      if (pid !== 0 && seen.size < maxResolvers) seen.add(keyOf(netns, pid))
    },
    has: (netns: number, pid: number) => seen.has(keyOf(netns, pid)),
  }
}

interface Place {
  readonly bytes: Buffer
  readonly at: number
}

const programs = ['see_egress', 'see_ingress']

export const dns: Collector = {
  name: 'dns',
  title: 'DNS lookups',
  doc: 'Every lookup at the socket of the client: name, answer, tries, latency, over UDP and TCP.',
  programs,
  usable: ({ kernel }) =>
    kernel?.has('see_egress') === true ||
    kernel?.has('see_ingress') === true ||
    'the kernel programs see_egress and see_ingress are not loaded',
  open(shared) {
    const bounds = { maxRows, maxArgs: shared.config.maxArgs }
    const lasting = createLookupLog(bounds, { sink: shared.output.lasting })
    const live = createLookupLog(bounds, { sink: shared.output.live })
    const streams = createStreams()
    const resolvers = createResolvers()

    const done = (lookup: Lookup<DnsClient>) => {
      lasting.add(lookup)
      if (shared.output.watched()) live.add(lookup)
    }
    const pairing = createPairing<DnsClient>(
      { timeoutNs, orphanNs, maxPending: shared.config.maxLookups },
      { done, lost: (what, count) => shared.lost(what, count) },
    )

    const clientAt = ({ bytes, at }: Place): DnsClient => {
      const socket = readSocket(shared, bytes, at + dnsRecord.tuple, at + dnsRecord.party)
      const { netns } = socket.ends
      return {
        clientIp: localIp(bytes, at + dnsRecord.tuple),
        serverIp: remoteIp(bytes, at + dnsRecord.tuple),
        netns,
        cgroup: socket.cgroup,
        transport: socket.proto === protoTcp ? 'tcp' : 'udp',
        processName: socket.process.name,
        pid: socket.pid,
        args: socket.process.args,
        container: shared.cgroups.find(socket.cgroup, socket.pid),
        hop: resolvers.has(netns, socket.pid) ? 'upstream' : 'client',
      }
    }

    /** The names are there before the connection that follows is seen: the ring keeps order. */
    const noteDomains = ({ netns, cgroup }: DnsClient, answer: Answer) => {
      if (!answer.ok || !answer.message.question) return
      const addresses = addressesOf(answer.message)
      if (addresses.length === 0) return
      shared.domains.note(netns, cgroup, answer.message.question.name, addresses, shared.clock.now())
    }

    const pairKey = ({ bytes, at }: Place, id: number) =>
      `${readU64(bytes, at + dnsRecord.party + party.cookie)} ${remoteKey(bytes, at + dnsRecord.tuple)}${bytes.readUInt16LE(at + dnsRecord.tuple + tuple.remotePort)} ${id}`

    const takeMessage = (place: Place, message: Buffer, isCut: boolean) => {
      const { bytes, at } = place
      const isOut = bytes[at + dnsRecord.out] === 1
      const read = readDns(message, isCut)
      const isResponse = read.ok ? read.message.isResponse : (read.isResponse ?? !isOut)
      // A response that goes out, or a question that comes in, is at the server's socket.
      if (isResponse === isOut) {
        const owner = at + dnsRecord.party
        return resolvers.note(bytes.readUInt32LE(owner + party.netns), bytes.readUInt32LE(owner + party.pid))
      }
      const time = readU64(bytes, at + dnsRecord.time)
      const id = read.ok ? read.message.id : read.id
      if (id === undefined) return shared.lost('dns_too_short', 1)
      const client = clientAt(place)
      if (!isResponse) {
        const question = read.ok ? read.message.question : undefined
        if (question) pairing.ask(pairKey(place, id), time, client, question)
        else shared.lost('dns_question_unreadable', 1)
        return
      }
      const answer: Answer = read.ok ? { ok: true, message: read.message } : { ok: false, problem: read.problem }
      noteDomains(client, answer)
      pairing.answer(pairKey(place, id), time, client, answer)
    }

    const takeSegment = (place: Place, payload: Buffer) => {
      const { bytes, at } = place
      const key = `${readU64(bytes, at + dnsRecord.party + party.cookie)} ${bytes[at + dnsRecord.out]}`
      const flags = bytes[at + dnsRecord.tcpFlags]!
      const sequence = bytes.readUInt32LE(at + dnsRecord.sequence)
      if (flags & tcpFlag.reset) return streams.end(key)
      if (flags & tcpFlag.syn) return streams.of(key).begin(sequence)
      const length = bytes.readUInt32LE(at + dnsRecord.length)
      if (length > 0) {
        for (const message of streams.of(key).push(sequence, payload, length)) {
          takeMessage(place, message.bytes, message.isCut)
        }
      }
      if (flags & tcpFlag.fin) streams.end(key)
    }

    const take = (bytes: Buffer, at: number) => {
      shared.nat.asDialled(bytes, at + dnsRecord.tuple, bytes.readUInt32LE(at + dnsRecord.party + party.netns))
      const captured = bytes.readUInt32LE(at + dnsRecord.captured)
      const payload = bytes.subarray(at + dnsRecordSize, at + dnsRecordSize + captured)
      if (bytes[at + dnsRecord.tuple + tuple.proto] === protoTcp) return takeSegment({ bytes, at }, payload)
      takeMessage({ bytes, at }, payload, captured < bytes.readUInt32LE(at + dnsRecord.length))
    }

    return {
      records: new Map([[recordType.dns, take]]),
      second() {
        pairing.expire(shared.clock.kernelNow())
        const now = Math.floor(shared.clock.now() / 1000)
        if (shared.output.watched()) live.write(now - 1, now)
      },
      endInterval: (startTime, endTime) => lasting.write(startTime, endTime),
      state: () => stateByPrograms(shared.kernel, programs),
    }
  },
}
