// The judge: gives each report of a flow its verdict, with evidence, by the policies of its moment. It lives in the ingest
// thread and is asked for every row, so what was judged and still holds costs a look-up. What it knows of the cluster is in
// world.ts, what policies say in opinions.ts, what it decides in decide.ts, what a series remembers in standing.ts; here they
// meet.
import { isSame } from './finding.ts'
import type { Counted, Judgement, RowCounts } from './judgements.ts'
import { createJudgements } from './judgements.ts'
import { createMarkReader } from './marks.ts'
import { createOpinions } from './opinions.ts'
import type { Places } from './places.ts'
import { createPlaces } from './places.ts'
import type { Report } from './report.ts'
import { createSight } from './sight.ts'
import type { RowConnections, Standing, StandingPlaces } from './standing.ts'
import { findStanding, hangStanding, holdOn, isOfOlder, passRow } from './standing.ts'
import { createStandings } from './standings.ts'
import type { Tally } from './tally.ts'
import { createTally } from './tally.ts'
import type { World } from './world.ts'
import { createWorld } from './world.ts'

export interface JudgeConfig {
  /** Series whose standing is kept. */
  readonly maxSeries: number
}

export interface JudgeDeps {
  /** What cannot be seen of the cluster as a whole, in words: `policies of the cluster: the API server does not answer`. */
  readonly blind?: () => readonly string[]
  /** Told of marks of a node's rules that nobody understands. */
  readonly onUnknownMarks?: (marks: readonly string[]) => void
}

export interface Judge {
  readonly put: World['put']
  readonly remove: World['remove']
  /** False until somebody tells of objects: then nothing is judged. Asked for every frame. */
  readonly isReady: boolean
  readonly places: Places
  /**
   * The standing of a row's series, with the judgement of the row as `told`, of the report at a moment (Unix seconds). A row
   * that is only shown changes nothing that is remembered. `key` names the pair of places within the definition; the report is
   * read only where it is new, and nothing of it is kept but its places.
   */
  judge(
    known: StandingPlaces,
    key: number | string,
    report: Report,
    row: RowConnections,
    at: number,
    isLasting: boolean,
  ): Standing
  count(judgement: Judgement, row: RowCounts): void
  /** What was counted since the last call. */
  takeCounts(): Counted
  readonly generationOf: World['generationOf']
  /** Called between segments. */
  trim(now: number): void
  readonly state: JudgeState
}

export interface JudgeState extends Tally {
  readonly standings: number
  readonly changes: number
  /** What is wrong with an object that cannot be judged by. */
  readonly issue: string | undefined
  readonly issues: number
  readonly blind: readonly string[]
}

/** A spool that is later than this is told that its policies are not held any more. */
const pastConfig = { keepSeconds: 2 * 3600, maxChanges: 50_000 }

export function createJudge(config: JudgeConfig, deps: JudgeDeps = {}): Judge {
  const world = createWorld(pastConfig)
  const places = createPlaces(world)
  const sight = createSight(deps.blind ?? (() => []))
  const judgements = createJudgements()
  const opinions = createOpinions({ world, sight, judgements })
  const readMarks = createMarkReader(world, (marks) => deps.onUnknownMarks?.(marks))
  const standings = createStandings(config, { follow: (flow) => world.engine.follow(flow), readMarks })
  const tally = createTally()

  const stateNow = () => world.changes + sight.changes

  /** As `renew`, but nothing is remembered. */
  const shown = (standing: Standing, row: RowConnections, at: number): Judgement => {
    const { finding } = opinions.review(standing, at)
    const { current, held, running } = standing
    const older = held?.finding ?? (isSame(current, finding) ? undefined : current)
    const isOlder = older !== undefined && isOfOlder(held?.left ?? running, row)
    return opinions.judge(standing, isOlder ? older : finding, at)[0]
  }
  const renew = (standing: Standing, row: RowConnections, at: number): Judgement => {
    const { finding, isSure } = opinions.review(standing, at)
    if (!isSame(finding, standing.current)) holdOn(standing)
    standing.current = finding
    const [judgement, isSettled] = opinions.judge(standing, finding, at)
    standing.judgement = judgement
    standing.checked = isSure && isSettled ? stateNow() : -1
    const { held } = standing
    return held && isOfOlder(held.left, row) ? opinions.judge(standing, held.finding, at)[0] : judgement
  }
  return {
    put: world.put,
    remove: world.remove,
    get isReady() {
      sight.look()
      return world.isFilled || sight.blind.length > 0
    },
    places,
    judge(known, key, report, row, at, isLasting) {
      let standing = findStanding(known, key)
      if (!standing) {
        standing = standings.open(report, row, at)
        hangStanding(known, key, standing)
      }
      standings.touch(standing)
      if (!isLasting) {
        standing.told = shown(standing, row, at)
        return standing
      }
      // Fast path: nothing changed since this was last found to hold, no older connections are waited for, and the row is not
      // from before the standing, as a spool's may be.
      const isCurrent = standing.checked === stateNow() && standing.held === undefined && at >= standing.openedAt
      standing.told = isCurrent ? standing.judgement : renew(standing, row, at)
      passRow(standing, row)
      return standing
    },
    count(judgement, row) {
      judgements.count(judgement, row)
      tally.count(judgement, row.end)
    },
    takeCounts: () => judgements.take(),
    generationOf: world.generationOf,
    trim(now) {
      sight.look()
      world.trim(now)
      places.trim()
      standings.trim()
    },
    get state() {
      const [issue] = world.issues.values()
      return {
        ...tally.now(),
        standings: standings.size,
        changes: world.changes,
        issue: issue && `${issue.object} ${issue.path}: ${issue.message}`,
        issues: world.issues.size,
        blind: sight.blind,
      }
    },
  }
}
