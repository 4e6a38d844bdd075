// Distinct flows that were seen in a range, with their weight: what a simulation judges. A conversation that both ends
// reported is one; a pod that is gone stands for itself in name and for its workload in labels.
import type { Row } from '@margay/model'
import type { Flow, Snapshot } from '@margay/policy'
import { carriesPorts, protocolNumber } from '@margay/policy'
import type { Filter, Group } from '@margay/query'
import { allOf, fieldIs } from '@margay/query'
import type { Counter, SimulatedFlow } from '@margay/wire'
import type { Range } from '../cluster/as-of.ts'
import { endsOfRow, namesOfRow } from '../cluster/flow-ends.ts'
import type { ClusterState } from '../cluster/state.ts'
import type { TrafficDeps } from '../cluster/traffic.ts'
import { addCounters, askFlows, counterOf } from '../cluster/traffic.ts'
import { inTurns } from '../turns.ts'

type End = SimulatedFlow['source']

export interface SeenFlow extends Flow {
  readonly seen: {
    readonly source: End
    readonly destination: End
    readonly connections: Counter
    readonly bytes: Counter
    /** Unix seconds. */
    readonly lastSeen: number
  }
}

export interface SeenFlows {
  readonly flows: readonly SeenFlow[]
  /** More were seen than are judged at once. */
  readonly incomplete: boolean
}

/** Some seconds of judging, in steps. The heaviest go first. */
const mostFlows = 50_000

const ends = ['source', 'dest'].flatMap((side) =>
  ['type', 'namespace', 'name', 'name_aggr', 'ip'].map((part) => `${side}_${part}`),
)
const keys = [...ends, 'dest_port', 'proto']

const measures = {
  // Not `num_flows`, which counts a connection again in each interval that it lasts.
  connections: { sum: 'num_flows_started' },
  bytesIn: { sum: 'bytes_in' },
  bytesOut: { sum: 'bytes_out' },
  lastSeen: { max: 'start_time' },
} as const

/** More than lead to one address. */
const mostNames = 1_000
const nameFields = { domains: 'dest_domains', aliases: 'dest_domain_aliases' } as const
/** Gathered and not grouped by: a row would be in the group of each of its names, and counted in each. */
const namesMeasures = {
  domains: { values: nameFields.domains, limit: mostNames },
  aliases: { values: nameFields.aliases, limit: mostNames },
} as const

/** Legs inside one network namespace meet no policy. */
const isNotLocal: Filter = { kind: 'not', filter: fieldIs('local', 'true') }

const textOf = (row: Row, field: string) => (typeof row[field] === 'string' ? row[field] : '-')

function seenEnd(row: Row, side: 'source' | 'dest'): End {
  const type = textOf(row, `${side}_type`)
  const [name, nameAggr, ip] = ['name', 'name_aggr', 'ip'].map((part) => textOf(row, `${side}_${part}`))
  const own = name !== '-' ? name! : type === 'wep' || type === 'hep' ? nameAggr! : ip!
  return { type, namespace: textOf(row, `${side}_namespace`), name: own, nameAggr: nameAggr! }
}

/** A pod that is gone is judged as one of its workload's that is there: they are made alike. */
function withLiving(state: ClusterState, row: Row, side: 'source' | 'dest'): Row {
  const [namespace, name] = [textOf(row, `${side}_namespace`), textOf(row, `${side}_name`)]
  const isPod = textOf(row, `${side}_type`) === 'wep' && name !== '-'
  if (!isPod || state.prepared.lookup.pod(`${namespace}/${name}`)) return row
  return textOf(row, `${side}_name_aggr`).endsWith('*')
    ? { ...row, [`${side}_name`]: '-', [`${side}_ip`]: undefined }
    : row
}

function flowOfGroup(state: ClusterState, { key, measures: sums }: Group): SeenFlow | undefined {
  const row: Row = Object.fromEntries([
    ...keys.map((field, index) => [field, key[index]]),
    [nameFields.domains, sums.domains],
    [nameFields.aliases, sums.aliases],
  ])
  const protocol = protocolNumber(row.proto)
  if (!protocol) return undefined
  const { source, destination } = endsOfRow(state, withLiving(state, withLiving(state, row, 'source'), 'dest'))
  const port = carriesPorts(protocol) && typeof row.dest_port === 'number' ? row.dest_port : undefined
  return {
    source: source.end,
    destination: { ...destination.end, ...namesOfRow(row) },
    protocol,
    ...(port !== undefined && { port }),
    seen: {
      source: seenEnd(row, 'source'),
      destination: seenEnd(row, 'dest'),
      connections: counterOf(sums.connections),
      bytes: addCounters(counterOf(sums.bytesIn), counterOf(sums.bytesOut)),
      lastSeen: Number(sums.lastSeen ?? 0),
    },
  }
}

/** Names matter only where some rule or network set speaks of names. */
export const asksForNames = ({ policies, networkSets }: Snapshot): boolean =>
  networkSets.some(({ domains }) => domains.length > 0) ||
  policies.some(({ egress }) => egress?.some(({ destination }) => destination.domains !== undefined))

export async function askSeenFlows(
  state: ClusterState,
  range: Range,
  filter: Filter,
  withNames: boolean,
  deps: TrafficDeps,
): Promise<SeenFlows> {
  const { groups, truncated } = await askFlows(
    range,
    {
      filter: allOf(filter, isNotLocal),
      by: keys,
      measures: withNames ? { ...measures, ...namesMeasures } : measures,
      heaviest: 'connections',
      limit: mostFlows,
      reports: 'counted',
    },
    deps,
  )
  const flows = await inTurns(groups, (group) => flowOfGroup(state, group) ?? [], { signal: deps.signal })
  return { flows: flows.flat(), incomplete: truncated }
}
