// Making the table that samples, or finding out whether the kernel would make it. The table lives as long as the socket on
// which it was made.
import { netlinkError, readAnswer, walkMessages } from '../../netlink/message.ts'
import { samplingTable } from '../../netlink/nft-sampling.ts'
import { openNetfilter } from '../../kernel/native.ts'
import type { Native } from '../../kernel/native.ts'

const errorNumber = { permission: 1, unsupported: 95 } as const
/** A refused message comes back whole with its answer. */
const bufferBytes = 192 << 10

function wordsOf(errno: number): string {
  if (errno === errorNumber.permission) return 'not permitted; CAP_NET_ADMIN is needed'
  if (errno === errorNumber.unsupported) return 'this kernel knows no tables that belong to a process; 5.12 is needed'
  return `error ${errno} of the kernel; nf_tables, nft_ct, nft_limit and conntrack are needed`
}

/** Sends a transaction; throws the first refusal. */
function send(native: Native, descriptor: number, bytes: Buffer): void {
  const buffer = Buffer.alloc(bufferBytes)
  const answers: number[] = []
  native.send(descriptor, bytes)
  walkMessages(buffer, native.receive(descriptor, buffer), (message) => {
    if (message.type === netlinkError) answers.push(readAnswer(buffer, message).errno)
  })
  const errno = answers.find((number) => number !== 0)
  if (errno !== undefined) throw new Error(`make the nftables table for traces: ${wordsOf(errno)}`)
}

/** Makes the table and returns its socket, with which it goes. Throws where the kernel refuses. */
export function makeSamplingTable(native: Native, name: string, perSecond: number): number {
  const descriptor = openNetfilter(native, 0)
  const { begin, end } = samplingTable(name, perSecond)
  try {
    send(native, descriptor, Buffer.concat([begin, end]))
    return descriptor
  } catch (error) {
    native.closeDescriptor(descriptor)
    throw error
  }
}

/** Whether the table could be made: nothing is. Throws where the kernel would refuse. */
export function trySamplingTable(native: Native): void {
  const descriptor = openNetfilter(native, 0)
  try {
    send(native, descriptor, samplingTable('margay_trace_try', 1).begin)
  } finally {
    native.closeDescriptor(descriptor)
  }
}
