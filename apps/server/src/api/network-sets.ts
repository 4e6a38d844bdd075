// GET /network-sets: named networks and domains as of a moment.
import { contains, parseAddress, printCidr } from '@margay/policy'
import type { NetworkSet } from '@margay/wire'
import { ApiError } from '../http/problem.ts'
import { stateAsOf } from './cluster/as-of.ts'
import { pageOf } from './cluster/page.ts'
import type { ClusterState } from './cluster/state.ts'
import type { Asked, JsonHandler } from './context.ts'

type Search = Asked<'networkSets'>['search']
type Set = ClusterState['snapshot']['networkSets'][number]

function containsTest(text: string): (set: Set) => boolean {
  const address = parseAddress(text)
  if (!address) {
    throw new ApiError('bad_request', `cannot read the address "${text}"; write it as 10.1.2.3 or fd00::1`)
  }
  return ({ nets }) => nets.some((net) => contains(net, address))
}

function testsOf({ name, namespace, contains: address }: Search): readonly ((set: Set) => boolean)[] {
  const part = name?.toLowerCase() ?? ''
  return [
    (set) => set.name.toLowerCase().includes(part),
    (set) => namespace === undefined || set.namespace === namespace,
    ...(address === undefined ? [] : [containsTest(address)]),
  ]
}

const listed = ({ namespace, name, labels, nets, domains }: Set): NetworkSet => ({
  scope: namespace === undefined ? 'global' : 'namespace',
  name,
  labels: Object.fromEntries(labels),
  nets: nets.map(printCidr),
  domains: domains.map(({ text }) => text),
  ...(namespace !== undefined && { namespace }),
})

export const networkSets: JsonHandler<'networkSets'> = async ({ search }, { states, now }) => {
  const { state, asOf } = await stateAsOf(states, search.at, now())
  const tests = testsOf(search)
  const found = state.snapshot.networkSets.filter((set) => tests.every((test) => test(set))).map(listed)
  const { items, ...page } = pageOf(found, ({ namespace, name }) => [namespace ?? '', name], search)
  return { ...asOf, networkSets: [...items], ...page }
}
