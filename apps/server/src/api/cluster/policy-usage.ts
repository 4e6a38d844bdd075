// What the policies of a state did: counts in the time of the traffic, and further back whether they decided anything at
// all. Both come from the policy activity log; when a policy was last changed comes from the object log.
import { bareName, objectLog } from '@margay/model'
import type { Policy } from '@margay/policy'
import type { Question } from '@margay/query'
import { allOf, fieldIs, fieldIsOneOf } from '@margay/query'
import type { Counter } from '@margay/wire'
import { ApiError } from '../../http/problem.ts'
import type { Counts, PolicyUse, Use } from '../../policy-use/index.ts'
import { policyNameKey, policyUse, readActivity } from '../../policy-use/index.ts'
import type { ApiDeps } from '../context.ts'
import type { Range } from './as-of.ts'
import { textOf } from './document.ts'

export interface UsageDeps {
  readonly store: ApiDeps['store']
  readonly cluster: string
  /** Unix seconds. */
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Everything about one policy that was counted; the counts are of the time of the traffic, the rest of the window. */
export interface Usage {
  readonly uses: ReadonlyMap<Policy, PolicyUse>
  /** Unix seconds: as far back as anything was counted. */
  readonly since?: number
}

const secondsPerDay = 86_400
/** How far back a policy must have been silent to be called unused: some things are needed once a month. */
export const unusedDays = 90

/** Policies whose last change is read for one answer. */
const mostEdited = 100_000

const objectKey = (kind: string, group: string, namespace: string, name: string) =>
  `${kind}.${group} ${namespace}/${name}`

const groupOf = (apiVersion: string) => apiVersion.split('/')[0]!

/** Changes of objects, each object's newest alone; of those of one name, where it is given. Objects that were only found are none. */
function editsQuestion({ from, to }: Range, kinds: readonly string[], name: string | undefined): Question {
  const filters = [fieldIsOneOf('change', ['added', 'modified']), fieldIsOneOf('kind', kinds)]
  if (name !== undefined) filters.push(fieldIs('name', name))
  return {
    logType: objectLog.name,
    range: { from: { at: from }, to: { at: to } },
    filter: allOf(...filters),
    reports: 'every',
    select: {
      kind: 'groups',
      by: ['kind', 'api_version', 'namespace', 'name'].map((field) => ({ field })),
      measures: { at: { max: 'time' } },
      limit: mostEdited,
    },
  }
}

const placeOf = ({ source, namespace, name }: Policy) =>
  objectKey(textOf(source, 'kind') ?? '', groupOf(textOf(source, 'apiVersion') ?? ''), namespace ?? '-', name)

/** When policies were made or changed within a range, by `policyNameKey`. */
async function readEdits(policies: readonly Policy[], range: Range, { store, now, signal }: UsageDeps) {
  const kinds = [...new Set(policies.flatMap(({ source }) => textOf(source, 'kind') ?? []))]
  if (kinds.length === 0) return new Map<string, number>()
  const name = policies.length === 1 ? policies[0]!.name : undefined
  const { answer } = await store.ask(editsQuestion(range, kinds, name), { now: now(), signal })
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  if (answer.truncated) {
    throw new ApiError('too_much', `more than ${mostEdited} policies were changed`, {
      hint: 'ask for one policy',
    })
  }
  const edits = new Map(
    answer.groups.map(({ key, measures }) => {
      const [kind, apiVersion, namespace, name] = key.map((value) => String(value ?? ''))
      return [objectKey(kind!, groupOf(apiVersion!), namespace!, name!), Number(measures.at)]
    }),
  )
  return new Map(
    policies.flatMap((policy): [string, number][] => {
      const at = edits.get(placeOf(policy))
      return at === undefined ? [] : [[policyNameKey(policy), at]]
    }),
  )
}

type Counted = Pick<Use, 'allowed' | 'denied' | 'passed'>

const countsOf = ({ allowed, denied, passed }: Counted) => ({ allowed, denied, passed })

/** What is said of the window, with the counts of the traffic. */
const joinUse = (long: Use, short: Use): Use => ({ ...long, ...countsOf(short) })

function joinUses(long: PolicyUse, short: PolicyUse): PolicyUse {
  const { ingress, egress } = long.endOfTier
  return {
    ...long,
    use: joinUse(long.use, short.use),
    rules: long.rules.map((rule, index) => ({ ...rule, use: joinUse(rule.use, short.rules[index]!.use) })),
    endOfTier: {
      ...(ingress && { ingress: joinUse(ingress, short.endOfTier.ingress!) }),
      ...(egress && { egress: joinUse(egress, short.endOfTier.egress!) }),
    },
  }
}

/** What traces call a policy: as the object is called, with its tier in front or without. */
const namesOf = (policy: Policy): readonly string[] => [
  ...new Set([policy.name, bareName(policy), `${policy.tier}.${bareName(policy)}`]),
]

/** Asks what `policies` did in `traffic`, and since when each of them is silent. Rejects with a StoreError. */
export async function askUsage(policies: readonly Policy[], traffic: Range, deps: UsageDeps): Promise<Usage> {
  const window = { from: Math.max(0, traffic.to - unusedDays * secondsPerDay), to: traffic.to }
  const options = { now: deps.now(), signal: deps.signal }
  const { cluster } = deps
  const [only, ...others] = policies
  const names = only && others.length === 0 ? namesOf(only) : undefined
  const [long, short, edited] = await Promise.all([
    readActivity(deps.store, { cluster, names, ...window }, options),
    readActivity(deps.store, { cluster, names, ...traffic }, options),
    readEdits(policies, window, deps),
  ])
  const isCounted = long.since !== undefined && long.since < traffic.to
  const common = { policies, edited, from: window.from, isCounted }
  const counts = policyUse({ ...common, activity: short.activity })
  const uses = policyUse({ ...common, activity: long.activity }).map((use, index) => joinUses(use, counts[index]!))
  return {
    uses: new Map(uses.map((use) => [use.policy, use])),
    ...(long.since !== undefined && { since: long.since }),
  }
}

/** Whether anything was counted at all. */
export const hasCounts = (counts: Readonly<Record<keyof Counts, Counter>> | undefined): boolean =>
  counts !== undefined && (counts.connections > 0 || counts.packets > 0 || counts.bytes > 0)
