// What every stage says about itself: does it work, what waits in it, how late it is, what it lost. Read by the health
// endpoint, `margay status` and the console; each stage writes its own entry and nobody else's.

/** `degraded` works with less than it should; `failed` does not work now; `off` is not wanted. */
export type StageStatus = 'starting' | 'ok' | 'degraded' | 'failed' | 'off'

export interface StageState {
  readonly state: StageStatus
  /** What waits, and how much may wait before something is refused or dropped. */
  readonly queue?: { readonly length: number; readonly limit: number; readonly unit: 'rows' | 'bytes' | 'batches' }
  /** Age of the oldest thing that waits, milliseconds. */
  readonly lagMs?: number
  /** Whatever was lost since the start, by reason. Empty where nothing was. */
  readonly lost?: Readonly<Record<string, number>>
  readonly restarts?: number
  /** One sentence for people: what is wrong. */
  readonly detail?: string
  /** What to do about it. */
  readonly hint?: string
}

export interface Stage {
  /** Changes the given members and keeps the others. `detail` and `hint` belong to the state they were given with. */
  set(change: Partial<StageState>): void
  /** Adds to what was lost. */
  lose(reason: string, count: number): void
}

export interface Health {
  /** The entry of a stage, made at the first call. `live` is asked at every report, for what changes all the time. */
  stage(name: string, live?: () => Partial<StageState>): Stage
  report(): Readonly<Record<string, StageState>>
}

interface Entry {
  state: StageState
  readonly lost: Map<string, number>
  live: (() => Partial<StageState>) | undefined
}

export function createHealth(): Health {
  const entries = new Map<string, Entry>()
  const entryOf = (name: string): Entry => {
    const entry = entries.get(name) ?? {
      state: { state: 'starting' },
      lost: new Map<string, number>(),
      live: undefined,
    }
    entries.set(name, entry)
    return entry
  }
  return {
    stage(name, live) {
      const entry = entryOf(name)
      entry.live = live ?? entry.live
      return {
        set(change) {
          const { detail: _detail, hint: _hint, ...kept } = entry.state
          entry.state = change.state === undefined ? { ...entry.state, ...change } : { ...kept, ...change }
        },
        lose(reason, count) {
          if (count > 0) entry.lost.set(reason, (entry.lost.get(reason) ?? 0) + count)
        },
      }
    },
    report: () => Object.fromEntries([...entries].map(([name, entry]) => [name, stateOf(entry)])),
  }
}

function stateOf({ state, lost, live }: Entry): StageState {
  const now = { ...state, ...live?.() }
  const all = { ...Object.fromEntries(lost), ...now.lost }
  return Object.keys(all).length > 0 ? { ...now, lost: all } : now
}
