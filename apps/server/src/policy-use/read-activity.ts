// Asks the store for what policies did in a time: one question, grouped by rule. Sums are made in the store; what comes back
// is as many rows as there are rules that decided something.
import { policyActivityLog } from '@margay/model'
import type { Value } from '@margay/model'
import type { Group, Question } from '@margay/query'
import { allOf, fieldIsOneOf } from '@margay/query'
import type { AskOptions, Store } from '@margay/store'
import type { Activity } from './activity.ts'
import { parseActivityKind, parseRuleName } from './activity.ts'
import { ofCluster } from './of-cluster.ts'

export interface ActivityRange {
  readonly cluster: string
  /** Of policies that are called so, in whatever namespace; of all where absent. */
  readonly names?: readonly string[] | undefined
  /** Unix seconds, inclusive. */
  readonly from: number
  /** Unix seconds, exclusive. */
  readonly to: number
}

export interface ReadActivity {
  readonly activity: readonly Activity[]
  /** Start of the cluster's oldest record, Unix seconds; absent where nothing was counted before the range's end. */
  readonly since?: number
}

/** Not all rules that decided something can be read, and sums of some of them would be wrong. */
export class TooManyRules extends Error {
  override readonly name = 'TooManyRules'
  readonly code = 'too_many_rules'
  readonly hint = 'ask for a shorter time of the traffic, or for one policy'
}

/** Rules that are read for one answer, each generation for itself; more than a cluster has. */
const mostRules = 200_000

const by = ['policy.kind', 'policy.namespace', 'policy.name', 'tier', 'rule', 'action'] as const
const sums = ['num_flows_started', 'packets_in', 'packets_out', 'bytes_in', 'bytes_out'] as const

/** The sums of each rule. */
const question = ({ cluster, names, from, to }: ActivityRange): Question => ({
  logType: policyActivityLog.name,
  range: { from: { at: from }, to: { at: to } },
  filter: allOf(ofCluster(cluster), ...(names === undefined ? [] : [fieldIsOneOf('policy.name', names)])),
  reports: 'every',
  select: {
    kind: 'groups',
    by: by.map((field) => ({ field })),
    measures: {
      ...Object.fromEntries(sums.map((field) => [field, { sum: field }])),
      last_evaluated: { max: 'last_evaluated' },
    },
    limit: mostRules,
  },
})

/** Since when anything was counted at all. */
const sinceQuestion = ({ cluster, to }: ActivityRange): Question => ({
  logType: policyActivityLog.name,
  range: { from: { at: 0 }, to: { at: to } },
  filter: ofCluster(cluster),
  reports: 'every',
  select: { kind: 'groups', by: [], measures: { since: { min: policyActivityLog.time } }, limit: 1 },
})

const numberOf = (value: Value | undefined) => Number(value ?? 0)
const textOf = (value: Value | undefined) => (typeof value === 'string' ? value : '')

/** A group of the question as a value. Undefined where its words are none of ours: another program wrote it. */
function activityOf({ key, measures }: Group): Activity | undefined {
  const [kindText, namespace, name, tier, rule, action] = key.map(textOf)
  const kind = parseActivityKind(kindText ?? '')
  const ruleName = parseRuleName(rule ?? '')
  if (!kind || !ruleName || (action !== 'allow' && action !== 'deny' && action !== 'pass')) return undefined
  return {
    ...kind,
    ...(namespace && { namespace }),
    name: name ?? '',
    tier: tier ?? '',
    ...ruleName,
    action,
    counts: {
      connections: numberOf(measures['num_flows_started']),
      packets: numberOf(measures['packets_in']) + numberOf(measures['packets_out']),
      bytes: numberOf(measures['bytes_in']) + numberOf(measures['bytes_out']),
    },
    lastEvaluated: numberOf(measures['last_evaluated']),
  }
}

async function groupsOf(store: Pick<Store, 'ask'>, asked: Question, options: AskOptions): Promise<readonly Group[]> {
  const { answer } = await store.ask(asked, options)
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  if (!answer.truncated) return answer.groups
  throw new TooManyRules(`more than ${mostRules} rules decided something`)
}

/** Rejects with a StoreError where the store does, with TooManyRules where not all rules can be read. */
export async function readActivity(
  store: Pick<Store, 'ask'>,
  range: ActivityRange,
  options: AskOptions,
): Promise<ReadActivity> {
  const [groups, [oldest]] = await Promise.all([
    groupsOf(store, question(range), options),
    groupsOf(store, sinceQuestion(range), options),
  ])
  const since = oldest?.measures['since']
  return {
    activity: groups.flatMap((group) => activityOf(group) ?? []),
    ...(since !== undefined && { since: Number(since) }),
  }
}
