import { describe, expect, it } from 'vitest'
import type { Groups } from './discovery.ts'
import { pathOf, servedResources, servesBothCalicoGroups, staleGroups, withoutStorage } from './discovery.ts'

const resource = (kind: string, name: string, verbs = ['get', 'list', 'watch']) => ({
  resource: name,
  responseKind: { kind },
  verbs,
})
const group = (name: string, ...versions: Groups[number]['versions']): Groups[number] => ({
  metadata: { name },
  versions,
})
const paths = (groups: Groups) => [...servedResources(groups).values()].map(pathOf)

describe('what an API server serves', () => {
  it('is looked through for the kinds we want, each in the version that the server prefers', () => {
    const admin = (version: string, kind: string, name: string) => ({ version, resources: [resource(kind, name)] })
    expect(
      paths([
        group('', { version: 'v1', resources: [resource('Pod', 'pods'), resource('Secret', 'secrets')] }),
        group('apps', { version: 'v1', resources: [resource('ReplicaSet', 'replicasets')] }),
        group(
          'policy.networking.k8s.io',
          admin('v1alpha2', 'ClusterNetworkPolicy', 'clusternetworkpolicies'),
          admin('v1alpha1', 'AdminNetworkPolicy', 'adminnetworkpolicies'),
          admin('v1alpha1', 'ClusterNetworkPolicy', 'clusternetworkpolicies'),
        ),
        group('example.test', { version: 'v1', resources: [resource('NetworkPolicy', 'networkpolicies')] }),
      ]),
    ).toEqual([
      '/api/v1/pods',
      '/apis/apps/v1/replicasets',
      '/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies',
      '/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies',
    ])
  })

  it('does not count where it cannot be listed and watched', () => {
    const pods = resource('Pod', 'pods', ['create'])
    expect(paths([group('', { version: 'v1', resources: [pods] })])).toEqual([])
  })

  it('is uncertain for groups whose own server is away', () => {
    const away = group('projectcalico.org', { version: 'v3', freshness: 'Stale', resources: [] })
    const here = group('apps', { version: 'v1', freshness: 'Current', resources: [] })
    expect([...staleGroups([away, here])]).toEqual(['projectcalico.org'])
  })
})

describe("Calico's two groups", () => {
  const calico = (name: string, version: string, kinds: readonly (readonly [string, string])[]) =>
    group(name, { version, resources: kinds.map(([kind, plural]) => resource(kind, plural)) })
  const both = servedResources([
    calico('projectcalico.org', 'v3', [['Tier', 'tiers']]),
    calico('crd.projectcalico.org', 'v1', [
      ['Tier', 'tiers'],
      ['HostEndpoint', 'hostendpoints'],
    ]),
  ])
  const left = (isAggregated: boolean) => [...withoutStorage(both, isAggregated).values()].map(pathOf)

  it('are both followed where each holds objects of its own', () => {
    expect(servesBothCalicoGroups(both)).toBe(true)
    expect(left(false)).toEqual([
      '/apis/projectcalico.org/v3/tiers',
      '/apis/crd.projectcalico.org/v1/tiers',
      '/apis/crd.projectcalico.org/v1/hostendpoints',
    ])
  })
  it('are not told twice where one is how the other is stored', () => {
    expect(left(true)).toEqual(['/apis/projectcalico.org/v3/tiers', '/apis/crd.projectcalico.org/v1/hostendpoints'])
  })
})
