// Making the table that samples, or finding out whether the kernel would make it. The table lives as long as the socket on
// which it was made.
import { samplingTable } from '../../netlink/nft-sampling.ts'
import { openNetfilter } from '../../kernel/netfilter.ts'
import type { Netfilter } from '../../kernel/netfilter.ts'
import type { Native } from '../../kernel/native.ts'

const errorNumber = { permission: 1, unsupported: 95 } as const
function wordsOf(errno: number): string {
  if (errno === errorNumber.permission) return 'not permitted; CAP_NET_ADMIN is needed'
  if (errno === errorNumber.unsupported) return 'this kernel knows no tables that belong to a process; 5.12 is needed'
  return `error ${errno} of the kernel; nf_tables, nft_ct, nft_limit and conntrack are needed`
}

/** Sends a transaction; throws the first refusal. */
function send(socket: Netfilter, bytes: Buffer): void {
  const errno = socket.ask(bytes)
  if (errno !== 0) throw new Error(`make the nftables table for traces: ${wordsOf(errno)}`)
}

/** Makes the table and returns its socket, with which it goes. Throws where the kernel refuses. */
export function makeSamplingTable(native: Native, name: string, perSecond: number): Netfilter {
  const socket = openNetfilter(native)
  const { begin, end } = samplingTable(name, perSecond)
  try {
    send(socket, Buffer.concat([begin, end]))
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** Whether the table could be made: nothing is. Throws where the kernel would refuse. */
export function trySamplingTable(native: Native): void {
  const socket = openNetfilter(native)
  try {
    send(socket, samplingTable('margay_trace_try', 1).begin)
  } finally {
    socket.close()
  }
}
