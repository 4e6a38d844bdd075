// The table that makes nftables trace some new connections: one rule where packets come in and one where the node's own go
// out, after conntrack, so that new ones are known. It belongs to the socket that made it: the kernel removes it when
// that socket is closed, however its process ended. Pure.
import { attribute, flag, nested, netfilterHead, request, text, u32 } from './message.ts'

const subsystem = 10
const message = {
  batchBegin: 16,
  batchEnd: 17,
  newTable: subsystem << 8,
  newChain: (subsystem << 8) | 3,
  newRule: (subsystem << 8) | 6,
} as const

const inet = 1
const ownedTable = 2
/** Conntrack looks at -200; rules of firewalls begin at -150, and ours goes before those of the same place. */
const priority = -151
const hooks = [
  ['prerouting', 0],
  ['output', 3],
] as const

const register = 1
const ctState = 0
const stateNew = 8
const metaTrace = 12
const unequal = 1
const second = 1n

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
/** Registers hold numbers as the machine does. */
function machine32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const value = (type: number, bytes: Buffer) => nested(type, attribute(1, bytes))

const expression = (name: string, ...data: readonly Buffer[]) => nested(1, attribute(1, text(name)), nested(2, ...data))

/** `ct state new limit rate N/second meta nftrace set 1` */
const sampleRule = (perSecond: number): Buffer[] => [
  expression('ct', attribute(1, u32(register)), attribute(2, u32(ctState))),
  expression(
    'bitwise',
    attribute(1, u32(register)),
    attribute(2, u32(register)),
    attribute(3, u32(4)),
    value(4, machine32(stateNew)),
    value(5, machine32(0)),
  ),
  expression('cmp', attribute(1, u32(register)), attribute(2, u32(unequal)), value(3, machine32(0))),
  expression(
    'limit',
    attribute(1, u64(BigInt(perSecond))),
    attribute(2, u64(second)),
    attribute(3, u32(perSecond)),
    attribute(4, u32(0)),
  ),
  expression('immediate', attribute(1, u32(register)), value(2, Buffer.from([1]))),
  expression('meta', attribute(2, u32(metaTrace)), attribute(3, u32(register))),
]

const inNftables = (type: number, flags: number, sequence: number, ...attributes: readonly Buffer[]) =>
  request(type, Buffer.concat([netfilterHead(inet), ...attributes]), { flags: flags | flag.ack, sequence })

export interface SamplingTable {
  /** Nothing is made before the last message has come: without `end` the kernel looks at it all and forgets it. */
  readonly begin: Buffer
  readonly end: Buffer
}

/** One transaction, to be sent at once; any error undoes all of it. */
export function samplingTable(name: string, perSecond: number): SamplingTable {
  let sequence = 0
  const batch = (type: number) => request(type, netfilterHead(0, subsystem), { sequence: ++sequence })
  const begin = batch(message.batchBegin)
  const table = inNftables(
    message.newTable,
    flag.create,
    ++sequence,
    attribute(1, text(name)),
    attribute(2, u32(ownedTable)),
  )
  const chains = hooks.flatMap(([chain, hook]) => [
    inNftables(
      message.newChain,
      flag.create,
      ++sequence,
      attribute(1, text(name)),
      attribute(3, text(chain)),
      nested(4, attribute(1, u32(hook)), attribute(2, u32(priority))),
      attribute(7, text('filter')),
    ),
    inNftables(
      message.newRule,
      flag.create | flag.append,
      ++sequence,
      attribute(1, text(name)),
      attribute(2, text(chain)),
      nested(4, ...sampleRule(perSecond)),
    ),
  ])
  return { begin: Buffer.concat([begin, table, ...chains]), end: batch(message.batchEnd) }
}
