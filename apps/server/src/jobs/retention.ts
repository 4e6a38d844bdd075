// Drops what is too old or over the disk budget, once at the start and then every ten minutes, and says what went.
import type { Health, Logger, Part } from '@margay/kit'
import { sleep } from '@margay/kit'
import type { Retention, Store } from '@margay/store'

export interface RetentionDeps {
  readonly store: Pick<Store, 'retain'>
  readonly log: Logger
  readonly health: Health
  /** Unix seconds. */
  readonly now: () => number
}

const everyMs = 600_000

export function createRetention(rules: ReadonlyMap<string, Retention>, deps: RetentionDeps): Part {
  const stage = deps.health.stage('retention')
  return {
    name: 'retention',
    async run(signal) {
      while (!signal.aborted) {
        const dropped = await deps.store.retain(rules, deps.now())
        for (const { logType, partition, rows, bytes } of dropped) {
          deps.log.info('retention dropped a day', { log_type: logType, day: partition, rows, bytes })
        }
        stage.set({ state: 'ok' })
        await sleep(everyMs, signal)
      }
    },
  }
}
