// The judge: gives each report of a flow its verdict, with evidence, by the policies of its moment. It lives in the ingest
// thread and is asked for every row, so what was judged and still holds costs a look-up. What it decides is in decide.ts, what
// it knows of the cluster in world.ts, and what a series remembers in standing.ts; here the three meet.
import type { Direction, Evaluation } from '@margay/policy'
import { createHandleSlot } from '../intern/handles.ts'
import type { Decision, Observed } from './decide.ts'
import { decide } from './decide.ts'
import type { Finding } from './finding.ts'
import { createFindings, isSame } from './finding.ts'
import type { Counted, Judgement, RowCounts } from './judgements.ts'
import { createJudgements } from './judgements.ts'
import { createMarkReader } from './marks.ts'
import type { Places } from './places.ts'
import { createPlaces } from './places.ts'
import type { Report } from './report.ts'
import {
  caseKey,
  directionOf,
  fixedDirection,
  flowOf,
  isSameNode,
  otherReporter,
  saidDirection,
  seriesKey,
  textOf,
} from './report.ts'
import type { Case, RowConnections, Standing, StandingPlaces } from './standing.ts'
import { findStanding, hangStanding, holdOn, isOfOlder, passRow, takeOff } from './standing.ts'
import type { World } from './world.ts'
import { createWorld } from './world.ts'

export interface JudgeConfig {
  /** Series whose standing is kept. */
  readonly maxSeries: number
}

