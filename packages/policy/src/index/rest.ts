// The lists of a snapshot beside pods, policies, namespaces and accounts: few and small, kept by key so that one object may
// come and go. Slices of services are apart: a large cluster changes some every second, and hardly a policy asks for one.
import type { ServiceSlice, Snapshot } from '../objects/snapshot.ts'
import type { Keyed, ReplaceableList } from './change.ts'

type KeyedList = Exclude<ReplaceableList, 'services' | 'domains'>

const listOf: { readonly [Kind in Exclude<keyof Keyed, 'service'>]: KeyedList } = {
  networkSet: 'networkSets',
  tier: 'tiers',
  hostEndpoint: 'hostEndpoints',
  profile: 'profiles',
  node: 'nodes',
}

export interface Rest {
  /** Pods, policies, namespaces, accounts and slices are empty in it. */
  readonly snapshot: () => Snapshot
  readonly put: (kind: keyof Keyed, key: string, value: Keyed[keyof Keyed]) => void
  readonly remove: (kind: keyof Keyed, key: string) => void
  readonly replace: (list: ReplaceableList | 'options', values: Snapshot[ReplaceableList | 'options']) => void
  /** Slices of a service; undefined where there is none at all. */
  readonly service: (namespace: string, name: string) => readonly ServiceSlice[] | undefined
}

interface Services {
  readonly put: (key: string, slice: ServiceSlice) => void
  readonly remove: (key: string) => void
  readonly clear: () => void
  readonly of: Rest['service']
}

function createServices(): Services {
  const byKey = new Map<string, ServiceSlice>()
  const byService = new Map<string, Set<string>>()
  const nameOf = (slice: ServiceSlice) => `${slice.namespace}/${slice.service}`
  function remove(key: string): void {
    const slice = byKey.get(key)
    if (!slice) return
    byKey.delete(key)
    const keys = byService.get(nameOf(slice))
    keys?.delete(key)
    if (keys?.size === 0) byService.delete(nameOf(slice))
  }
  return {
    put: (key, slice) => {
      remove(key)
      byKey.set(key, slice)
      byService.set(nameOf(slice), (byService.get(nameOf(slice)) ?? new Set()).add(key))
    },
    remove,
    clear: () => {
      byKey.clear()
      byService.clear()
    },
    of: (namespace, name) => {
      const keys = byService.get(`${namespace}/${name}`)
      return keys && Array.from(keys, (key) => byKey.get(key)).filter((slice) => slice !== undefined)
    },
  }
}

/** Values of a list that came as a whole, under keys that no giver has. */
const numbered = <T>(values: readonly T[]) => new Map(values.map((value, index) => [`#${index}`, value]))

export function createRest(start: Snapshot): Rest {
  const lists = new Map<KeyedList, Map<string, unknown>>()
  const services = createServices()
  let others: Pick<Snapshot, 'domains' | 'options'> = { domains: start.domains, options: start.options }
  let assembled: Snapshot | undefined

  const entriesOf = (list: KeyedList) => {
    const entries = lists.get(list) ?? new Map<string, unknown>()
    lists.set(list, entries)
    return entries
  }
  function replace(list: ReplaceableList | 'options', values: unknown): void {
    assembled = undefined
    if (list === 'options' || list === 'domains') others = { ...others, [list]: values }
    else if (list === 'services') {
      services.clear()
      for (const [key, slice] of numbered(values as Snapshot['services'])) services.put(key, slice)
    } else lists.set(list, numbered(values as readonly unknown[]))
  }
  for (const list of Object.values(listOf)) replace(list, start[list])
  replace('services', start.services)

  const valuesOf = (list: KeyedList) => [...entriesOf(list).values()]
  return {
    snapshot: () => {
      assembled ??= {
        ...start,
        ...others,
        ...Object.fromEntries(Object.values(listOf).map((list) => [list, valuesOf(list)])),
        pods: [],
        policies: [],
        namespaces: [],
        serviceAccounts: [],
        services: [],
      }
      return assembled
    },
    put: (kind, key, value) => {
      if (kind === 'service') return services.put(key, value as ServiceSlice)
      assembled = undefined
      entriesOf(listOf[kind]).set(key, value)
    },
    remove: (kind, key) => {
      if (kind === 'service') return services.remove(key)
      assembled = undefined
      entriesOf(listOf[kind]).delete(key)
    },
    replace,
    service: services.of,
  }
}
