// Asking nftables for one rule, one chain, or the number of the present rule set; and what a rule says of itself: nft keeps
// comments beside the rule, iptables-nft in a match of its own. Pure.
import {
  attribute,
  findAttribute,
  flag,
  netfilterHead,
  netfilterHeadSize,
  readTextAttribute,
  readU32Attribute,
  request,
  text,
} from './message.ts'
import type { NetlinkMessage } from './message.ts'

const subsystem = 10 << 8
export const nftMessage = { newChain: subsystem | 3, newRule: subsystem | 6, newGeneration: subsystem | 15 } as const
const getMessage = { chain: subsystem | 4, rule: subsystem | 7, generation: subsystem | 16 } as const

const ofChain = { table: 1, name: 3, hook: 4, type: 7 } as const
const ofRule = { table: 1, chain: 2, handle: 3, expressions: 4, userData: 7 } as const
const ofExpression = { name: 1, data: 2 } as const
const ofMatch = { name: 1, info: 3 } as const
const hookNumber = 1
const listElement = 1
const generationId = 1
/** Type of a comment among a rule's user data. */
const commentData = 0

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export interface RuleName {
  readonly family: number
  readonly table: string
  readonly chain: string
  readonly handle: bigint
}

export const ruleRequest = ({ family, table, chain, handle }: RuleName, sequence: number): Buffer =>
  request(
    getMessage.rule,
    Buffer.concat([
      netfilterHead(family),
      attribute(ofRule.table, text(table)),
      attribute(ofRule.chain, text(chain)),
      attribute(ofRule.handle, u64(handle)),
    ]),
    { flags: flag.ack, sequence },
  )

export const chainRequest = (family: number, table: string, chain: string, sequence: number): Buffer =>
  request(
    getMessage.chain,
    Buffer.concat([netfilterHead(family), attribute(ofChain.table, text(table)), attribute(ofChain.name, text(chain))]),
    { flags: flag.ack, sequence },
  )

export const generationRequest = (sequence: number): Buffer =>
  request(getMessage.generation, netfilterHead(0), { flags: flag.ack, sequence })

const attributesOf = ({ from, to }: NetlinkMessage) => [from + netfilterHeadSize, to] as const

/** Counts changes of the rule set. */
export const readGeneration = (bytes: Buffer, message: NetlinkMessage): number | undefined =>
  readU32Attribute(bytes, ...attributesOf(message), generationId)

export interface BaseChain {
  /** `filter`, `nat`, `route`. */
  readonly type: string
  /** 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting. */
  readonly hook: number
}

/** Where packets enter the chain; undefined for one that rules jump to. */
export function readBaseChain(bytes: Buffer, message: NetlinkMessage): BaseChain | undefined {
  const range = attributesOf(message)
  const hook = findAttribute(bytes, ...range, ofChain.hook)
  const number = hook && readU32Attribute(bytes, ...hook, hookNumber)
  const type = readTextAttribute(bytes, ...range, ofChain.type)
  return number === undefined || type === undefined ? undefined : { type, hook: number }
}

/** nft's comment: user data are entries of type, length, value; the text ends with a zero. */
function userComment(bytes: Buffer, from: number, to: number): string | undefined {
  for (let at = from; at + 2 <= to;) {
    const size = bytes[at + 1]!
    const end = Math.min(at + 2 + size, to)
    if (bytes[at] === commentData) return bytes.toString('utf8', at + 2, end).replace(/\0.*$/s, '')
    at = end
  }
  return undefined
}

/** The comment that a match of xtables holds. */
function matchComment(bytes: Buffer, from: number, to: number): string | undefined {
  if (readTextAttribute(bytes, from, to, ofExpression.name) !== 'match') return undefined
  const data = findAttribute(bytes, from, to, ofExpression.data)
  if (!data || readTextAttribute(bytes, ...data, ofMatch.name) !== 'comment') return undefined
  return readTextAttribute(bytes, ...data, ofMatch.info)
}

/** Comments of xtables, in order; Felix gives each rule several, the last of them for people. */
function* matchComments(bytes: Buffer, from: number, to: number): Iterable<string> {
  for (let at = from; at + 4 <= to;) {
    const element = findAttribute(bytes, at, to, listElement)
    if (!element) return
    const comment = matchComment(bytes, ...element)
    if (comment !== undefined) yield comment
    at = (element[1] + 3) & ~3
  }
}

/** What a rule says of itself, if anything. */
export function readRuleComment(bytes: Buffer, message: NetlinkMessage): string | undefined {
  const range = attributesOf(message)
  const userData = findAttribute(bytes, ...range, ofRule.userData)
  const comment = userData && userComment(bytes, ...userData)
  if (comment) return comment
  const expressions = findAttribute(bytes, ...range, ofRule.expressions)
  return expressions ? [...matchComments(bytes, ...expressions)].at(-1) : undefined
}
