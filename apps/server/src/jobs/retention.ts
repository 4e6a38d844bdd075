// Drops what is too old or over its budget, at the start and every ten minutes, and looks more often whether the disk has room:
// where it has not, the oldest days go before their time, and people are told.
import type { Health, Logger, Part } from '@margay/kit'
import { sleep } from '@margay/kit'
import type { Dropped, Retention, Store } from '@margay/store'
import type { Room } from './room.ts'

export interface RetentionConfig {
  readonly rules: ReadonlyMap<string, Retention>
  /** Bytes of the disk that stay free; by default a share of it. */
  readonly keepFreeBytes?: number | undefined
}

export interface RetentionDeps {
  readonly store: Pick<Store, 'retain'>
  readonly log: Logger
  readonly health: Health
  /** Unix seconds. */
  readonly now: () => number
  readonly room: Room
}

export interface RetentionJob extends Part {
  /** Once, before anybody is let in: a disk that is full has room again as far as old days can give it. */
  begin(): Promise<void>
}

const rulesEverySeconds = 600
const roomEveryMs = 10_000
/** For so long it is told that days went before their time. */
const toldSeconds = 86_400

const keepShare = 0.05
const keepMost = 2_000_000_000

const larger = 'give it a larger disk, or keep rows for fewer days with --retention-flows-days and the like'

/** What to free so that there is room, and a little more, so that it is not asked for again at once. */
function missing({ free, size }: { readonly free: number; readonly size: number }, keep?: number): number {
  const least = keep ?? Math.min(size * keepShare, keepMost)
  return free >= least ? 0 : Math.ceil(least * 1.5 - free)
}

const daysOf = (dropped: readonly Dropped[]): string =>
  [...Map.groupBy(dropped, ({ logType }) => logType)]
    .map(([logType, days]) => `${logType} of ${days.map(({ partition }) => partition).join(', ')}`)
    .join('; ')

export function createRetention({ rules, keepFreeBytes }: RetentionConfig, deps: RetentionDeps): RetentionJob {
  const { store, log, health, now, room } = deps
  const stage = health.stage('retention')
  let lastRules = Number.NEGATIVE_INFINITY
  let crowdedOut: { readonly at: number; readonly days: string } | undefined

  const tell = (isFull: boolean) => {
    if (isFull)
      return stage.set({
        state: 'degraded',
        detail: 'the disk has no room left but for the newest day of each log',
        hint: larger,
      })
    if (crowdedOut && now() - crowdedOut.at < toldSeconds)
      return stage.set({
        state: 'degraded',
        detail: `the disk was nearly full; dropped before their time: ${crowdedOut.days}`,
        hint: larger,
      })
    stage.set({ state: 'ok' })
  }
  const look = async () => {
    const wanted = missing(room.measure(), keepFreeBytes)
    if (wanted === 0 && now() - lastRules < rulesEverySeconds) {
      tell(false)
      return room.refill()
    }
    lastRules = now()
    const dropped = await store.retain(rules, now(), wanted)
    for (const { logType, partition, rows, bytes, why } of dropped) {
      const what = { log_type: logType, day: partition, rows, bytes }
      if (why === 'rule') log.info('retention dropped a day', what)
      else log.warn('the disk is nearly full: a day was dropped before its time', what)
    }
    const early = dropped.filter(({ why }) => why === 'room')
    if (early.length > 0) crowdedOut = { at: now(), days: daysOf(early) }
    tell(wanted > 0 && early.length === 0 && missing(room.measure(), keepFreeBytes) > 0)
    room.refill()
  }
  return {
    name: 'retention',
    begin: look,
    async run(signal) {
      while (!signal.aborted) {
        await look()
        await sleep(roomEveryMs, signal)
      }
    },
  }
}
