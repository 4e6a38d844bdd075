// What GET /health tells: the states that the stages keep of themselves, in one list with sentences; sources; tables.
import type { StageState } from '@margay/kit'
import type { Store, StoreState } from '@margay/store'
import type { Health, Part, Source } from '@margay/wire'
import type { SourceCount } from './sources.ts'
import { worst } from './worst.ts'

type State = Part['state']

const states: Readonly<Record<StageState['state'], State>> = {
  ok: 'ready',
  starting: 'starting',
  degraded: 'degraded',
  failed: 'failed',
  off: 'off',
}

/** What a stage does, said while there is nothing to complain about. */
const duties: Readonly<Record<string, string>> = {
  'agent-frames': 'takes what agents send',
  'agent-receiver': "is the agents' door",
  api: 'answers people and programs',
  demo: 'tells the demo story',
  'inventory-keeper': 'forgets names that no late row asks for any more',
  judge: 'gives each report its verdict, by what was seen and by the policies of its moment',
  'object-log': 'keeps every version of every object',
  objects: 'follows the cluster’s objects',
  'policy-activity': 'counts what each rule decided, once a minute',
  ingest: 'takes, names and keeps rows in a thread of its own',
  inserter: 'brings durable rows into the store',
  inserts: 'brings durable rows into the store',
  inventory: 'knows which pod had which address',
  live: 'shows rows as they come',
  retention: 'drops what is too old or too much',
  segments: 'makes rows durable before they are acknowledged',
  store: 'keeps and finds rows',
}

const lostList = (lost: StageState['lost'], since: number): Part['lost'] =>
  Object.entries(lost ?? {}).map(([what, count]) => ({ what, count, since }))

export function partOf(name: string, stage: StageState, startedAt: number): Part {
  const { state, queue, lagMs, lost, restarts, detail, hint } = stage
  return {
    name,
    state: states[state],
    says: detail ?? duties[name] ?? 'works',
    ...(hint !== undefined && { hint }),
    ...(queue && { queue }),
    ...(lagMs !== undefined && { lagSeconds: lagMs / 1000 }),
    lost: lostList(lost, startedAt),
    figures: restarts ? { restarts } : {},
  }
}

function storePart({ state, error, restarts, queued, engine }: StoreState): Part {
  return {
    name: 'store',
    state,
    says: error ?? duties.store!,
    ...(state === 'failed' && { hint: 'what was acknowledged waits on disk and is not lost' }),
    lost: [],
    figures: { engine, restarts, queued },
  }
}

export interface HealthConfig {
  readonly version: string
  readonly demo: boolean
  readonly startedAt: number
}

export interface HealthDeps {
  readonly stages: () => Readonly<Record<string, StageState>>
  readonly store: Pick<Store, 'state'>
  /** Sources that only count. */
  readonly counted: (now: number) => readonly SourceCount[]
  /** Sources that say more of themselves. */
  readonly agents: (now: number) => readonly Source[]
  readonly now: () => number
}

const silentSeconds = 60

function countedSource({ id, kind, rowsTotal, rowsPerSecond, lastSeen }: SourceCount, now: number): Source {
  const isSilent = now - lastSeen > silentSeconds
  return {
    id,
    kind,
    state: isSilent ? 'off' : 'ready',
    says: isSilent ? 'sends nothing now' : 'sends records',
    lastSeen,
    rowsPerSecond,
    rowsTotal,
    lost: [],
    collectors: [],
  }
}

export function createHealthReport(config: HealthConfig, deps: HealthDeps): () => Promise<Health> {
  const { version, demo, startedAt } = config
  return async () => {
    const now = deps.now()
    const store = await deps.store.state()
    const stages = Object.entries(deps.stages()).map(([name, stage]) => partOf(name, stage, startedAt))
    const parts = [...stages, storePart(store)]
    const agents = deps.agents(now)
    const known = new Set(agents.map(({ id }) => id))
    const counted = deps.counted(now).filter(({ id }) => !known.has(id))
    const sources = [...agents, ...counted.map((source) => countedSource(source, now))]
    return {
      state: worst([...parts, ...agents].map(({ state }) => state)),
      version,
      demo,
      now,
      startedAt,
      parts,
      sources,
      tables: store.tables.map(({ logType, rows, bytes, oldest, newest }) => ({
        logType,
        rows,
        bytes,
        ...(oldest !== undefined && { oldest }),
        ...(newest !== undefined && { newest }),
      })),
    }
  }
}
