// A socket to netfilter with a buffer of its own: asks the kernel and hears what it answers, and reads what it tells unasked.
// How much is read at one look is bounded, so that a flood costs messages and never the agent. What a message means is the
// affair of whoever opens the socket.
import { netlinkError, readAnswer, walkMessages } from '../netlink/message.ts'
import type { NetlinkMessage } from '../netlink/message.ts'
import type { Native, NativeError } from './native.ts'

export interface Netfilter {
  /** What messages point into; valid until the next read. */
  readonly bytes: Buffer
  /** Another look begins: reads what waits, within the bound. Whether there was anything. */
  look(): boolean
  /** Reads more within the bound of the same look. */
  read(): boolean
  send(message: Buffer): void
  /**
   * Sends requests that want to be acknowledged, each with a sequence no lower than any before, and returns the first error
   * number of their answers, 0 for success. `take` is given what comes meanwhile beside the answers.
   */
  ask(requests: Buffer, take?: TakeMessage): number
  close(): void
}

export type TakeMessage = (message: NetlinkMessage) => void

export interface NetfilterOptions {
  /** Bits of the multicast groups whose messages it hears. */
  readonly groups?: number
  /** Given every message that answers nothing. */
  readonly take?: TakeMessage
  /** The kernel had to throw messages away because they were not read in time. */
  readonly onOverrun?: () => void
  /** Buffers that are read at one look. */
  readonly readsPerLook?: number
}

const familyNetlink = 16
const socketRaw = 3
export const protocolNetfilter = 12
const noBuffers = 105
/** Its own, for one socket may be read while another's messages are looked at. A message has at most 64 KiB. */
const bufferBytes = 256 << 10
/** Some ten thousand messages, whose reading takes a tenth of the time between looks. */
const usualReads = 10
/** Where a request's sequence stands. */
const sequenceAt = 8

/** Opens it in the network namespace of this process. Throws where the kernel refuses. */
export function openNetfilter(native: Native, options: NetfilterOptions = {}): Netfilter {
  const { groups = 0, take = () => {}, onOverrun = () => {}, readsPerLook = usualReads } = options
  const descriptor = native.socket(familyNetlink, socketRaw, protocolNetfilter, groups, '')
  const bytes = Buffer.alloc(bufferBytes)
  let readsLeft = readsPerLook

  const receive = (): number | undefined => {
    try {
      return native.receive(descriptor, bytes)
    } catch (error) {
      if ((error as NativeError).errno !== noBuffers) throw error
      onOverrun()
      return undefined
    }
  }
  /** Reads what fits into the buffer; false where nothing waits. */
  const readOnce = (takeOne: TakeMessage): boolean => {
    const length = receive()
    if (length !== undefined) walkMessages(bytes, length, takeOne)
    return length !== 0
  }
  const read = (): boolean => {
    const before = readsLeft
    while (readsLeft > 0 && readOnce(take)) readsLeft--
    return readsLeft < before
  }

  return {
    bytes,
    read,
    look() {
      readsLeft = readsPerLook
      return read()
    },
    send: (message) => native.send(descriptor, message),
    ask(requests, takeMore = take) {
      const first = requests.readUInt32LE(sequenceAt)
      const answers: number[] = []
      native.send(descriptor, requests)
      const takeOne = (message: NetlinkMessage) => {
        if (message.type !== netlinkError) return takeMore(message)
        const { sequence, errno } = readAnswer(bytes, message)
        if (sequence >= first) answers.push(errno)
      }
      // Answers are there when the request has been sent; other messages may stand before them.
      for (let reads = 0; reads < usualReads && answers.length === 0 && readOnce(takeOne); reads++);
      return answers.find((errno) => errno !== 0) ?? 0
    },
    close: () => native.closeDescriptor(descriptor),
  }
}
