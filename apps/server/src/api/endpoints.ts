// GET /endpoints: pods and host endpoints as of a moment, those that were asked for, a page at a time.
import type { Policy, Selector } from '@margay/policy'
import { matchSelector } from '@margay/policy'
import { bareName, canonicalIp } from '@margay/model'
import type { Endpoint } from '@margay/wire'
import { ApiError } from '../http/problem.ts'
import { stateAsOf, trafficRange } from './cluster/as-of.ts'
import type { DeniedTraffic } from './cluster/denied.ts'
import { askDenied } from './cluster/denied.ts'
import type { ListedEndpoint } from './cluster/endpoint-list.ts'
import { endpointsOf } from './cluster/endpoint-list.ts'
import { readLabelSelector } from './cluster/label-selector.ts'
import { pageOf } from './cluster/page.ts'
import { policyId } from './cluster/policy-id.ts'
import type { ClusterState } from './cluster/state.ts'
import { orUnknown } from './cluster/traffic.ts'
import type { Asked, JsonHandler } from './context.ts'

type Search = Asked<'endpoints'>['search']
type Test = (listed: ListedEndpoint) => boolean

function selectorOf(text: string): Selector {
  const { selector, error } = readLabelSelector(text)
  if (selector) return selector
  throw new ApiError('bad_request', `labels: ${error}`, {
    hint: "write app=web,tier in (a, b),!old or app == 'web' && has(tier)",
  })
}

function addressTest(text: string): Test {
  const ip = canonicalIp(text)
  if (!ip) throw new ApiError('bad_request', `cannot read the address "${text}"; write it as 10.1.2.3 or fd00::1`)
  return ({ endpoint }) => endpoint.ips.includes(ip)
}

function nameTest(text: string): Test {
  const part = text.toLowerCase()
  return ({ endpoint: { name, workload } }) =>
    name.toLowerCase().includes(part) || (workload?.name.toLowerCase().includes(part) ?? false)
}

/** Whether a policy goes by a name: its id, its name with or without tier in front, each also with its namespace. */
function isCalled(policy: Policy, text: string): boolean {
  const { namespace, name } = policy
  const names = [name, bareName(policy)]
  return text === policyId(policy) || names.some((each) => text === each || text === `${namespace}/${each}`)
}

const placeOf = ({ namespace, name }: Policy) => (namespace === undefined ? name : `${namespace}/${name}`)

/** Throws where no policy of the moment, or more than one, goes by the name. */
function policyTest(text: string, { snapshot }: ClusterState): Test {
  const [found, ...others] = snapshot.policies.filter((policy) => isCalled(policy, text))
  if (others.length > 0) {
    const ids = [found!, ...others].map((policy) => `${placeOf(policy)} (${policyId(policy)})`).join(', ')
    throw new ApiError('bad_request', `policy "${text}" is several: ${ids}`, { hint: 'give namespace/name or the id' })
  }
  if (!found) {
    throw new ApiError('bad_request', `policy "${text}" is none of the cluster of that moment`, {
      hint: 'GET /api/v1/policies lists those of a moment ("margay policy list")',
    })
  }
  const id = policyId(found)
  return ({ endpoint }) => endpoint.policies.some((each) => each.id === id)
}

function labelsTest(text: string): Test {
  const selector = selectorOf(text)
  return ({ labels }) => matchSelector(selector, labels)
}

const deniedAnything = (denied: DeniedTraffic | undefined): Test => {
  return ({ endpoint }) => denied !== undefined && denied.of(endpoint).connections > 0
}

/** The filters of a request; all must hold. */
function testsOf(search: Search, state: ClusterState, denied: DeniedTraffic | undefined): readonly Test[] {
  const { name, namespace, node, ip, type, labels, policy, unlabelled, unprotected, open } = search
  const tests: readonly (Test | undefined)[] = [
    name === undefined ? undefined : nameTest(name),
    namespace === undefined ? undefined : ({ endpoint }) => endpoint.namespace === namespace,
    node === undefined ? undefined : ({ endpoint }) => endpoint.node === node,
    type && (({ endpoint }) => endpoint.type === type),
    ip === undefined ? undefined : addressTest(ip),
    labels === undefined ? undefined : labelsTest(labels),
    policy === undefined || state.versions.length === 0 ? undefined : policyTest(policy, state),
    unlabelled ? ({ endpoint }) => Object.keys(endpoint.labels).length === 0 : undefined,
    unprotected ? ({ endpoint }) => !endpoint.protected.ingress && !endpoint.protected.egress : undefined,
    open && (({ endpoint }) => !endpoint.protected[open]),
    search.denied ? deniedAnything(denied) : undefined,
  ]
  return tests.filter((test) => test !== undefined)
}

const sortValues: { readonly [K in Search['sort']]: (endpoint: Endpoint) => string | number } = {
  name: ({ name }) => name,
  namespace: ({ namespace }) => namespace ?? '',
  node: ({ node }) => node ?? '',
  type: ({ type }) => type,
  workload: ({ workload }) => workload?.name ?? '',
  policies: ({ policies }) => policies.length,
  denied: ({ denied }) => (denied === undefined ? -1 : Number(denied.connections)),
}

export const endpoints: JsonHandler<'endpoints'> = async ({ search, signal }, { store, cluster, states, now }) => {
  const moment = now()
  const range = trafficRange(search, moment)
  const [{ state, asOf }, denied] = await Promise.all([
    stateAsOf(states, search.at, moment),
    orUnknown('what was denied', signal, askDenied(range, { store, cluster, now, signal })),
  ])
  const tests = testsOf(search, state, denied.value)
  const found = (await endpointsOf(state))
    .filter((listed) => tests.every((test) => test(listed)))
    .map(({ endpoint }): Endpoint => ({ ...endpoint, ...(denied.value && { denied: denied.value.of(endpoint) }) }))
  const sortValue = sortValues[search.sort]
  const keyOf = (endpoint: Endpoint) => [sortValue(endpoint), endpoint.namespace ?? '', endpoint.name, endpoint.type]
  const { items, ...page } = pageOf(found, keyOf, search)
  return {
    ...asOf,
    unknown: [...asOf.unknown, ...denied.unknown],
    traffic: range,
    endpoints: [...items],
    ...page,
    ...(denied.value && { unattributed: denied.value.unattributed }),
  }
}
