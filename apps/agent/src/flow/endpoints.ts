// From a socket to the flow it belongs to: who is source and destination, what was dialled, which process and pod. The
// key is made of the same parts, so equal sockets meet in one flow. Made once per connection, not per reading.
import { commSize, party, readText, readU64, role, tuple } from '../kernel/layout.ts'
import { printIp } from '@margay/model'
import type { Shared } from '../collectors/collector.ts'
import type { Process } from '../process/process-table.ts'
import type { Flow, FlowIdentity } from './flow.ts'
import type { Ends, Role } from './hosts.ts'
import { localIp, localKey, protocolName, remoteIp, remoteKey, tupleKey } from './tuple.ts'

/** What a record says about its socket. */
export interface Socket {
  readonly ends: Ends
  readonly proto: number
  readonly cgroup: number
  readonly pid: number
  readonly process: Process
  readonly seeded: boolean
  /** As the kernel side knows it; `hosts` may know more. */
  readonly role: Role
}

const unknownProcess: Process = { started: 0, name: '-', args: undefined }

/** Reads tuple and party of a record; the party may lie in other bytes. */
export function readSocket(
  shared: Shared,
  bytes: Buffer,
  tupleAt: number,
  partyAt: number,
  partyBytes = bytes,
): Socket {
  const pid = partyBytes.readUInt32LE(partyAt + party.pid)
  const comm = readText(partyBytes, partyAt + party.comm, commSize)
  return {
    ends: {
      netns: partyBytes.readUInt32LE(partyAt + party.netns),
      local: localKey(bytes, tupleAt),
      localPort: bytes.readUInt16LE(tupleAt + tuple.localPort),
      remote: remoteKey(bytes, tupleAt),
      remotePort: bytes.readUInt16LE(tupleAt + tuple.remotePort),
    },
    proto: bytes[tupleAt + tuple.proto]!,
    cgroup: readU64(partyBytes, partyAt + party.cgroup),
    pid,
    process:
      pid === 0 ? unknownProcess : shared.processes.find(pid, readU64(partyBytes, partyAt + party.started), comm),
    seeded: partyBytes[partyAt + party.seeded] === 1,
    role: partyBytes[partyAt + party.role] as Role,
  }
}

interface Answerer {
  readonly ip: string
  readonly port: number
  readonly dialledIp?: string
  readonly dialledPort?: number
}

/** Where a client's packets really went: behind a service address that is the pod that conntrack chose. */
function answererOf(shared: Shared, bytes: Buffer, tupleAt: number, ends: Ends): Answerer {
  const ip = remoteIp(bytes, tupleAt)
  const translation = shared.nat.find(tupleKey(bytes, tupleAt))
  if (!translation) return { ip, port: ends.remotePort }
  const { address, port } = translation
  return { ip: printIp(address), port, dialledIp: ip, dialledPort: ends.remotePort }
}

const withoutPorts = new Set([1, 58])

function identityOf(shared: Shared, socket: Socket, ofRole: Role, bytes: Buffer, tupleAt: number): FlowIdentity {
  const { ends, process, proto } = socket
  const isServer = ofRole === role.server
  const here = localIp(bytes, tupleAt)
  const there = isServer
    ? { ip: remoteIp(bytes, tupleAt), port: ends.remotePort }
    : answererOf(shared, bytes, tupleAt, ends)
  const { ip: thereIp, port: therePort, ...dialled } = there
  const hasPorts = !withoutPorts.has(proto)
  return {
    reporter: isServer ? 'dst' : 'src',
    direction: isServer ? 'ingress' : ofRole === role.client ? 'egress' : 'unknown',
    local: shared.hosts.isLocal(ends),
    proto: protocolName(proto),
    sourceIp: isServer ? thereIp : here,
    destIp: isServer ? here : thereIp,
    ...(hasPorts ? { destPort: isServer ? ends.localPort : therePort } : {}),
    ...(hasPorts && shared.config.aggregation === 0 ? { sourcePort: isServer ? therePort : ends.localPort } : {}),
    netns: ends.netns,
    processName: process.name,
    ...shared.cgroups.find(socket.cgroup, socket.pid),
    ...dialled,
  }
}

/** The flow of a socket in a role; undefined where the table is full. */
export function flowOf(shared: Shared, socket: Socket, ofRole: Role, bytes: Buffer, tupleAt: number): Flow | undefined {
  const { ends, proto, cgroup, process } = socket
  const isServer = ofRole === role.server
  const translation = isServer ? undefined : shared.nat.find(tupleKey(bytes, tupleAt))
  const ports =
    shared.config.aggregation === 0
      ? `${ends.localPort} ${ends.remotePort}`
      : isServer
        ? ends.localPort
        : ends.remotePort
  const through = translation ? `${translation.address.toString('latin1')}${translation.port}` : ''
  const key = `${ends.local}${ends.remote}${ports} ${ofRole} ${proto} ${ends.netns} ${cgroup} ${process.name}\0${through}`
  return shared.flows.find(key, () => identityOf(shared, socket, ofRole, bytes, tupleAt))
}
