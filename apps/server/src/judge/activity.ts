// What policies decided, on its way to the policy activity log: once a minute one row for each rule that said something, by
// the minute of the flows and not of the clock. Records that came with their trace are counted like those that were judged
// here. What is not written when the process dies is lost: it is a minute of counts, and the flows themselves are kept.
import type { Health, Logger, Part } from '@margay/kit'
import { sleep } from '@margay/kit'
import type { Row } from '@margay/model'
import { parsePolicyHit } from '@margay/model'
import type { Direction } from '@margay/policy'
import { activityKind, policyNameKey, printRuleName } from '../policy-use/activity.ts'
import type { Credit } from './finding.ts'
import { creditsOfHits } from './finding.ts'
import type { Judge } from './judge.ts'
import type { Totals } from './judgements.ts'
import { minuteOf } from './judgements.ts'

export interface ActivityDeps {
  readonly judge: Pick<Judge, 'takeCounts' | 'generationOf' | 'state'>
  readonly cluster: string
  /** Resolves when the rows are durable; rejects where they are not, and then they come again under the same number. */
  readonly append: (rows: readonly Row[], sequence: number) => Promise<unknown>
  readonly log: Logger
  readonly health: Health
  /** Unix milliseconds. */
  readonly clock: () => number
}

export interface Activity extends Part {
  /** Counts finished flow records by the traces that they came with; `shared` as in an intake batch. */
  addRecords(rows: readonly Row[], shared: readonly Row[] | undefined): void
  /** Writes what was counted so far. */
  flush(): Promise<void>
}

interface Sum {
  readonly credit: Credit
  readonly minute: number
  readonly cluster: string
  readonly totals: Totals
}

const everyMs = 60_000
const noMore = { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0, rows: 0, last: 0 }
/** Rules of a large cluster over some minutes; over it counts of new rules are lost and said to be. */
const maxSums = 500_000

function addTotals(to: Totals, from: Totals): void {
  to.connections += from.connections
  to.packetsIn += from.packetsIn
  to.packetsOut += from.packetsOut
  to.bytesIn += from.bytesIn
  to.bytesOut += from.bytesOut
  to.rows += from.rows
  to.last = Math.max(to.last, from.last)
}

function rowOf({ credit, minute, cluster, totals }: Sum): Row {
  return {
    start_time: minute,
    end_time: minute + 60,
    cluster,
    'policy.kind': activityKind(credit),
    'policy.namespace': credit.namespace,
    'policy.name': credit.name,
    tier: credit.tier,
    rule: printRuleName(credit),
    direction: credit.direction,
    action: credit.action,
    last_evaluated: totals.last,
    num_flows_started: totals.connections,
    packets_in: totals.packetsIn,
    packets_out: totals.packetsOut,
    bytes_in: totals.bytesIn,
    bytes_out: totals.bytesOut,
  }
}

const number = (value: Row[string]) => Number(value ?? 0)
const texts = (value: Row[string]): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : [])

const totalsOfRecord = (row: Row): Totals => ({
  connections: number(row['num_flows_started']),
  packetsIn: number(row['packets_in']),
  packetsOut: number(row['packets_out']),
  bytesIn: number(row['bytes_in']),
  bytesOut: number(row['bytes_out']),
  rows: 1,
  last: number(row['end_time']) || number(row['start_time']),
})

/** The report's own direction; what was only forwarded says nothing of which. */
const directionOf = (reporter: Row[string]): Direction | undefined =>
  reporter === 'src' ? 'egress' : reporter === 'dst' ? 'ingress' : undefined

