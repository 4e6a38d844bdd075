// The loop that everything hangs on: look at the ring every 100 ms, at the sockets every second, write rows at the end of
// an interval, which is also over when an address passes from one pod to another. It opens the kernel side and the collectors, and a collector that fails is out for itself alone.
import type { Logger, Part, Stage } from '@margay/kit'
import { collectors } from './collectors/index.ts'
import type { Collector, OpenCollector, Shared, TakeRecord } from './collectors/collector.ts'
import type { AgentConfig } from './config.ts'
import { createHandovers } from './handovers.ts'
import { canEnd, closed, intervalFrom, isOver } from './interval.ts'
import { header, lossPlaces, readU64 } from './kernel/layout.ts'
import { createShared } from './shared.ts'
import type { SharedDeps } from './shared.ts'

export interface CollectionDeps extends SharedDeps {
  /** Told once, when all collectors are open. */
  readonly onOpen?: () => void
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

/** Runs a step of a collector; a step that throws is that collector's failure and nobody else's. */
function createGuard(shared: Shared, log: Logger) {
  return ({ collector, stage }: Opened, step: () => void): void => {
    try {
      step()
    } catch (error) {
      stage.set({ state: 'failed', detail: (error as Error).message })
      shared.lost(`${collector.name}_failed`, 1)
      log.error('collector failed in a step', { collector: collector.name, error: error as Error })
    }
  }
}

type Guard = ReturnType<typeof createGuard>

/** Which collector takes records of a type. */
const takersOf = (opened: readonly Opened[], guard: Guard): ReadonlyMap<number, TakeRecord> =>
  new Map(
    opened.flatMap((one) =>
      [...(one.open.records ?? [])].map(([type, take]): [number, TakeRecord] => [
        type,
        (bytes, at) => guard(one, () => take(bytes, at)),
      ]),
    ),
  )

/** The largest record, with which the addon keeps clear of the buffer's end. */
const largestRecord = 8192

/** Hands every ring record to the collector that takes its type, until the ring is empty. */
function readRing(shared: Shared, takers: ReadonlyMap<number, TakeRecord>): void {
  const { kernel, nat, native, scratch } = shared
  if (!kernel) return
  for (;;) {
    const length = native.ring(kernel.handle, 'records', scratch)
    // Translations of what these records tell of are older than they are.
    if (length > 0) nat.refresh()
    for (let at = 0; at < length; at += (Math.max(scratch.readUInt32LE(at + header.size), 1) + 7) & ~7) {
      takers.get(scratch.readUInt32LE(at + header.type))?.(scratch, at)
    }
    // A full buffer means that there is more.
    if (length < scratch.length - largestRecord) return
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
      const guard = createGuard(shared, deps.log)
      const readLosses = createLossReader(shared)
      try {
        deps.onOpen?.()
        await loop(config, shared, opened, guard, readLosses, signal)
      } finally {
        for (const { open } of opened) open.close?.()
        shared.reach.close()
        shared.kernel?.close()
      }
    },
  }
}

async function loop(
  config: AgentConfig,
  shared: Shared,
  opened: readonly Opened[],
  guard: Guard,
  readLosses: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock, flows, output } = shared
  const takers = takersOf(opened, guard)
  let lookedAt = clock.now()
  const look = () => {
    const now = clock.now()
    flows.setSpan(Math.min(lookedAt, now), now)
    lookedAt = now
    for (const one of opened) guard(one, () => one.open.poll?.())
    readRing(shared, takers)
  }
  const second = () => {
    for (const one of opened) guard(one, () => one.open.second?.())
  }
  const endInterval = (startTime: number, endTime: number) => {
    flows.endInterval(startTime, endTime)
    for (const one of opened) {
      one.stage.set(one.open.state())
      guard(one, () => one.open.endInterval?.(startTime, endTime))
    }
    readLosses()
    output.endInterval(endTime)
  }
  const handovers = createHandovers(output, signal)
  let interval = intervalFrom(clock.now(), config.intervalSeconds)
  let lastSecond = clock.kernelNow()
  while (!signal.aborted) {
    await handovers.pause(config.pollMs)
    const isHandedOver = handovers.take()
    look()
    const now = clock.now()
    const isEnd = isOver(interval, now) || (isHandedOver && canEnd(interval, now)) || signal.aborted
    const isSecond = isEnd || clock.kernelNow() - lastSecond >= 1e9
    if (isSecond) {
      second()
      lastSecond = clock.kernelNow()
    }
    if (signal.aborted) for (const one of opened) guard(one, () => one.open.finish?.())
    if (output.watched()) {
      // Not after the interval that holds it, or the row that lasts would not be known to cover it.
      flows.endSecond(isEnd ? closed(interval, now).end : now / 1000, !isSecond)
      output.endDelta()
    } else flows.forgetLive()
    if (!isEnd) continue
    const { start, end } = closed(interval, now)
    endInterval(start, end)
    interval = { ...intervalFrom(now, config.intervalSeconds), start: end }
  }
}
