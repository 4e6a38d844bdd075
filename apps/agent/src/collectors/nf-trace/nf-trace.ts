// Traces: some new connections a second are followed through the node's rules by nftables itself, which tells each rule that
// they met. It works beside any firewall on nftables, iptables-nft included, and names the rule that decided. It changes
// the node (one table of ours), hence only when asked; the kernel takes the table away when this process is gone.
import { netlinkError, readAnswer, walkMessages } from '../../netlink/message.ts'
import type { NetlinkMessage } from '../../netlink/message.ts'
import { samplingTable } from '../../netlink/nft-sampling.ts'
import { nftTrace, readTraceStep } from '../../netlink/nft-trace.ts'
import type { Native, NativeError } from '../../kernel/native.ts'
import type { Collector, OpenCollector, Shared } from '../collector.ts'
import { createPaths } from './paths.ts'
import { createRuleBook } from './rules.ts'

const familyNetlink = 16
const socketRaw = 3
const protocolNetfilter = 12
/** Bit of NFNLGRP_NFTRACE among a socket's groups. */
const traceGroup = 1 << 8
const noBuffers = 105
const errorNumber = { permission: 1, unsupported: 95 } as const

const bufferBytes = 256 << 10
const maxReads = 8
const tablePrefix = 'margay_trace_'

const openSocket = (native: Native, groups: number) =>
  native.socket(familyNetlink, socketRaw, protocolNetfilter, groups, '')

function whyNotMade(errno: number): string {
  if (errno === errorNumber.permission)
    return 'make the nftables table for traces: not permitted; CAP_NET_ADMIN is needed'
  if (errno === errorNumber.unsupported)
    return 'make the nftables table for traces: this kernel knows no tables that belong to a process; 5.12 is needed'
  return `make the nftables table for traces: error ${errno} of the kernel`
}

/** Makes the table on a socket of its own, with which it goes. Throws where the kernel refuses. */
export function makeSamplingTable(native: Native, name: string, perSecond: number): number {
  const descriptor = openSocket(native, 0)
  const buffer = Buffer.alloc(bufferBytes)
  const { bytes } = samplingTable(name, perSecond)
  const refusals: number[] = []
  try {
    native.send(descriptor, bytes)
    walkMessages(buffer, native.receive(descriptor, buffer), (message) => {
      if (message.type === netlinkError) refusals.push(readAnswer(buffer, message).errno)
    })
    const errno = refusals.find((number) => number !== 0)
    if (errno !== undefined) throw new Error(whyNotMade(errno))
    return descriptor
  } catch (error) {
    native.closeDescriptor(descriptor)
    throw error
  }
}

function openTrace(shared: Shared): OpenCollector {
  const { clock, config, marks, native } = shared
  const ownTable = `${tablePrefix}${process.pid}`
  const listener = openSocket(native, traceGroup)
  const questions = openSocket(native, 0)
  const table = makeSamplingTable(native, ownTable, config.nfTracePerSecond)
  const rules = createRuleBook({
    send: (message) => native.send(questions, message),
    receive: (into) => native.receive(questions, into),
  })
  const paths = createPaths({ ownTable }, { rules, note: (key, said) => marks.note(key, said, clock.now()) })
  const buffer = Buffer.alloc(bufferBytes)
  let readsLeft = maxReads

  const take = (message: NetlinkMessage) => {
    const step = message.type === nftTrace ? readTraceStep(buffer, message) : undefined
    if (step) paths.take(buffer, step, clock.now())
  }
  const readOnce = (): boolean => {
    try {
      const length = native.receive(listener, buffer)
      walkMessages(buffer, length, take)
      return length > 0
    } catch (error) {
      if ((error as NativeError).errno !== noBuffers) throw error
      shared.lost('nf_trace_messages', 1)
      return true
    }
  }
  const read = () => {
    let hasRead = false
    while (readsLeft > 0 && readOnce()) {
      readsLeft--
      hasRead = true
    }
    if (hasRead) paths.end(clock.now())
  }
  marks.readBeforeMissing(read)
  return {
    poll() {
      readsLeft = maxReads
      read()
    },
    close() {
      for (const descriptor of [listener, questions, table]) native.closeDescriptor(descriptor)
    },
    state: () => ({ state: 'ok', detail: `traces up to ${config.nfTracePerSecond} new connections a second` }),
  }
}

export const nfTrace: Collector = {
  name: 'nf-trace',
  title: 'Rule traces',
  doc: "The way of some new connections through the node's rules, and the rule that decided.",
  usable: ({ config }) => config.nfTrace || 'not asked for; --nf-trace turns it on',
  open: openTrace,
}
