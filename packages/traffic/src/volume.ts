// How much a conversation's connections carry in an interval, and the fields that say so. What goes wrong with them is given
// (courses.ts); here are the packets and bytes that follow from it.
import type { Row } from '@margay/model'
import type { Conversation } from './conversations.ts'
import type { Course } from './courses.ts'
import type { Random } from './random.ts'
import { around, poisson } from './random.ts'

/** Header of a TCP segment with its IP header and timestamps. */
const headers = 52
const mss = 1448
/** Times as long as usual that a slow node takes. */
const slowdown = 6

export interface Load {
  readonly requests: number
  readonly seconds: number
  /** The destination stands where all answers take long. */
  readonly isSlow: boolean
}

/** What went over the wire, from the source's point of view. */
export interface Volume {
  readonly connections: number
  readonly started: number
  readonly bytesOut: number
  readonly packetsOut: number
  readonly bytesIn: number
  readonly packetsIn: number
  readonly resent: number
  readonly rttUs: number
}

/** Connections that nothing comes back to, each asked for so often. */
export function attempts(connections: number, syns: number): Volume {
  const packetsOut = connections * syns
  const none = { bytesIn: 0, packetsIn: 0, rttUs: 0 }
  const resent = connections * (syns - 1)
  return { connections, started: connections, bytesOut: packetsOut * 60, packetsOut, resent, ...none }
}

function datagrams(random: Random, { sent, received }: Conversation, connections: number): Volume {
  const bytesOut = Math.round(connections * (28 + around(random, sent, 0.1)))
  const bytesIn = Math.round(connections * (28 + around(random, received, 0.2)))
  const packets = { packetsOut: connections, packetsIn: connections }
  return { connections, started: connections, bytesOut, bytesIn, ...packets, resent: 0, rttUs: 0 }
}

function segments(random: Random, talk: Conversation, course: Course, { requests, seconds, isSlow }: Load): Volume {
  const { share, syns, rttUs = talk.rttUs } = course
  const sent = requests * around(random, talk.sent)
  const received = requests * around(random, talk.received)
  const connections = talk.pool > 0 ? talk.pool : requests
  const started = talk.pool > 0 ? poisson(random, (talk.pool * seconds) / 3600) : requests
  const dataOut = Math.ceil(sent / mss) + requests
  const dataIn = Math.ceil(received / mss) + requests
  const packetsOut = dataOut + Math.ceil(dataIn / 2) + started * 2
  const packetsIn = dataIn + Math.ceil(dataOut / 2) + started * 2
  const askedAgain = Math.ceil(requests * share) * (syns - 1)
  return {
    connections,
    started,
    bytesOut: Math.round(sent + packetsOut * headers),
    packetsOut,
    bytesIn: Math.round(received + packetsIn * headers),
    packetsIn,
    resent: poisson(random, packetsOut * 0.0002) + askedAgain,
    rttUs: Math.round(around(random, rttUs * (isSlow ? slowdown : 1), 0.15)),
  }
}

/** What goes over the wire of so many connections on that course. */
export function volumeOf(random: Random, talk: Conversation, course: Course, load: Load): Volume {
  const { source, syns } = course
  const { requests } = load
  if (source.outcome === 'dropped' || source.outcome === 'unanswered') return attempts(requests, syns)
  if (source.outcome === 'refused') return { ...attempts(requests, syns), bytesIn: requests * 40, packetsIn: requests }
  return talk.proto === 'udp' ? datagrams(random, talk, requests) : segments(random, talk, course, load)
}

function tcpFields({ rttUs, resent }: Volume): Row {
  if (rttUs === 0) return { tcp_total_retransmissions: resent, tcp_lost_packets: resent, tcp_unrecovered_to: 0 }
  return {
    tcp_mean_send_congestion_window: 10,
    tcp_min_send_congestion_window: 10,
    tcp_mean_smooth_rtt: rttUs,
    tcp_max_smooth_rtt: Math.round(rttUs * 1.7),
    tcp_mean_min_rtt: Math.round(rttUs * 0.72),
    tcp_max_min_rtt: Math.round(rttUs * 0.95),
    tcp_mean_mss: mss,
    tcp_min_mss: mss,
    tcp_total_retransmissions: resent,
    tcp_lost_packets: resent,
    tcp_unrecovered_to: 0,
  }
}

/** The fields of a row of one side; for the destination in and out are the other way round. */
export function volumeFields(side: 'src' | 'dst', proto: Conversation['proto'], volume: Volume): Row {
  const { connections, started, bytesIn, bytesOut, packetsIn, packetsOut } = volume
  const received = { bytes: bytesIn, packets: packetsIn }
  const sent = { bytes: bytesOut, packets: packetsOut }
  const [inwards, outwards] = side === 'src' ? [received, sent] : [sent, received]
  return {
    bytes_in: inwards.bytes,
    bytes_out: outwards.bytes,
    packets_in: inwards.packets,
    packets_out: outwards.packets,
    num_flows: connections,
    num_flows_started: started,
    num_flows_completed: started,
    ...(proto === 'tcp' && tcpFields(volume)),
  }
}
