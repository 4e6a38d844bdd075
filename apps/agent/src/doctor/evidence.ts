// By what verdicts will be known on this machine: log rules, traces, drops, conntrack. Each is looked at or tried without
// leaving anything; none of them keeps the agent from running.
import { readGroupHolders, readRunning } from '../collectors/nflog/groups.ts'
import type { NotRead } from '../collectors/nflog/groups.ts'
import { notReadWords, ownerWords } from '../collectors/nflog/state.ts'
import { readLegacyTables, untracedWords } from '../collectors/nf-trace/state.ts'
import { trySamplingTable } from '../collectors/nf-trace/sampling.ts'
import type { AgentConfig } from '../config.ts'
import { bindGroup } from '../netlink/nflog.ts'
import { openNetfilter, protocolNetfilter } from '../kernel/netfilter.ts'
import { findNetlinkOwner } from '../process/netlink-owner.ts'
import type { NetlinkOwner } from '../process/netlink-owner.ts'
import type { Native } from '../kernel/native.ts'
import type { Finding } from './report.ts'

/** Nobody logs to the last group, so it is free to be tried. */
const tryGroup = 65_535

/** Why a group that nobody has cannot be read, if so. */
function tryBinding(native: Native): string | undefined {
  try {
    const socket = openNetfilter(native)
    try {
      const errno = socket.ask(bindGroup(tryGroup, 1))
      return errno === 0 ? undefined : `the kernel refuses a group (error ${errno})`
    } finally {
      socket.close()
    }
  } catch (error) {
    return (error as Error).message
  }
}

interface Readers {
  readonly others: ReadonlyMap<number, NotRead>
  /** The agent that runs here already, where it reads some. */
  readonly agent: NetlinkOwner | undefined
}

/** Who reads the groups that are asked for: whatever the agent does not read itself is not seen. */
function findReaders(config: AgentConfig): Readers {
  const running = readRunning(config.procPath)
  const to = config.nflogYieldTo.find((name) => running.has(name))
  if (to !== undefined) {
    return { others: new Map(config.nflogGroups.map((group) => [group, { why: 'yielded', to }])), agent: undefined }
  }
  const held = [...readGroupHolders()].filter(([group]) => config.nflogGroups.includes(group))
  const owners = held.map(([group, port]) => ({
    group,
    owner: findNetlinkOwner(config.procPath, protocolNetfilter, port),
  }))
  const others = owners.filter(({ owner }) => owner?.isOurs !== true)
  return {
    others: new Map(others.map(({ group, owner }) => [group, { why: 'held', by: ownerWords(owner) }])),
    agent: owners.find(({ owner }) => owner?.isOurs)?.owner,
  }
}

function judgeNflog(config: AgentConfig, native: Native): Finding {
  const base = { name: 'nflog', title: 'Log rules (NFLOG)' }
  const problem = tryBinding(native)
  if (problem !== undefined) {
    const hint = 'CAP_NET_ADMIN and the kernel module nfnetlink_log are needed'
    return { ...base, verdict: 'missing', found: problem, hint }
  }
  const { others, agent } = findReaders(config)
  const groups = config.nflogGroups.join(', ') || 'none'
  const by = agent ? `are read by the agent that runs here (process ${agent.pid})` : 'can be read'
  if (others.size === 0) return { ...base, verdict: 'ok', found: `${by}; groups asked for: ${groups}` }
  const hint = 'a group has one reader: take its flows as well, or use --nf-trace'
  return { ...base, verdict: 'limited', found: notReadWords(others).join('; '), hint }
}

function judgeTrace(config: AgentConfig, native: Native): Finding {
  const base = { name: 'nf-trace', title: 'Rule traces (nftables)' }
  try {
    trySamplingTable(native)
    const asked = config.nfTrace ? 'can be made, and are asked for' : 'can be made; off unless --nf-trace is given'
    return { ...base, verdict: 'ok', found: [asked, ...untracedWords(readLegacyTables())].join('; ') }
  } catch (error) {
    const hint =
      'iptables-legacy and eBPF data planes have no such traces: use --nflog-groups where rules log; policies are evaluated then'
    return { ...base, verdict: 'missing', found: (error as Error).message, hint }
  }
}

const judgeDrops = (drops: boolean): Finding => ({
  name: 'drop',
  title: 'Drops',
  verdict: drops ? 'ok' : 'missing',
  found: drops ? 'tell a denial without the rule' : 'are not seen: a denied connection looks unanswered',
  hint: 'the program see_drop and the names of drop reasons are needed',
})

const judgeThrough = (conntrack: boolean): Finding => ({
  name: 'conntrack',
  title: 'Connections that were made',
  verdict: 'ok',
  found: conntrack ? 'tell that they were allowed, behind service addresses too' : 'tell that they were allowed',
})

/** What each source of evidence can do here; `native` is absent where the addon does not load. */
export function judgeEvidence(
  config: AgentConfig,
  native: Native | undefined,
  has: { readonly drops: boolean; readonly conntrack: boolean },
): readonly Finding[] {
  const asked = native ? [judgeNflog(config, native), judgeTrace(config, native)] : []
  return [...asked, judgeDrops(has.drops), judgeThrough(has.conntrack)]
}
