// Definitions of the kinds that Calico, the network policy API and Cilium bring, written by us and without a schema, so that an
// API server keeps their objects whole. Calico's stand in both of its groups: `projectcalico.org/v3`, as people write them,
// and `crd.projectcalico.org/v1`, as Calico stores them where no API server of its own is installed.
import { until } from '../parts/command.ts'
import type { KubeObject, Kubectl } from '../parts/kubectl.ts'

type Scope = 'Cluster' | 'Namespaced'

interface Group {
  readonly group: string
  readonly version: string
  readonly kinds: Readonly<Record<string, Scope>>
}

const calicoKinds = {
  Tier: 'Cluster',
  NetworkPolicy: 'Namespaced',
  GlobalNetworkPolicy: 'Cluster',
  StagedNetworkPolicy: 'Namespaced',
  StagedGlobalNetworkPolicy: 'Cluster',
  StagedKubernetesNetworkPolicy: 'Namespaced',
  NetworkSet: 'Namespaced',
  GlobalNetworkSet: 'Cluster',
  HostEndpoint: 'Cluster',
  Profile: 'Cluster',
  IPPool: 'Cluster',
  FelixConfiguration: 'Cluster',
  ClusterInformation: 'Cluster',
} as const satisfies Group['kinds']

export const calicoGroups: readonly Group[] = [
  { group: 'projectcalico.org', version: 'v3', kinds: calicoKinds },
  { group: 'crd.projectcalico.org', version: 'v1', kinds: calicoKinds },
]

const adminGroup = 'policy.networking.k8s.io'

export const adminGroups: readonly Group[] = [
  {
    group: adminGroup,
    version: 'v1alpha1',
    kinds: { AdminNetworkPolicy: 'Cluster', BaselineAdminNetworkPolicy: 'Cluster' },
  },
  { group: adminGroup, version: 'v1alpha2', kinds: { ClusterNetworkPolicy: 'Cluster' } },
]

export const ciliumGroups: readonly Group[] = [
  {
    group: 'cilium.io',
    version: 'v2',
    kinds: { CiliumNetworkPolicy: 'Namespaced', CiliumClusterwideNetworkPolicy: 'Cluster' },
  },
]

const pluralOf = (kind: string) => kind.toLowerCase().replace(/y$/, 'ie').concat('s')

function definition({ group, version }: Group, kind: string, scope: Scope): KubeObject {
  const plural = pluralOf(kind)
  // The API server wants to know who approved a kind in a group of Kubernetes.
  const annotations = { 'api-approved.kubernetes.io': 'unapproved, for tests' }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, ...(group.endsWith('.k8s.io') && { annotations }) },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }
}

export const definitionsOf = (groups: readonly Group[]): readonly KubeObject[] =>
  groups.flatMap((group) => Object.entries(group.kinds).map(([kind, scope]) => definition(group, kind, scope)))

interface Definition {
  readonly metadata: { readonly name: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const isEstablished = ({ status }: Definition) =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Established' && holds === 'True') ?? false

/** Defines the kinds of some groups, all by default, and waits until their objects are taken. */
export async function define(
  kubectl: Kubectl,
  groups: readonly Group[] = [...calicoGroups, ...adminGroups, ...ciliumGroups],
): Promise<void> {
  const definitions = definitionsOf(groups)
  await kubectl.apply(definitions)
  const names = new Set(definitions.map(({ metadata }) => metadata.name))
  await until('definitions to be established', async () => {
    const all = await kubectl.list<Definition>('customresourcedefinitions')
    return all.filter((each) => names.has(each.metadata.name)).every(isEstablished)
  })
}
