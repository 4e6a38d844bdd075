// Traces: some new connections a second are followed through the node's rules by nftables itself, which tells each rule that
// they met. It works beside any firewall on nftables, iptables-nft included, and names the rule that decided. It changes
// the node (one table of ours), hence only when asked; the kernel takes the table away when this process is gone.
import { nftTrace, readTraceStep } from '../../netlink/nft-trace.ts'
import { openNetfilter } from '../../kernel/netfilter.ts'
import type { Collector, OpenCollector, Shared } from '../collector.ts'
import { createPaths } from './paths.ts'
import { createRuleBook } from './rules.ts'
import { makeSamplingTable } from './sampling.ts'
import { readLegacyTables, traceState } from './state.ts'

/** Bit of NFNLGRP_NFTRACE among a socket's groups. */
const traceGroup = 1 << 8
const tablePrefix = 'margay_trace_'

function openTrace(shared: Shared): OpenCollector {
  const { clock, config, marks, native } = shared
  const ownTable = `${tablePrefix}${process.pid}`
  const questions = openNetfilter(native)
  const table = makeSamplingTable(native, ownTable, config.nfTracePerSecond)
  const rules = createRuleBook(questions)
  const paths = createPaths({ ownTable }, { rules, note: (key, said) => marks.note(key, said, clock.now()) })
  let hasMetRule = false
  const listener = openNetfilter(native, {
    groups: traceGroup,
    take: (message) => {
      const step = message.type === nftTrace ? readTraceStep(listener.bytes, message) : undefined
      if (!step) return
      hasMetRule ||= step.table !== ownTable
      paths.take(listener.bytes, step, clock.now())
    },
    onOverrun: () => shared.lost('nf_trace_messages', 1),
  })
  const endPaths = (hasRead: boolean) => {
    if (hasRead) paths.end(clock.now())
  }
  marks.readBeforeMissing(() => endPaths(listener.read()))
  return {
    poll: () => endPaths(listener.look()),
    close() {
      for (const socket of [listener, questions, table]) socket.close()
    },
    state: () => traceState({ perSecond: config.nfTracePerSecond, hasMetRule, legacyTables: readLegacyTables() }),
  }
}

export const nfTrace: Collector = {
  name: 'nf-trace',
  title: 'Rule traces',
  doc: "The way of some new connections through the node's rules, and the rule that decided.",
  programs: [],
  usable: ({ config }) => config.nfTrace || 'not asked for; --nf-trace turns it on',
  open: openTrace,
}
