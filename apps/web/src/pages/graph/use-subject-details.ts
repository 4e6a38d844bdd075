// What the panel asks the server about a selection, beside what the graph already knows: the newest record that tells why,
// both ends' times and retransmits, and the processes of each side.
import { flowLog, type Row } from '@margay/model'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { askGroups, askRows, type Group, type Scope } from '../../api/question.ts'
import { both } from './subject.ts'

const newest = { sort: { field: 'start_time', descending: true }, limit: 1 }
const oldest = { sort: { field: 'start_time', descending: false }, limit: 1 }

/** The newest record that explains an edge, and when the first denial was; for an allowed edge its newest record. */
export function useExplanation(scope: Scope, denies: boolean) {
  const narrowed = denies ? { ...scope, query: both(scope.query, 'action: deny') } : scope
  return useQuery({
    queryKey: ['explanation', narrowed],
    queryFn: async ({ signal }): Promise<{ readonly row: Row | undefined; readonly first: number | undefined }> => {
      const [last, first] = await Promise.all([
        askRows(flowLog, narrowed, newest, signal),
        denies ? askRows(flowLog, narrowed, oldest, signal) : undefined,
      ])
      return { row: last.rows[0], first: first?.rows[0]?.['start_time'] as number | undefined }
    },
    placeholderData: keepPreviousData,
  })
}

export interface Timing {
  readonly reporter: string
  readonly meanRtt: unknown
  readonly maxRtt: unknown
  readonly retransmits: number
  readonly packets: number
}

export interface ProcessUse {
  readonly reporter: string
  readonly name: string
  readonly pids: readonly string[]
  readonly connections: number
}

/** Times of both ends: each reporter measures its own, so neither stands for the other. */
export function useTiming(scope: Scope) {
  return useQuery({
    queryKey: ['timing', scope],
    queryFn: async ({ signal }) => {
      const { groups } = await askGroups('flows', scope, 'every', timing, signal)
      return groups.map(readTiming)
    },
    placeholderData: keepPreviousData,
  })
}

const timing = {
  by: [{ field: 'reporter' }],
  measures: {
    meanRtt: { mean: 'tcp_mean_smooth_rtt' },
    maxRtt: { max: 'tcp_max_smooth_rtt' },
    retransmits: { sum: 'tcp_total_retransmissions' },
    packetsIn: { sum: 'packets_in' },
    packetsOut: { sum: 'packets_out' },
  },
  limit: 4,
}

const readTiming = ({ key, measures }: Group): Timing => ({
  reporter: String(key[0] ?? ''),
  meanRtt: measures['meanRtt'],
  maxRtt: measures['maxRtt'],
  retransmits: Number(measures['retransmits'] ?? 0),
  packets: Number(measures['packetsIn'] ?? 0) + Number(measures['packetsOut'] ?? 0),
})

/** More processes than are read in a panel; the table has all. */
const mostProcesses = 12

export function useProcesses(scope: Scope) {
  return useQuery({
    queryKey: ['processes', scope],
    queryFn: async ({ signal }) => {
      const { groups, truncated } = await askGroups('flows', scope, 'every', processes, signal)
      return { uses: groups.map(readProcess), truncated }
    },
    placeholderData: keepPreviousData,
  })
}

const processes = {
  by: [{ field: 'reporter' }, { field: 'process_name' }],
  measures: { connections: { sum: 'num_flows' }, pids: { values: 'process_id', limit: 5 } },
  sort: { measure: 'connections', descending: true },
  limit: mostProcesses,
}

const readProcess = ({ key, measures }: Group): ProcessUse => ({
  reporter: String(key[0] ?? ''),
  name: String(key[1] ?? '-'),
  pids: Array.isArray(measures['pids']) ? (measures['pids'] as readonly unknown[]).map(String) : [],
  connections: Number(measures['connections'] ?? 0),
})

export interface DomainUse {
  /** Undefined: no name was asked for before the connection. */
  readonly name: string | undefined
  readonly connections: number
}

/** More names than a network set is kept by hand for. */
const mostDomains = 500

/** Names that the connections of a scope were made by. */
export function useDomains(scope: Scope) {
  return useQuery({
    queryKey: ['domains', scope],
    queryFn: async ({ signal }) => {
      const { groups, truncated } = await askGroups('flows', scope, 'counted', domains, signal)
      return { uses: groups.map(readDomain), truncated }
    },
    placeholderData: keepPreviousData,
  })
}

const domains = {
  by: [{ field: 'dest_domains' }],
  measures: { connections: { sum: 'num_flows' } },
  sort: { measure: 'connections', descending: true },
  limit: mostDomains,
}

const readDomain = ({ key, measures }: Group): DomainUse => ({
  name: key[0] === undefined ? undefined : String(key[0]),
  connections: Number(measures['connections'] ?? 0),
})

export interface OutcomeUse {
  /** Empty where the record does not say. */
  readonly outcome: string
  readonly connections: number
  /** Unix seconds of the first and the last record. */
  readonly first: number
  readonly last: number
}

/** How the connections went, each counted once. */
export function useOutcomes(scope: Scope) {
  return useQuery({
    queryKey: ['outcomes', scope],
    queryFn: async ({ signal }) => {
      const { groups } = await askGroups('flows', scope, 'counted', outcomes, signal)
      return groups.map(readOutcome)
    },
    placeholderData: keepPreviousData,
  })
}

const outcomes = {
  by: [{ field: 'outcome' }],
  measures: { connections: { sum: 'num_flows' }, first: { min: 'start_time' }, last: { max: 'start_time' } },
  sort: { measure: 'connections', descending: true },
  limit: 8,
}

const readOutcome = ({ key, measures }: Group): OutcomeUse => ({
  outcome: String(key[0] ?? ''),
  connections: Number(measures['connections'] ?? 0),
  first: Number(measures['first'] ?? 0),
  last: Number(measures['last'] ?? 0),
})
