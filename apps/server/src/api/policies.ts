// GET /policies and GET /policies/{id}: policies as of a moment, in the order in which they are asked, and what they did.
import { ruleWords } from '@margay/policy'
import type { Direction, Policy as AnyPolicy } from '@margay/policy'
import { stringify } from 'yaml'
import type { AnswerOf, Policy, PolicyRule } from '@margay/wire'
import { ApiError } from '../http/problem.ts'
import type { PolicyUse } from '../policy-use/index.ts'
import { stateAsOf, trafficRange } from './cluster/as-of.ts'
import { pageOf } from './cluster/page.ts'
import type { ListedPolicy } from './cluster/policy-list.ts'
import { policiesOf } from './cluster/policy-list.ts'
import { plainObject } from './cluster/plain-object.ts'
import type { Usage } from './cluster/policy-usage.ts'
import { askUsage, hasCounts, unusedDays } from './cluster/policy-usage.ts'
import type { ClusterState } from './cluster/state.ts'
import type { Known } from './cluster/traffic.ts'
import { orUnknown } from './cluster/traffic.ts'
import type { Asked, JsonHandler } from './context.ts'

type Search = Asked<'policies'>['search']

function testsOf(search: Search): readonly ((policy: Policy) => boolean)[] {
  const { name, namespace, tier, kind, staged, unused, denied } = search
  const part = name?.toLowerCase() ?? ''
  return [
    (policy) => [policy.namespace, policy.name].filter(Boolean).join('/').toLowerCase().includes(part),
    (policy) => namespace === undefined || policy.namespace === namespace,
    (policy) => tier === undefined || policy.tier === tier,
    (policy) => kind === undefined || policy.kind.toLowerCase() === kind.toLowerCase(),
    (policy) => !staged || policy.staged,
    (policy) => !unused || policy.use?.unused === 'unused',
    (policy) => !denied || hasCounts(policy.use?.denied),
  ]
}

/** Since when decisions are counted, as a sentence. */
function countedOf({ value }: Known<Usage>): AnswerOf<'policies'>['counted'] {
  const since = value?.since
  if (since === undefined) return { says: 'no decision of a policy was counted so far' }
  const from = new Date(since * 1000).toISOString()
  return { since, says: `decisions are counted since ${from}; unused looks back at most ${unusedDays} days` }
}

/** What was counted of a policy; undefined where nothing was ever counted, which is no zero. */
const useOf = (policy: AnyPolicy, { value }: Known<Usage>): PolicyUse | undefined =>
  value?.since === undefined ? undefined : value.uses.get(policy)

function withUse({ policy, listed }: ListedPolicy, usage: Known<Usage>): Policy {
  const use = useOf(policy, usage)?.use
  return { ...listed, ...(use && { use }) }
}

function tiersOf({ prepared }: ClusterState): AnswerOf<'policies'>['tiers'] {
  return prepared.tiers.map(({ name, order, defaultAction }) => ({
    name,
    defaultAction,
    policies: prepared.policiesOf(name).length,
    ...(Number.isFinite(order) && { order }),
  }))
}

export const policies: JsonHandler<'policies'> = async ({ search, signal }, { store, cluster, states, now }) => {
  const moment = now()
  const traffic = trafficRange(search, moment)
  const { state, asOf } = await stateAsOf(states, search.at, moment)
  const list = await policiesOf(state)
  const known = list.map(({ policy }) => policy)
  const usage = await orUnknown('what policies did', signal, askUsage(known, traffic, { store, cluster, now, signal }))
  const tests = testsOf(search)
  const found = list.map((each) => withUse(each, usage)).filter((policy) => tests.every((test) => test(policy)))
  const { items, ...page } = pageOf(found, ({ position }) => [position], search)
  return {
    ...asOf,
    unknown: [...asOf.unknown, ...usage.unknown],
    traffic,
    counted: countedOf(usage),
    tiers: tiersOf(state),
    policies: [...items],
    ...page,
  }
}

const directions: readonly Direction[] = ['ingress', 'egress']

function rulesOf(policy: AnyPolicy, use: PolicyUse | undefined): PolicyRule[] {
  return directions.flatMap((direction) =>
    (policy[direction] ?? []).map((rule, index): PolicyRule => {
      const own = use?.rules.find((each) => each.direction === direction && each.index === index)
      const { number, origin, name, action } = rule
      const words = ruleWords(rule)
      return {
        direction,
        index,
        number,
        origin,
        action,
        words,
        ...(own && { use: own.use }),
        ...(name !== undefined && { name }),
      }
    }),
  )
}

function findPolicy(list: readonly ListedPolicy[], id: string, at: number): ListedPolicy {
  const found = list.find(({ listed }) => listed.id === id)
  if (found) return found
  throw new ApiError('not_found', `unknown policy "${id}" at ${new Date(at * 1000).toISOString()}`, {
    hint: 'GET /api/v1/policies lists those of a moment with their ids',
  })
}

const titleOf = ({ listed: { kind, namespace, name } }: ListedPolicy) =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`

export const policy: JsonHandler<'policy'> = async ({ search, params, signal }, { store, cluster, states, now }) => {
  const moment = now()
  const traffic = trafficRange(search, moment)
  const { state, asOf } = await stateAsOf(states, search.at, moment)
  const found = findPolicy(await policiesOf(state), params.id ?? '', asOf.at)
  const usage = await orUnknown(
    'what the policy did',
    signal,
    askUsage([found.policy], traffic, { store, cluster, now, signal }),
  )
  const use = useOf(found.policy, usage)
  const document = plainObject(found.policy.source)
  const title = titleOf(found)
  return {
    ...asOf,
    unknown: [...asOf.unknown, ...usage.unknown],
    traffic,
    counted: countedOf(usage),
    policy: withUse(found, usage),
    yaml: stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }),
    document,
    rules: rulesOf(found.policy, use),
    endOfTier: use?.endOfTier ?? {},
    issues: state.issues.filter(({ object }) => object === title),
  }
}
