// Traces: some new connections a second are followed through the node's rules by nftables itself, which tells each rule that
// they met. It works beside any firewall on nftables, iptables-nft included, and names the rule that decided. It changes
// the node (one table of ours), hence only when asked; the kernel takes the table away when this process is gone.
import { walkMessages } from '../../netlink/message.ts'
import type { NetlinkMessage } from '../../netlink/message.ts'
import { nftTrace, readTraceStep } from '../../netlink/nft-trace.ts'
import { openNetfilter } from '../../kernel/native.ts'
import type { NativeError } from '../../kernel/native.ts'
import type { Collector, OpenCollector, Shared } from '../collector.ts'
import { createPaths } from './paths.ts'
import { createRuleBook } from './rules.ts'
import { makeSamplingTable } from './sampling.ts'

/** Bit of NFNLGRP_NFTRACE among a socket's groups. */
const traceGroup = 1 << 8
const noBuffers = 105

const bufferBytes = 256 << 10
const maxReads = 8
const tablePrefix = 'margay_trace_'

function openTrace(shared: Shared): OpenCollector {
  const { clock, config, marks, native } = shared
  const ownTable = `${tablePrefix}${process.pid}`
  const listener = openNetfilter(native, traceGroup)
  const questions = openNetfilter(native, 0)
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
