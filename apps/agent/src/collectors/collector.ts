// What a collector is: one source of knowledge about this node, with its own state, its own failures and its own part of
// the health report. Collectors share tables (flows, processes, namespaces), never each other.
import type { StageState } from '@margay/kit'
import type { AgentOutput } from '@margay/wire'
import type { AgentConfig } from '../config.ts'
import type { ClientDomains } from '../dns/client-domains.ts'
import type { DropEvidence } from '../flow/drop-evidence.ts'
import type { FlowTable } from '../flow/flow-table.ts'
import type { Hosts } from '../flow/hosts.ts'
import type { MarkTable } from '../flow/mark-table.ts'
import type { NatTable } from '../flow/nat-table.ts'
import type { Reach } from '../flow/reach.ts'
import type { Kernel } from '../kernel/load.ts'
import type { KernelClock } from '../kernel/kernel-clock.ts'
import type { Native } from '../kernel/native.ts'
import type { CgroupTable } from '../process/cgroup-table.ts'
import type { ProcessTable } from '../process/process-table.ts'

/** What collectors work with. `kernel` is undefined where no eBPF program could be loaded. */
export interface Shared {
  readonly config: AgentConfig
  readonly native: Native
  readonly kernel: Kernel | undefined
  readonly output: AgentOutput
  readonly clock: KernelClock
  readonly flows: FlowTable
  readonly hosts: Hosts
  readonly processes: ProcessTable
  readonly cgroups: CgroupTable
  readonly evidence: DropEvidence
  readonly marks: MarkTable
  readonly reach: Reach
  readonly nat: NatTable
  readonly domains: ClientDomains
  /** Names of drop reasons by this kernel's numbers. */
  readonly dropReasons: ReadonlyMap<number, string>
  /** For large reads; whoever fills it has used it up before it returns. */
  readonly scratch: Buffer
  /** Counts what could not be seen or kept, for the output and for health. */
  lost(what: string, count: number): void
}

/** Takes the record that starts at an offset; the bytes are valid during the call only. */
export type TakeRecord = (bytes: Buffer, at: number) => void

export interface OpenCollector {
  /** Ring records that it takes, by type. */
  readonly records?: ReadonlyMap<number, TakeRecord>
  /** Every 100 ms, before ring records are read. */
  readonly poll?: () => void
  /** Every second, and at the end of an interval just before its rows are written. */
  readonly second?: () => void
  /** Once, before the last interval's rows are written: whatever is held back is counted now. */
  readonly finish?: () => void
  /** Writes rows of its own; times are Unix seconds. */
  readonly endInterval?: (startTime: number, endTime: number) => void
  readonly close?: () => void
  /** What it has to say about itself now. */
  readonly state: () => Partial<StageState>
}

export interface Collector {
  /** kebab-case; its health entry, config section and metric prefix. */
  readonly name: string
  readonly title: string
  readonly doc: string
  /** Kernel programs that it lives by; some collectors need none. */
  readonly programs: readonly string[]
  /** Whether it has anything to do; else the reason, for people. */
  readonly usable: (shared: Shared) => true | string
  /** Opens what it needs. Throws where that fails: the collector is then failed and the others go on. */
  readonly open: (shared: Shared) => OpenCollector
}

/** The state of a collector that lives by kernel programs: degraded where some of them are missing. */
export function stateByPrograms(kernel: Kernel | undefined, names: readonly string[]): Partial<StageState> {
  const missing = kernel?.states.filter(({ name, problem }) => names.includes(name) && problem !== undefined) ?? []
  if (missing.length === 0) return { state: 'ok' }
  return {
    state: 'degraded',
    detail: `without ${missing.map(({ name }) => name).join(', ')}`,
    hint: 'margay doctor says what is missing then',
  }
}
