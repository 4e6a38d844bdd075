// What is known of each agent for health: what it said of itself, what came, what was lost on the way.
import type { Collector, Hello } from '@margay/wire'
import type { AgentState } from '../intern/agents.ts'

export interface AgentReport extends AgentState {
  readonly rowsTotal: number
  /** Over the last minute. */
  readonly rowsPerSecond: number
  readonly lost: readonly { readonly what: string; readonly count: number; readonly since: number }[]
  readonly collectors: readonly Collector[]
  /** Rows of pods and hosts of other nodes: how many, and when the last one came (Unix seconds). Absent where none did. */
  readonly elsewhere?: { readonly rows: number; readonly last: number }
}

export interface Tally {
  hello(hello: Hello): void
  rows(agent: string, count: number): void
  lost(agent: string, what: string, count: number): void
  elsewhere(agent: string, count: number): void
  report(agents: readonly AgentState[]): readonly AgentReport[]
}

interface Entry {
  rows: number
  /** Rows by the ten seconds in which they came. */
  readonly recent: Map<number, number>
  readonly lost: Map<string, { count: number; since: number }>
  collectors: readonly Collector[]
  elsewhere: { readonly rows: number; readonly last: number } | undefined
}

/** Far more kinds of loss than an agent knows; what else it names is one kind. */
const maxLossKinds = 64
const otherLosses = 'others'

const bucketSeconds = 10
const buckets = 6

/** `now` is Unix seconds. */
export function createAgentTally(now: () => number): Tally {
  const entries = new Map<string, Entry>()
  const entryOf = (agent: string): Entry => {
    const entry = entries.get(agent) ?? {
      rows: 0,
      recent: new Map<number, number>(),
      lost: new Map<string, { count: number; since: number }>(),
      collectors: [],
      elsewhere: undefined,
    }
    entries.set(agent, entry)
    return entry
  }
  const bucket = () => Math.floor(now() / bucketSeconds)
  const rate = ({ recent }: Entry) => {
    const since = bucket() - buckets
    for (const at of recent.keys()) if (at < since) recent.delete(at)
    return [...recent.values()].reduce((sum, count) => sum + count, 0) / (buckets * bucketSeconds)
  }
  return {
    hello: ({ agent, collectors }) => void (entryOf(agent).collectors = collectors),
    rows(agent, count) {
      const entry = entryOf(agent)
      entry.rows += count
      entry.recent.set(bucket(), (entry.recent.get(bucket()) ?? 0) + count)
    },
    lost(agent, named, count) {
      const { lost } = entryOf(agent)
      const what = lost.has(named) || lost.size < maxLossKinds ? named : otherLosses
      const before = lost.get(what)
      lost.set(what, { count: (before?.count ?? 0) + count, since: before?.since ?? now() })
    },
    elsewhere(agent, count) {
      const entry = entryOf(agent)
      entry.elsewhere = { rows: (entry.elsewhere?.rows ?? 0) + count, last: now() }
    },
    report: (agents) =>
      agents.map((agent) => {
        const entry = entryOf(agent.agent)
        const lost = [...entry.lost].map(([what, loss]) => ({ what, ...loss }))
        const { rows: rowsTotal, collectors, elsewhere } = entry
        return { ...agent, rowsTotal, rowsPerSecond: rate(entry), lost, collectors, ...(elsewhere && { elsewhere }) }
      }),
  }
}
