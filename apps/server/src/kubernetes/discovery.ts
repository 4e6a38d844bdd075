// Which of the kinds we want an API server serves, and where. Asked again and again, since CRDs come and go while we run; an
// answer that did not change costs a 304. Kubernetes answers for all groups at once since 1.27.
import { z } from 'zod'
import { keptKinds } from '../objects/project.ts'
import type { ApiClient } from './client.ts'

/** One kind as the API serves it. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Plural, as in paths and RBAC rules. */
  readonly resource: string
}

export const resourceKey = ({ group, kind }: Pick<Resource, 'group' | 'kind'>): string => `${kind}.${group}`

export const apiVersionOf = ({ group, version }: Resource): string => (group === '' ? version : `${group}/${version}`)

export const pathOf = (resource: Resource): string =>
  `/${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}/${resource.resource}`

const version = z.object({
  version: z.string(),
  freshness: z.string().optional(),
  resources: z
    .array(
      z.object({
        resource: z.string(),
        responseKind: z.object({ kind: z.string() }).optional(),
        verbs: z.array(z.string()).default([]),
      }),
    )
    .default([]),
})

const groupList = z.object({
  kind: z.literal('APIGroupDiscoveryList', { error: 'is not understood; Kubernetes 1.27 or newer is needed' }),
  items: z.array(
    z.object({ metadata: z.object({ name: z.string().default('') }).optional(), versions: z.array(version) }),
  ),
})

export type Groups = z.output<typeof groupList>['items']

const wanted = new Set(keptKinds.map(([group, kind]) => resourceKey({ group, kind })))
const canBeFollowed = (verbs: readonly string[]) => verbs.includes('list') && verbs.includes('watch')

/** The wanted kinds that are served, each in the version that the server prefers. */
export function servedResources(groups: Groups): ReadonlyMap<string, Resource> {
  const found = new Map<string, Resource>()
  for (const { metadata, versions } of groups) {
    const group = metadata?.name ?? ''
    for (const { version: name, resources } of versions) {
      for (const { resource, responseKind, verbs } of resources) {
        const served = { group, version: name, kind: responseKind?.kind ?? '', resource }
        const key = resourceKey(served)
        if (wanted.has(key) && canBeFollowed(verbs) && !found.has(key)) found.set(key, served)
      }
    }
  }
  return found
}

/** Groups whose server is away; what is missing of them is not gone. */
export const staleGroups = (groups: Groups): ReadonlySet<string> =>
  new Set(
    groups
      .filter(({ versions }) => versions.some(({ freshness }) => freshness === 'Stale'))
      .map(({ metadata }) => metadata?.name ?? ''),
  )

const calico = { api: 'projectcalico.org', storage: 'crd.projectcalico.org' } as const

/**
 * Calico's API group is either the storage group's objects under other names, by a server of its own, or CRDs of its own.
 * In the first case the storage group would say everything twice.
 */
export function withoutStorage(
  served: ReadonlyMap<string, Resource>,
  isAggregated: boolean,
): ReadonlyMap<string, Resource> {
  if (!isAggregated) return served
  const inApi = (kind: string) => served.has(resourceKey({ group: calico.api, kind }))
  return new Map([...served].filter(([, { group, kind }]) => group !== calico.storage || !inApi(kind)))
}

export const servesBothCalicoGroups = (served: ReadonlyMap<string, Resource>): boolean =>
  Object.values(calico).every((group) => [...served.values()].some((resource) => resource.group === group))

const accept = ['v2', 'v2beta1']
  .map((name) => `application/json;g=apidiscovery.k8s.io;v=${name};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',')

const aggregatedPath = `/apis/apiregistration.k8s.io/v1/apiservices/v3.${calico.api}`

export interface Look {
  readonly served: ReadonlyMap<string, Resource>
  /** Groups of which the server cannot tell now what they have. */
  readonly uncertain: ReadonlySet<string>
}

export interface Discovery {
  /** What is served now. Rejects where the server does not say. */
  look(signal: AbortSignal): Promise<Look>
}

export function createDiscovery(client: ApiClient): Discovery {
  const kept = new Map<string, { readonly etag: string | undefined; readonly groups: Groups }>()
  let before: ReadonlyMap<string, Resource> = new Map()

  const groupsAt = async (path: '/api' | '/apis', signal: AbortSignal): Promise<Groups> => {
    const known = kept.get(path)
    const headers = { accept, ...(known?.etag !== undefined && { 'if-none-match': known.etag }) }
    const { status, body, headers: given } = await client.get(path, signal, { headers })
    if (status === 304 && known) return known.groups
    const { items } = groupList.parse(body)
    kept.set(path, { etag: given.etag, groups: items })
    return items
  }
  /** Whoever may not ask is in a cluster with Calico's API server, by far the most common case of both groups. */
  const isAggregated = async (signal: AbortSignal): Promise<boolean> => {
    try {
      const { body } = await client.get(aggregatedPath, signal)
      return (body as { spec?: { service?: unknown } }).spec?.service !== undefined
    } catch {
      return true
    }
  }
  return {
    async look(signal) {
      const groups = (await Promise.all([groupsAt('/api', signal), groupsAt('/apis', signal)])).flat()
      const uncertain = staleGroups(groups)
      const kept = [...before].filter(([, { group }]) => uncertain.has(group))
      const served = new Map([...kept, ...servedResources(groups)])
      before = servesBothCalicoGroups(served) ? withoutStorage(served, await isAggregated(signal)) : served
      return { served: before, uncertain }
    },
  }
}
