// Offsets of what the kernel side hands over, by name: the same numbers as in bpf/layout.h, which layout.test.ts compares.
// A record is read in place; nothing is copied into objects.

export const recordType = { tcpClose: 1, drop: 2, dns: 3, exec: 4, tcpLive: 5, handshake: 6 } as const
export const role = { unknown: 0, client: 1, server: 2 } as const
export const side = { forward: 0, sender: 1, receiver: 2 } as const
/** Why a question for a connection came to nothing at its listener. */
export const trouble = { queueFull: 1, answeredAgain: 2 } as const
/** Places where the kernel side can lose something, by index into its counters. */
export const lossPlaces = ['tcp', 'dns', 'drops', 'exec', 'datagrams', 'sockets', 'handshakes'] as const

export const header = { type: 0, size: 4 } as const

export const tuple = { local: 0, remote: 16, localPort: 32, remotePort: 34, proto: 36, family: 37 } as const
export const tupleSize = 40

export const party = {
  cookie: 0,
  started: 8,
  cgroup: 16,
  netns: 24,
  pid: 28,
  uid: 32,
  role: 36,
  sure: 37,
  seeded: 38,
  comm: 40,
} as const
export const partySize = 56
export const commSize = 16

export const tcpRecord = {
  tuple: 8,
  party: 48,
  time: 104,
  born: 112,
  established: 120,
  bytesSent: 128,
  bytesReceived: 136,
  bytesAcked: 144,
  bytesRetrans: 152,
  segsOut: 160,
  segsIn: 164,
  dataSegsOut: 168,
  dataSegsIn: 172,
  retrans: 176,
  lost: 180,
  unacked: 184,
  mss: 188,
  cwnd: 192,
  srtt: 196,
  rttMin: 200,
  headerLength: 204,
  error: 206,
  timeouts: 208,
  timeoutRecoveries: 210,
  state: 212,
  fin: 213,
  synRetrans: 214,
} as const
export const tcpRecordSize = 216

export const datagramKey = { tuple: 0, cookie: 40 } as const
export const datagramKeySize = 48
export const datagramValue = {
  party: 0,
  first: 56,
  last: 64,
  packetsIn: 72,
  packetsOut: 80,
  bytesIn: 88,
  bytesOut: 96,
  firstOut: 104,
} as const
export const datagramValueSize = 112

export const dnsRecord = {
  tuple: 8,
  party: 48,
  time: 104,
  captured: 112,
  length: 116,
  sequence: 120,
  out: 124,
  tcpFlags: 125,
} as const
export const dnsRecordSize = 128

export const dropRecord = {
  tuple: 8,
  time: 48,
  cookie: 56,
  netns: 64,
  reason: 68,
  length: 72,
  ifindex: 76,
  tcpFlags: 80,
  side: 81,
} as const
export const dropRecordSize = 88

export const handshakeRecord = {
  tuple: 8,
  party: 48,
  time: 104,
  length: 112,
  trouble: 116,
} as const
export const handshakeRecordSize = 120

export const execRecord = {
  time: 8,
  started: 16,
  cgroup: 24,
  pid: 32,
  parent: 36,
  uid: 40,
  argsSize: 44,
  comm: 48,
  file: 64,
  args: 320,
} as const
export const execRecordSize = 1344
export const execFileSize = 256

export const constants = { cgroup: 0, cgroupLevel: 8, dropReasons: 16, dnsPorts: 272 } as const
export const constantsSize = 8464

/** A 64-bit number as a double: exact up to 2^53, which no counter or cookie of one boot reaches. */
export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000
}

/** Text up to its closing zero, at most `size` bytes. */
export function readText(bytes: Buffer, at: number, size: number): string {
  const end = bytes.indexOf(0, at)
  return bytes.toString('utf8', at, end < 0 || end > at + size ? at + size : end)
}
