// Keeps the parts of a process alive: a part that dies is started again after a wait, its neighbours do not notice, and
// its state can be read for health. What a death means for stored data is the part's own business.
import { createBackoff } from './backoff.ts'
import type { Health } from './health.ts'
import type { Logger } from './log.ts'
import type { Clock, Part } from './part.ts'
import { sleep, systemClock } from './part.ts'

export interface SuperviseDeps {
  readonly log: Logger
  readonly health: Health
  readonly clock?: Clock
  readonly chance?: () => number
}

/** A part that ran this long has recovered: its next death waits the shortest time again. */
const recoveredMs = 60_000

/** A death that no restart can mend (a port in use, a second process on one directory): the whole process must end. */
export class FatalError extends Error {
  override readonly name = 'FatalError'
}

/**
 * Runs parts until `signal` aborts and all have ended. Restarts a part that rejects or ends early, after 0.25 s growing
 * to 30 s. Rejects only with a FatalError of a part, after the others were ended.
 */
export async function supervise(parts: readonly Part[], deps: SuperviseDeps, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const both = AbortSignal.any([signal, ended.signal])
  const results = await Promise.allSettled(
    parts.map((part) =>
      keepAlive(part, deps, both).catch((error: unknown) => {
        ended.abort()
        throw error
      }),
    ),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

async function keepAlive(part: Part, deps: SuperviseDeps, signal: AbortSignal): Promise<void> {
  const clock = deps.clock ?? systemClock
  const backoff = createBackoff({ firstMs: 250, mostMs: 30_000 }, deps.chance)
  const stage = deps.health.stage(part.name)
  while (!signal.aborted) {
    const startedAt = clock()
    stage.set({ state: 'ok', restarts: backoff.failures })
    const death = await lifeOf(part, signal)
    if (signal.aborted && death === undefined) break
    if (death instanceof FatalError) throw death
    if (signal.aborted) return deps.log.error('part failed while it ended', { part: part.name, error: death })
    if (clock() - startedAt >= recoveredMs) backoff.reset()
    const waitMs = backoff.next()
    deps.log.error('part died and is started again', { part: part.name, waitMs, error: death })
    stage.set({ state: 'failed', detail: death?.message ?? 'ended early', restarts: backoff.failures })
    await sleep(waitMs, signal)
  }
  stage.set({ state: 'off' })
}

/** Runs a part once; what it died of, or undefined when it ended because it was told to. */
async function lifeOf(part: Part, signal: AbortSignal): Promise<Error | undefined> {
  try {
    await part.run(signal)
    return signal.aborted ? undefined : new Error(`part ${part.name} ended without being told to`)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
