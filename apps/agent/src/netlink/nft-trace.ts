// Messages of nftables' trace: one for each rule that a traced packet met, in order, numbered by packet. Pure.
import { findAttribute, netfilterHeadSize, readTextAttribute, readU32Attribute } from './message.ts'
import type { NetlinkMessage } from './message.ts'

const subsystem = 10
export const nftTrace = (subsystem << 8) | 17

const attribute = {
  table: 1,
  chain: 2,
  handle: 3,
  type: 4,
  verdict: 5,
  packet: 6,
  network: 8,
  transport: 9,
  policy: 16,
} as const
const verdictCode = 1
/** Kinds of messages: the end of a base chain, the end of any other, a rule. */
const kind = { policy: 1, rule: 3 } as const

export type TraceVerdict = 'accept' | 'drop' | 'jump' | 'goto' | 'return' | 'continue' | 'queue'

const verdicts: ReadonlyMap<number, TraceVerdict> = new Map([
  [0, 'drop'],
  [1, 'accept'],
  [3, 'queue'],
  [-1, 'continue'],
  [-2, 'continue'],
  [-3, 'jump'],
  [-4, 'goto'],
  [-5, 'return'],
])
/** The kernel keeps an error number or a queue's in the upper half. */
const verdictMask = 0xff

/** Numbers of families in nftables, by nftables' words. */
const families: ReadonlyMap<number, string> = new Map([
  [1, 'inet'],
  [2, 'ip'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
  [10, 'ip6'],
])

type Range = readonly [from: number, to: number]

/** One message; offsets into the buffer. */
export interface TraceStep {
  /** The same for all steps of a packet. */
  readonly packet: number
  readonly family: number
  readonly familyName: string
  readonly table: string
  readonly chain: string
  /** Undefined where the chain's policy spoke. */
  readonly handle: bigint | undefined
  readonly verdict: TraceVerdict
  /** The packet's heads, in the first step of each base chain only. */
  readonly network: Range | undefined
  readonly transport: Range | undefined
}

function readVerdict(bytes: Buffer, from: number, to: number): TraceVerdict | undefined {
  const range = findAttribute(bytes, from, to, attribute.verdict)
  const code = range && readU32Attribute(bytes, ...range, verdictCode)
  return code === undefined ? undefined : verdictOf(code)
}

function verdictOf(code: number): TraceVerdict | undefined {
  const signed = code | 0
  return verdicts.get(signed < 0 ? signed : signed & verdictMask)
}

/** The step, or undefined for messages that say nothing of a decision. */
export function readTraceStep(bytes: Buffer, message: NetlinkMessage): TraceStep | undefined {
  const family = bytes[message.from]!
  const range = [message.from + netfilterHeadSize, message.to] as const
  const type = readU32Attribute(bytes, ...range, attribute.type)
  const packet = readU32Attribute(bytes, ...range, attribute.packet)
  const table = readTextAttribute(bytes, ...range, attribute.table)
  const chain = readTextAttribute(bytes, ...range, attribute.chain)
  const handle = findAttribute(bytes, ...range, attribute.handle)
  if (packet === undefined || table === undefined || chain === undefined) return undefined
  const isPolicy = type === kind.policy
  const policy = isPolicy ? readU32Attribute(bytes, ...range, attribute.policy) : undefined
  const verdict = policy === undefined ? readVerdict(bytes, ...range) : verdictOf(policy)
  if (verdict === undefined || !(isPolicy || (type === kind.rule && handle))) return undefined
  return {
    packet,
    family,
    familyName: families.get(family) ?? String(family),
    table,
    chain,
    handle: isPolicy ? undefined : bytes.readBigUInt64BE(handle![0]),
    verdict,
    network: findAttribute(bytes, ...range, attribute.network),
    transport: findAttribute(bytes, ...range, attribute.transport),
  }
}
