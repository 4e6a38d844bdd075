// Asks the store for what policies did in a time: one question, grouped by rule. Sums are made in the store; what comes back
// is as many rows as there are rules that decided something.
import { policyActivityLog } from '@margay/model'
import type { Value } from '@margay/model'
import type { Group, Question } from '@margay/query'
import { all } from '@margay/query'
import type { AskOptions, Store } from '@margay/store'
import type { Activity } from './activity.ts'
import { parseActivityKind, parseRuleName } from './activity.ts'

export interface ActivityRange {
  /** Unix seconds, inclusive. */
  readonly from: number
  /** Unix seconds, exclusive. */
  readonly to: number
}

export interface ReadActivity {
  readonly activity: readonly Activity[]
  /** Start of the oldest record there is at all, Unix seconds; absent where nothing was ever counted. */
  readonly since?: number
}

/** More rules than a cluster has; an answer that is cut off would call busy rules unused. */
const mostRules = 500_000

const by = ['policy.kind', 'policy.namespace', 'policy.name', 'tier', 'rule', 'action'] as const
const sums = ['num_flows_started', 'packets_in', 'packets_out', 'bytes_in', 'bytes_out'] as const

const question = ({ from, to }: ActivityRange): Question => ({
  logType: policyActivityLog.name,
  range: { from: { at: from }, to: { at: to } },
  filter: all,
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

/** Rejects with a StoreError where the store does. */
export async function readActivity(
  store: Pick<Store, 'ask' | 'state'>,
  range: ActivityRange,
  options: AskOptions,
): Promise<ReadActivity> {
  const { answer } = await store.ask(question(range), options)
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  if (answer.truncated) throw new Error(`read policy activity: more than ${mostRules} rules decided something`)
  const { tables } = await store.state()
  const since = tables.find(({ logType }) => logType === policyActivityLog.name)?.oldest
  return {
    activity: answer.groups.flatMap((group) => activityOf(group) ?? []),
    ...(since !== undefined && { since }),
  }
}