export function createActivity(deps: ActivityDeps): Activity {
  const { judge, log } = deps
  let sums = new Map<string, Sum>()
  let sequence = 0

  const add = (credit: Credit, cluster: string, minute: number, totals: Totals) => {
    const key = `${minute} ${cluster} ${policyNameKey(credit)} ${printRuleName(credit)} ${credit.action}`
    const known = sums.get(key)
    if (known) return addTotals(known.totals, totals)
    if (sums.size >= maxSums) return stage.lose('rules over the limit', 1)
    sums.set(key, { credit, cluster, minute, totals: { ...noMore } })
    addTotals(sums.get(key)!.totals, totals)
  }
  const stage = deps.health.stage('judge', () => stateOf(judge.state, Math.floor(deps.clock() / 1000)))

  const creditsOfRow = (row: Row, at: number): readonly Credit[] => {
    const direction = directionOf(row['reporter'])
    if (!direction) return []
    const read = (field: string) => texts(row[field]).flatMap((text) => parsePolicyHit(text).hit ?? [])
    const hits = [
      ...read('policies.enforced_policies'),
      ...read('policies.pending_policies').filter(({ staged }) => staged),
    ]
    return creditsOfHits(hits, direction, (policy) => judge.generationOf(policy, at))
  }
  const gather = () => {
    for (const [minute, counted] of judge.takeCounts())
      for (const [judgement, totals] of counted)
        for (const credit of judgement.credits) add(credit, deps.cluster, minute, totals)
  }
  const flush = async () => {
    gather()
    if (sums.size === 0) return
    const taken = sums
    sums = new Map()
    try {
      await deps.append(
        [...taken.values()].map((sum) => rowOf(sum)),
        sequence + 1,
      )
      sequence++
    } catch (error) {
      log.warn('what policies decided could not be written; it is kept for the next time', { error: error as Error })
      for (const { credit, cluster, minute, totals } of taken.values()) add(credit, cluster, minute, totals)
    }
  }
  return {
    name: 'policy-activity',
    addRecords(rows, shared) {
      /** Dimensions that many rows share are read once for each minute. */
      const known = new Map<number, Map<Row, readonly Credit[]>>()
      for (const [index, row] of rows.entries()) {
        const dimensions = shared?.[index] ?? row
        const totals = totalsOfRecord(row)
        const minute = minuteOf(number(row['start_time']))
        const ofMinute = known.get(minute) ?? new Map<Row, readonly Credit[]>()
        known.set(minute, ofMinute)
        const credits = ofMinute.get(dimensions) ?? creditsOfRow(dimensions, totals.last)
        ofMinute.set(dimensions, credits)
        const cluster = String(dimensions['cluster'] ?? deps.cluster)
        for (const credit of credits) add(credit, cluster, minute, totals)
      }
    },
    flush,
    async run(signal) {
      stage.set({ state: 'ok' })
      while (!signal.aborted) {
        await sleep(everyMs, signal)
        await flush()
      }
    },
  }
}

/** How long a disagreement is news. */
const conflictSeconds = 600

/** What people are told of the judge: whether something keeps it from telling, and what did not agree. */
function stateOf(state: Judge['state'], now: number) {
  const { blind, issue, issues, conflicts, lastConflict, lastConflictAt, unknown, judged, lastMissing } = state
  if (blind.length > 0)
    return {
      state: 'degraded' as const,
      detail: `verdicts are unknown: ${blind[0]}`,
      hint: 'mend that; flows of meanwhile keep their verdict unknown',
    }
  if (lastConflict !== undefined && now - lastConflictAt < conflictSeconds)
    return {
      state: 'degraded' as const,
      detail: `${conflicts} ${conflicts === 1 ? 'record disagrees' : 'records disagree'} with the policies of their moment, the last: ${lastConflict}`,
      hint: 'flows with evidence_conflict: * show them; a firewall beside the policies, or an engine that does not enforce them',
    }
  if (issue !== undefined)
    return {
      state: 'degraded' as const,
      detail: `${issues} objects cannot be judged by, such as ${issue}`,
      hint: 'mend the object; the API server may have taken it, and its engine may read it otherwise',
    }
  const share = judged > 0 && unknown > 0 ? `${unknown} of ${judged} records have no verdict` : undefined
  return share === undefined ? {} : { detail: `${share}; the last missing fact: ${lastMissing ?? 'none'}` }
}
