// The part of the store's contract that is about totals: a conversation counts once in every search that holds a report of it,
// whichever of its reports the search leaves out.
import type { Row } from '@margay/model'
import { elsewhereConflict, flowLog } from '@margay/model'
import { parseKql } from '@margay/query'
import type { Filter, Group, Question } from '@margay/query'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Store } from '../store.ts'
import { propertyRuns } from './arbitrary.ts'
import { insertRows } from './stores.ts'

const noon = 1_793_016_000
const range = { from: { at: noon }, to: { at: noon + 3_600 } }

/** What both agents did with a minute of a conversation: the source's may have been away, for good or until later. */
type Agents = 'both' | 'source only' | 'source away' | 'source late'
type Fate = 'allowed' | 'denied at source' | 'denied at destination'

interface Minute {
  readonly connections: number
  readonly agents: Agents
  readonly fate: Fate
}

interface Talk {
  readonly source: string
  readonly dest: string
  readonly minutes: readonly Minute[]
}

const minutes = fc.record<Minute>({
  connections: fc.integer({ min: 1, max: 9 }),
  agents: fc.constantFrom('both', 'both', 'both', 'source only', 'source away', 'source late'),
  fate: fc.constantFrom('allowed', 'allowed', 'denied at source', 'denied at destination'),
})
const pods = fc.constantFrom('a-1', 'a-2', 'b-1', 'b-2')
const talks = fc.uniqueArray(
  fc.record<Talk>({ source: pods, dest: pods, minutes: fc.array(minutes, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 6, selector: ({ source, dest }) => `${source} ${dest}` },
)

const workloadOf = (pod: string) => `${pod[0]}-*`
/** `a-1` and `b-1` run on `node-1`. */
const nodeOf = (pod: string) => `node-${pod.slice(2)}`

function reportOf(reporter: 'src' | 'dst', { source, dest }: Talk, { connections }: Minute, at: number): Row {
  const own = reporter === 'src' ? source : dest
  return {
    // Intervals of two agents begin at moments of their own.
    start_time: noon + at * 60 + (reporter === 'dst' ? 7 : 0),
    reporter,
    host: nodeOf(own),
    process_name: `program-${own[0]}`,
    source_name: source,
    source_name_aggr: workloadOf(source),
    dest_name: dest,
    dest_name_aggr: workloadOf(dest),
    action: 'allow',
    num_flows: connections,
    'policies.enforced_policies': [`0|default|shop/${reporter === 'src' ? 'out-of' : 'into'}-${own[0]}|allow|0`],
  }
}

function reportsOf(talk: Talk, minute: Minute, at: number): readonly Row[] {
  const { agents, fate } = minute
  const source = reportOf('src', talk, minute, at)
  if (fate === 'denied at source') return [{ ...source, action: 'deny', counts: true }]
  const dest = { ...reportOf('dst', talk, minute, at), action: fate === 'allowed' ? 'allow' : 'deny' }
  if (agents === 'both') return [source, dest].map((row) => ({ ...row, counts: row === source }))
  if (agents === 'source only') return [{ ...source, counts: true }]
  if (agents === 'source away') return [{ ...dest, counts: true }]
  return [source, dest].map((row) => ({ ...row, counts: row === dest }))
}

/** Searches, and the same in words of the test. */
const searches: readonly (readonly [kql: string, holds: (row: Row) => boolean])[] = [
  ['', () => true],
  ['dest_name: b-1', ({ dest_name }) => dest_name === 'b-1'],
  ['reporter: src', ({ reporter }) => reporter === 'src'],
  ['reporter: dst', ({ reporter }) => reporter === 'dst'],
  ['host: node-1', ({ host }) => host === 'node-1'],
  ['not host: node-1', ({ host }) => host !== 'node-1'],
  ['process_name: program-b', ({ process_name }) => process_name === 'program-b'],
  ['action: deny', ({ action }) => action === 'deny'],
  ['policies.enforced_policies: *into-b*', (row) => String(row['policies.enforced_policies']).includes('into-b')],
  [
    'not policies.enforced_policies: *out-of-a*',
    (row) => !String(row['policies.enforced_policies']).includes('out-of-a'),
  ],
]

function filterOf(kql: string): Filter {
  const parsed = parseKql(kql)
  if (!parsed.ok) throw new Error(`BUG: ${kql}`)
  return parsed.filter
}

const measures = { connections: { sum: 'num_flows' } } as const

async function groupsOf(store: Store, kql: string, more: Partial<Question>) {
  const select = { kind: 'groups', by: [], measures, limit: 1_000 } as const
  const asked: Question = { logType: flowLog.name, range, filter: filterOf(kql), reports: 'every', select, ...more }
  const { answer } = await store.ask(asked, { now: noon })
  if (answer.kind !== 'groups') throw new Error('groups are expected')
  return answer.groups
}

const sumOf = (groups: readonly Group[]): number =>
  groups.reduce((sum, { measures: found }) => sum + Number(found['connections']), 0)

const connectionsOf = async (store: Store, kql: string, more: Partial<Question> = {}): Promise<number> =>
  sumOf(await groupsOf(store, kql, { reports: 'counted', ...more }))

/** Time for as many runs as the environment may ask for. */
const patience = { timeout: 1_200_000 }

const talk: Row = { start_time: noon, source_name_aggr: 'a-*', dest_name_aggr: 'b-*', action: 'allow', num_flows: 5 }
const names: Row = { source_name: 'a-1', dest_name: 'b-1' }
const nobody: Row = { source_name: '-', dest_name: '-' }

export function countedContract(opened: () => { readonly store: Store; readonly clear: () => Promise<void> }): void {
  it('count each conversation once that a search holds any report of', patience, async () => {
    await fc.assert(
      fc.asyncProperty(talks, fc.constantFrom(...searches), async (all, [again]) => {
        const { store, clear } = opened()
        const told = all.flatMap((each) => each.minutes.map((minute, at) => reportsOf(each, minute, at)))
        await clear()
        await insertRows(store, flowLog, told.flat())
        for (const [kql, holds] of searches) {
          const held = told.filter((rows) => rows.some(holds))
          const expected = held.reduce((sum, [row]) => sum + Number(row!.num_flows), 0)
          expect(await connectionsOf(store, kql), kql).toBe(expected)
        }
        // As the ribbon and the graph ask.
        const by = [{ timeBucket: 60 }, { counted: true }] as const
        const groups = await groupsOf(store, again, { select: { kind: 'groups', by, measures, limit: 1_000 } })
        expect(sumOf(groups.filter(({ key }) => key[1] === true))).toBe(await connectionsOf(store, again))
      }),
      propertyRuns(8),
    )
  })

  it('take a denial out of what an aggregated report of its source tells, and not beside it', async () => {
    const { store } = opened()
    await insertRows(store, flowLog, [
      { ...talk, ...nobody, reporter: 'src', counts: true },
      { ...talk, ...names, reporter: 'dst', counts: false, action: 'deny' },
    ])
    expect(await connectionsOf(store, 'num_flows > 1')).toBe(5)
    expect(await connectionsOf(store, 'reporter: dst')).toBe(5)
  })

  it('count what a forwarder denied where no end told of it, and never what it let through', async () => {
    const { store } = opened()
    await insertRows(store, flowLog, [
      { ...talk, ...names, reporter: 'src', counts: true },
      { ...talk, ...names, reporter: 'fwd', counts: false, action: 'deny', num_flows: 2 },
      { ...talk, ...names, reporter: 'fwd', counts: false },
    ])
    expect(await connectionsOf(store, 'num_flows > 1')).toBe(5)
    expect(await connectionsOf(store, 'reporter: fwd')).toBe(2)
  })

  it('never count what an agent cannot have seen, nor take it for a report of somebody else', async () => {
    const { store } = opened()
    const lie: Row = {
      ...talk,
      ...names,
      host: 'node-3',
      counts: false,
      evidence_conflict: `${elsewhereConflict}node-3, …`,
    }
    await insertRows(store, flowLog, [
      { ...lie, reporter: 'src', num_flows: 90 },
      { ...lie, reporter: 'dst', num_flows: 70 },
      { ...talk, ...names, reporter: 'dst', host: 'node-2', counts: false, num_flows: 5 },
    ])
    expect(await connectionsOf(store, 'host: node-3')).toBe(0)
    expect(await connectionsOf(store, 'num_flows > 1')).toBe(5)
  })

  it('go by the reports of the whole search where a part of it is asked for', async () => {
    const { store } = opened()
    await insertRows(store, flowLog, [
      { ...talk, ...names, reporter: 'src', counts: true },
      { ...talk, ...names, reporter: 'dst', counts: false, action: 'deny', num_flows: 3 },
    ])
    expect(await connectionsOf(store, 'action: deny')).toBe(3)
    expect(await connectionsOf(store, 'action: deny', { among: { kind: 'all' } })).toBe(0)
    expect(await connectionsOf(store, 'action: deny', { among: filterOf('num_flows > 1') })).toBe(0)
    expect(await connectionsOf(store, 'action: deny', { among: filterOf('reporter: dst') })).toBe(3)
  })
}
