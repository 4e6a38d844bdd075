// The loop that everything hangs on: look at the ring every 100 ms, at the sockets every second, write rows at the end of
// an interval. It opens the kernel side and the collectors, and a collector that fails is out for itself alone.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '@margay/kit'
import type { Health, Logger, Part, Stage } from '@margay/kit'
import type { AgentOutput } from '@margay/wire'
import { collectors } from './collectors/index.ts'
import type { Collector, OpenCollector, Shared, TakeRecord } from './collectors/collector.ts'
import type { AgentConfig } from './config.ts'
import { createClientDomains } from './dns/client-domains.ts'
import { createDropEvidence } from './flow/drop-evidence.ts'
import { createFlowTable } from './flow/flow-table.ts'
import { createHosts } from './flow/hosts.ts'
import { createNatTable } from './flow/nat-table.ts'
import { readEnumerators } from './kernel/btf.ts'
import { writeConstants } from './kernel/constants.ts'
import { numberReasons } from './kernel/drop-reasons.ts'
import { createKernelClock } from './kernel/kernel-clock.ts'
import { header, lossPlaces, readU64 } from './kernel/layout.ts'
import { loadKernel } from './kernel/load.ts'
import type { Kernel } from './kernel/load.ts'
import { readObject } from './kernel/native.ts'
import type { Native } from './kernel/native.ts'
import { createCgroupTable, findCgroupRoot } from './process/cgroup-table.ts'
import { createProcessTable } from './process/process-table.ts'

export interface CollectionDeps {
  readonly native: Native
  readonly output: AgentOutput
  readonly health: Health
  readonly log: Logger
  /** Told once, when all collectors are open. */
  readonly onOpen?: () => void
}

/** Holds a burst of the ring and of an iterator; records are copied out of it at once. */
const scratchBytes = 4 << 20
const keepIntervals = 6
const maxCgroups = 8192

function openKernel(
  config: AgentConfig,
  deps: CollectionDeps,
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

function createShared(config: AgentConfig, deps: CollectionDeps): Shared {
  const clock = createKernelClock()
  const cgroupRoot = findCgroupRoot(readFileSync(join(config.procPath, 'mounts'), 'utf8')) ?? '/sys/fs/cgroup'
  const dropReasons = readReasons(config, deps.log)
  const losses = deps.health.stage('losses')
  losses.set({ state: 'ok' })
  return {
    config,
    native: deps.native,
    kernel: openKernel(config, deps, cgroupRoot, dropReasons.keys()),
    output: deps.output,
    clock,
    flows: createFlowTable({ ...config, keepIntervals }, deps),
    hosts: createHosts(),
    processes: createProcessTable(config),
    cgroups: createCgroupTable(
      { root: cgroupRoot, procPath: config.procPath, maxCgroups },
      { native: deps.native, clock: clock.now },
    ),
    evidence: createDropEvidence(),
    nat: createNatTable(),
    domains: createClientDomains({ clock: clock.now }),
    dropReasons,
    scratch: Buffer.alloc(scratchBytes),
    lost(what, count) {
      if (count === 0) return
      losses.lose(what, count)
      deps.output.lost(what, count)
    },
  }
}

interface Opened {
  readonly collector: Collector
  readonly open: OpenCollector
  readonly stage: Stage
}

function openCollectors(shared: Shared, { health, log }: CollectionDeps): Opened[] {
  return collectors.flatMap((collector) => {
    const stage = health.stage(collector.name)
    const usable = collector.usable(shared)
    if (usable !== true) {
      stage.set({ state: 'off', detail: usable })
      return []
    }
    try {
      const open = collector.open(shared)
      stage.set(open.state())
      return [{ collector, open, stage }]
    } catch (error) {
      stage.set({ state: 'failed', detail: (error as Error).message })
      log.warn('collector does not open', { collector: collector.name, error: error as Error })
      return []
    }
  })
}

/** Hands every ring record to the collector that takes its type, until the ring is empty. */
function readRing(shared: Shared, takers: ReadonlyMap<number, TakeRecord>): void {
  const { kernel, native, scratch } = shared
  if (!kernel) return
  for (;;) {
    const length = native.ring(kernel.handle, 'records', scratch)
    for (let at = 0; at < length; at += (scratch.readUInt32LE(at + header.size) + 7) & ~7) {
      takers.get(scratch.readUInt32LE(at + header.type))?.(scratch, at)
    }
    // A full buffer means that there is more.
    if (length < scratch.length - 8192) return
  }
}

/** What the kernel side lost since the last time, per place, over all CPUs. */
function createLossReader(shared: Shared): () => void {
  const { kernel, native } = shared
  if (!kernel) return () => {}
  const before = lossPlaces.map(() => 0)
  const key = Buffer.alloc(4)
  const values = Buffer.alloc(8 * 1024)
  return () => {
    for (const [index, place] of lossPlaces.entries()) {
      key.writeUInt32LE(index)
      const length = native.read(kernel.handle, 'losses', key, values)
      let total = 0
      for (let at = 0; at < length; at += 8) total += readU64(values, at)
      shared.lost(`kernel_${place}`, total - before[index]!)
      before[index] = total
    }
  }
}

/** Looks, counts and writes until told to end; then writes what the last interval holds. */
export function createCollection(config: AgentConfig, deps: CollectionDeps): Part {
  return {
    name: 'collection',
    async run(signal) {
      const shared = createShared(config, deps)
      const opened = openCollectors(shared, deps)
      const takers = new Map(opened.flatMap(({ open }) => [...(open.records ?? [])]))
      const readLosses = createLossReader(shared)
      try {
        deps.onOpen?.()
        await loop(config, shared, opened, takers, readLosses, signal)
      } finally {
        for (const { open } of opened) open.close?.()
        shared.kernel?.close()
      }
    },
  }
}

/** The first multiple of the interval after a time, so that the intervals of all nodes meet. Unix seconds. */
export const nextBoundary = (nowMs: number, intervalSeconds: number) =>
  (Math.floor(nowMs / 1000 / intervalSeconds) + 1) * intervalSeconds

async function loop(
  config: AgentConfig,
  shared: Shared,
  opened: readonly Opened[],
  takers: ReadonlyMap<number, TakeRecord>,
  readLosses: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock, flows, output } = shared
  const look = () => {
    for (const { open } of opened) open.poll?.()
    readRing(shared, takers)
  }
  const second = () => {
    for (const { open } of opened) open.second?.()
  }
  const endInterval = (startTime: number, endTime: number) => {
    flows.endInterval(startTime, endTime)
    for (const { open, stage } of opened) {
      open.endInterval?.(startTime, endTime)
      stage.set(open.state())
    }
    readLosses()
    output.endInterval(endTime)
  }
  let startTime = Math.floor(clock.now() / 1000)
  let endTime = nextBoundary(clock.now(), config.intervalSeconds)
  let nextSecond = clock.now() + 1000
  while (!signal.aborted) {
    await sleep(config.pollMs, signal)
    look()
    const now = clock.now()
    const isSecond = now >= nextSecond || now >= endTime * 1000 || signal.aborted
    if (isSecond) {
      second()
      nextSecond = now + 1000
    }
    if (output.watched()) {
      flows.endSecond(now / 1000, !isSecond)
      output.endDelta()
    }
    if (now < endTime * 1000 && !signal.aborted) continue
    const end = Math.min(Math.max(Math.floor(now / 1000), startTime), endTime)
    endInterval(startTime, end)
    startTime = end
    endTime = nextBoundary(now, config.intervalSeconds)
  }
}
