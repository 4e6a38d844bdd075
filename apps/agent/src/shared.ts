// Opens what collectors share: the kernel side with the constants of this configuration, and the tables. What cannot be
// opened is told to health, with what to do, and collectors go on without it.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Health, Logger } from '@margay/kit'
import type { AgentOutput } from '@margay/wire'
import type { Shared } from './collectors/collector.ts'
import type { AgentConfig } from './config.ts'
import { createClientDomains } from './dns/client-domains.ts'
import { createDropEvidence } from './flow/drop-evidence.ts'
import { createFlowTable } from './flow/flow-table.ts'
import { createHosts } from './flow/hosts.ts'
import { createMarkTable } from './flow/mark-table.ts'
import { createNatTable } from './flow/nat-table.ts'
import { createReach } from './flow/reach.ts'
import type { Reach } from './flow/reach.ts'
import { readEnumerators } from './kernel/btf.ts'
import { writeConstants } from './kernel/constants.ts'
import { numberReasons } from './kernel/drop-reasons.ts'
import { createKernelClock } from './kernel/kernel-clock.ts'
import { loadKernel } from './kernel/load.ts'
import type { Kernel } from './kernel/load.ts'
import { readObject } from './kernel/native.ts'
import type { Native } from './kernel/native.ts'
import { createCgroupTable, findCgroupRoot } from './process/cgroup-table.ts'
import { createProcessTable } from './process/process-table.ts'

export interface SharedDeps {
  readonly native: Native
  readonly output: AgentOutput
  readonly health: Health
  readonly log: Logger
}

/** Holds a burst of the ring and of an iterator; records are copied out of it at once. */
const scratchBytes = 4 << 20
const keepIntervals = 6
const maxCgroups = 8192
/** A packet's way through a node's rules has some twenty steps; a connection asks for it within a second or two. */
const markBounds = { maxMarks: 32, maxTuples: 16_384 }

function openKernel(
  config: AgentConfig,
  deps: SharedDeps,
  cgroupRoot: string,
  reasons: Iterable<number>,
): Kernel | undefined {
  const stage = deps.health.stage('kernel')
  const object = readObject()
  if (!object) {
    stage.set({ state: 'failed', detail: 'the eBPF object is not built', hint: 'run apps/agent/build.ts' })
    return undefined
  }
  const cgroupPath = join(cgroupRoot, config.cgroup)
  const level = config.cgroup.split('/').filter((part) => part !== '').length
  const cgroup = level > 0 ? { cgroup: { id: statSync(cgroupPath, { bigint: true }).ino, level } } : {}
  const constants = writeConstants({ dnsPorts: config.dnsPorts, dropReasons: reasons, ...cgroup })
  try {
    const kernel = loadKernel(deps.native, { object, constants, cgroupPath, leaveOut: config.leaveOut })
    const missing = kernel.states.filter(({ problem }) => problem !== undefined)
    if (missing.length === 0) stage.set({ state: 'ok' })
    else
      stage.set({
        state: 'degraded',
        detail: `not loaded: ${missing.map(({ name }) => name).join(', ')}`,
        hint: 'margay doctor says why',
      })
    return kernel
  } catch (error) {
    stage.set({
      state: 'failed',
      detail: (error as Error).message,
      hint: 'run as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN',
    })
    deps.log.warn('kernel programs are not loaded', { error: error as Error })
    return undefined
  }
}

function readReasons(config: AgentConfig, log: Logger): ReadonlyMap<number, string> {
  try {
    const numbers = readEnumerators(readFileSync('/sys/kernel/btf/vmlinux'), 'skb_drop_reason')
    const { byNumber, unknown } = numberReasons(numbers, config.dropReasons)
    if (unknown.length > 0) log.info('drop reasons that this kernel does not know', { reasons: unknown.join(' ') })
    return byNumber
  } catch (error) {
    log.warn('kernel types are not readable', { error: error as Error })
    return new Map()
  }
}

const familyNetlink = 16
const socketRaw = 3
const protocolRoute = 0

function openReach(native: Native): Reach {
  const descriptor = native.socket(familyNetlink, socketRaw, protocolRoute, 0, '')
  return createReach({
    send: (message) => native.send(descriptor, message),
    receive: (into) => native.receive(descriptor, into),
    close: () => native.closeDescriptor(descriptor),
  })
}

/** Opens everything; closing the kernel side and the reach is the caller's. */
export function createShared(config: AgentConfig, deps: SharedDeps): Shared {
  const clock = createKernelClock()
  const cgroupRoot = findCgroupRoot(readFileSync(join(config.procPath, 'mounts'), 'utf8')) ?? '/sys/fs/cgroup'
  const dropReasons = readReasons(config, deps.log)
  const processes = createProcessTable(config)
  processes.seed()
  const losses = deps.health.stage('losses')
  losses.set({ state: 'ok' })
  const lost = (what: string, count: number) => {
    if (count === 0) return
    losses.lose(what, count)
    deps.output.lost(what, count)
  }
  return {
    config,
    native: deps.native,
    kernel: openKernel(config, deps, cgroupRoot, dropReasons.keys()),
    output: deps.output,
    clock,
    flows: createFlowTable({ ...config, keepIntervals }, deps),
    hosts: createHosts(),
    processes,
    cgroups: createCgroupTable(
      { root: cgroupRoot, procPath: config.procPath, maxCgroups },
      { native: deps.native, clock: clock.now },
    ),
    evidence: createDropEvidence(),
    marks: createMarkTable(markBounds, { onUnread: () => lost('mark_table_full', 1) }),
    reach: openReach(deps.native),
    nat: createNatTable(statSync(join(config.procPath, 'self/ns/net')).ino),
    domains: createClientDomains({ clock: clock.now }),
    dropReasons,
    scratch: Buffer.alloc(scratchBytes),
    lost,
  }
}
