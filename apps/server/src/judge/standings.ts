// The table of standings: one for each series between two places, with the question to policies that several share. Those
// longest unused are forgotten, and open again as new ones.
import type { Flow, Followed } from '@margay/policy'
import { createHandleSlot } from '../series/handles.ts'
import { followAgreed } from './agreed.ts'
import type { Marks, Observed } from './decide.ts'
import type { Report } from './report.ts'
import { caseKey, flowsOf, isSameNode, saidDirection, seriesKey, textOf } from './report.ts'
import type { ReadMarks } from './marks.ts'
import type { Case, RowConnections, Standing } from './standing.ts'

export interface StandingsDeps {
  readonly follow: (flow: Flow) => Followed
  readonly readMarks: ReadMarks
}

export interface Standings {
  /** The standing of the report's series, made at its first row. */
  open(report: Report, row: RowConnections, at: number): Standing
  /** The row's standing is used in this round. */
  touch(standing: Standing): void
  /** Begins another round, and forgets what is over the limit. */
  trim(): void
  readonly size: number
}

/** How long after a block was added the connections from before may still be told by what held them then. */
const splitSeconds = 3600

const observedOf = (report: Report, reporter: string, marks: Marks | undefined): Observed => ({
  reporter,
  isDropped: report.own['action'] === 'deny',
  outcome: textOf(report.own['outcome']),
  sameNode: isSameNode(report),
  ...(report.dest.unbacked && { unbacked: report.dest.unbacked }),
  ...(marks && { marks }),
})

function makeCase(report: Report, follow: StandingsDeps['follow']): Case {
  const flows = flowsOf(report)
  const service = report.dest.among?.service
  if (service === undefined) return { flows, answer: follow(flows[0]!) }
  return { flows, service, answer: followAgreed(flows.map(follow), service) }
}

export function createStandings({ maxSeries }: { readonly maxSeries: number }, deps: StandingsDeps): Standings {
  const standings = new Map<string, Standing>()
  let cases = new Map<string, Case>()
  let round = 0

  const caseOf = (report: Report, key: string): Case => {
    const known = cases.get(key)
    if (known) return known
    const made = makeCase(report, deps.follow)
    cases.set(key, made)
    return made
  }
  /** What a series between the same ends was, before something new told their addresses from others. */
  const beforeSplit = (report: Report, at: number): Standing | undefined => {
    for (const end of ['source', 'dest'] as const)
      for (let place = report[end]; place.coarser; place = place.coarser) {
        const { coarser, since } = place
        if (since === 0 || at > since + splitSeconds) break
        const coarse = { ...report, [end]: coarser }
        const found = standings.get(seriesKey(coarse, caseKey(coarse)))
        if (found && found.openedAt < since) return found
      }
    return undefined
  }
  const make = (report: Report, key: string, asked: Case, row: RowConnections, at: number): Standing => {
    const { own, host, sourceNode, destNode } = report
    const reporter = textOf(own['reporter']) ?? 'fwd'
    const before = beforeSplit(report, at)
    return {
      key,
      isForgotten: false,
      asked,
      observed: observedOf(report, reporter, deps.readMarks(own, saidDirection(reporter))),
      nodes: { host, source: sourceNode, dest: destNode },
      openedAt: at,
      current: before?.held?.finding ?? before?.current,
      judgement: undefined,
      told: undefined,
      slot: createHandleSlot(),
      checked: -1,
      held: undefined,
      running: before ? row.flows - row.started : 0,
      round,
    }
  }
  return {
    open(report, row, at) {
      const asked = caseKey(report)
      const key = seriesKey(report, asked)
      const known = standings.get(key)
      if (known) return known
      const made = make(report, key, caseOf(report, asked), row, at)
      standings.set(key, made)
      return made
    },
    touch: (standing) => void (standing.round = round),
    trim() {
      round++
      const over = standings.size - maxSeries
      if (over <= 0) return
      // A tenth more than needed, so that a full table is not sorted after every segment.
      const oldest = [...standings.values()].sort((a, b) => a.round - b.round).slice(0, over + maxSeries / 10)
      for (const standing of oldest) {
        standing.isForgotten = true
        standings.delete(standing.key)
      }
      const used = new Set([...standings.values()].map(({ asked }) => asked))
      cases = new Map([...cases].filter(([, asked]) => used.has(asked)))
    },
    get size() {
      return standings.size
    },
  }
}