export interface JudgeDeps {
  /**
   * What cannot be seen of the cluster as a whole, in words: `policies of the cluster: the API server does not answer`. While
   * there is anything, nothing is evaluated: a policy that nobody saw would be one that does not exist.
   */
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
   * The standing of a row's series, with the judgement of the row as `told`, of the report at a moment (Unix seconds). A row that is only shown changes nothing that is
   * remembered. `key` names the pair of places within the definition; the report is read only where it is new, and nothing of
   * it is kept but its places.
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

export interface JudgeState {
  /** Rows since the start. */
  readonly judged: number
  readonly unknown: number
  readonly conflicts: number
  readonly lastConflict: string | undefined
  readonly lastConflictAt: number
  /** A fact that was missing last. */
  readonly lastMissing: string | undefined
  readonly standings: number
  readonly changes: number
  /** What is wrong with an object that cannot be judged by. */
  readonly issue: string | undefined
  readonly issues: number
  readonly blind: readonly string[]
}

/**
 * A change is in force on a node a while before or after it is seen here, and a row's connections may have begun a whole
 * interval before its end: so long an outcome that fits what was before or after is no disagreement.
 */
const graceSeconds = 25
/** A spool that is later than this is told that its policies are not held any more. */
const pastConfig = { keepSeconds: 2 * 3600, maxChanges: 50_000 }
/** How long after a block was added the connections from before may still be told by what held them then. */
const splitSeconds = 3600
const tooLate = 'policies of that moment: they are kept for two hours'

export function createJudge(config: JudgeConfig, deps: JudgeDeps = {}): Judge {
  const world = createWorld(pastConfig)
  const places = createPlaces(world)
  const judgements = createJudgements()
  const readMarks = createMarkReader(world, (marks) => deps.onUnknownMarks?.(marks))
  const standings = new Map<string, Standing>()
  let cases = new Map<string, Case>()
  const findings = createFindings(world.generationOf)
  let round = 0
  let blind: readonly string[] = []
  /** Times that blindness came or went; beside the world's changes it dates what was judged. */
  let sights = 0
  const tally = { judged: 0, unknown: 0, conflicts: 0 }
  let lastConflict: string | undefined
  let lastConflictAt = 0
  let lastMissing: string | undefined

  const caseOf = (report: Report, key: string): Case => {
    const known = cases.get(key)
    if (known) return known
    const flow = flowOf(report)
    const made = { flow, answer: world.engine.follow(flow) }
    cases.set(key, made)
    return made
  }
  const findingIn = (standing: Standing, evaluation: Evaluation | undefined): Finding => {
    if (standing.observed.isUnbacked) return findings.unknown(fixedDirection(standing), [])
    if (blind.length > 0) return findings.unknown(fixedDirection(standing), blind)
    if (!evaluation) return findings.unknown(fixedDirection(standing), [tooLate])
    return findings.of(evaluation, directionOf(standing, evaluation))
  }
  const findingNow = (standing: Standing) => findingIn(standing, standing.asked.answer.enforced())
  const findingAt = (standing: Standing, at: number) =>
    at >= world.changedAt ? findingNow(standing) : findingIn(standing, world.evaluateAt(standing.asked.flow, at))

  /** What a series between the same ends was, before a new block told their addresses from others. */
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
  const open = (report: Report, row: RowConnections, at: number): Standing => {
    const asked = caseKey(report)
    const key = seriesKey(report, asked)
    const known = standings.get(key)
    if (known) return known
    const { own, host, sourceNode, destNode } = report
    const reporter = textOf(own['reporter']) ?? 'fwd'
    const marks = readMarks(own, saidDirection(reporter))
    const observed: Observed = {
      reporter,
      isDropped: own['action'] === 'deny',
      outcome: textOf(own['outcome']),
      sameNode: isSameNode(report),
      isUnbacked: report.dest.isUnbacked === true,
      ...(marks && { marks }),
    }
    const before = beforeSplit(report, at)
    const standing: Standing = {
      key,
      homes: [],
      asked: caseOf(report, asked),
      observed,
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
    standings.set(key, standing)
    return standing
  }

  /** The decision, by another finding of about that moment where the one at hand cannot be true. */
  const decideNear = (standing: Standing, finding: Finding, at: number): [Decision, Finding, isSettled: boolean] => {
    const decision = decide(standing.observed, finding)
    if (decision.conflict === undefined || world.changedAt <= at - graceSeconds) return [decision, finding, true]
    for (const near of [findingAt(standing, at - graceSeconds), findingAt(standing, at + graceSeconds)]) {
      const other = decide(standing.observed, near)
      if (other.conflict === undefined && other.evidence !== 'unknown') return [other, near, false]
    }
    return [decision, finding, false]
  }
  const pendingOf = ({ asked, observed }: Standing, direction: Direction): Finding => {
    if (observed.isUnbacked) return findings.unknown(direction, [])
    return blind.length > 0 ? findings.unknown(direction, blind) : findings.of(asked.answer.pending(), direction)
  }

  const judgementOf = (standing: Standing, given: Finding, at: number): [Judgement, isSettled: boolean] => {
    const [decision, finding, isSettled] = decideNear(standing, given, at)
    const pending = pendingOf(standing, finding.direction)
    const reporter = otherReporter(standing, finding)
    return [judgements.of({ decision, finding, pending, reporter }), isSettled]
  }

  /** Finds out what decides connections that begin now, and whether that is another thing than before. */
  const review = (standing: Standing, at: number): { readonly finding: Finding; readonly isSure: boolean } => {
    const now = findingNow(standing)
    const isSure = at >= world.changedAt
    if (isSure || isSame(now, standing.current)) return { finding: now, isSure: true }
    const then = findingAt(standing, at)
    return { finding: then, isSure: isSame(then, now) }
  }
  const stateNow = () => world.changes + sights

  /** As `renew`, but nothing is remembered. */
  const shown = (standing: Standing, row: RowConnections, at: number): Judgement => {
    const { finding } = review(standing, at)
    const { current, held, running } = standing
    const older = held?.finding ?? (isSame(current, finding) ? undefined : current)
    const isOlder = older !== undefined && isOfOlder(held?.left ?? running, row)
    return judgementOf(standing, isOlder ? older : finding, at)[0]
  }
  const renew = (standing: Standing, row: RowConnections, at: number): Judgement => {
    const { finding, isSure } = review(standing, at)
    if (!isSame(finding, standing.current)) holdOn(standing)
    standing.current = finding
    const [judgement, isSettled] = judgementOf(standing, finding, at)
    standing.judgement = judgement
    standing.checked = isSure && isSettled ? stateNow() : -1
    const { held } = standing
    return held && isOfOlder(held.left, row) ? judgementOf(standing, held.finding, at)[0] : judgement
  }
  const lookAgain = () => {
    const next = deps.blind?.() ?? []
    if (next.join('\n') === blind.join('\n')) return
    blind = next
    sights += 1
  }
  const forget = (standing: Standing) => {
    takeOff(standing)
    standings.delete(standing.key)
  }
  lookAgain()
  return {
    put: world.put,
    remove: world.remove,
    get isReady() {
      lookAgain()
      return world.isFilled || blind.length > 0
    },
    places,
    judge(known, key, report, row, at, isLasting) {
      let standing = findStanding(known, key)
      if (!standing) {
        standing = open(report, row, at)
        hangStanding(known, key, standing)
      }
      standing.round = round
      if (!isLasting) {
        standing.told = shown(standing, row, at)
        return standing
      }
      // Fast path: nothing changed since this was last found to hold, and no older connections are waited for.
      const isCurrent = standing.checked === stateNow() && standing.held === undefined
      standing.told = isCurrent ? standing.judgement : renew(standing, row, at)
      passRow(standing, row)
      return standing
    },
    count(judgement, row) {
      judgements.count(judgement, row)
      tally.judged += 1
      if (judgement.isUnknown) {
        tally.unknown += 1
        lastMissing = (judgement.fields['evidence_missing'] as readonly string[] | undefined)?.[0] ?? lastMissing
      }
      if (judgement.isConflict) {
        tally.conflicts += 1
        lastConflict = judgement.fields['evidence_conflict'] as string
        lastConflictAt = row.end
      }
    },
    takeCounts: () => judgements.take(),
    generationOf: world.generationOf,
    trim(now) {
      round++
      lookAgain()
      world.trim(now)
      places.trim()
      const over = standings.size - config.maxSeries
      if (over <= 0) return
      // A tenth more than needed, so that a full table is not sorted after every segment.
      const oldest = [...standings.values()].sort((a, b) => a.round - b.round).slice(0, over + config.maxSeries / 10)
      for (const standing of oldest) forget(standing)
      const used = new Set([...standings.values()].map(({ asked }) => asked))
      cases = new Map([...cases].filter(([, asked]) => used.has(asked)))
    },
    get state() {
      const [issue] = world.issues.values()
      return {
        ...tally,
        lastConflict,
        lastConflictAt,
        lastMissing,
        standings: standings.size,
        changes: world.changes,
        issue: issue && `${issue.object} ${issue.path}: ${issue.message}`,
        issues: world.issues.size,
        blind,
      }
    },
  }
}
