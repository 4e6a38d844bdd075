// Random clusters and flows for property tests. Names, labels, ports and addresses come from small pools, so that policies
// meet pods and rules meet flows; objects are made as documents, so the parsers take part.
import * as fc from 'fast-check'
import type { Flow, FlowEnd } from '../evaluate/flow.ts'
import { parseAddress } from '../net/address.ts'
import { parseSnapshot } from '../objects/parse.ts'
import type { Snapshot } from '../objects/snapshot.ts'

export const runs = (usual: number) => ({ numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? usual) })

const namespaces = ['red', 'blue']
const apps = ['web', 'api', 'db']
const teams = ['x', 'y']
const portNumbers = [80, 81, 443, 8080]
const portNames = ['http', 'admin']
const blocks = ['10.0.0.0/8', '10.0.1.0/24', '10.0.0.0/25', '192.0.2.0/24', '0.0.0.0/0', '2001:db8::/32']
const outside = ['192.0.2.7', '198.51.100.9', '2001:db8::7']

const pick = <T>(values: readonly T[]) => fc.constantFrom(...values)
const some = <T>(value: fc.Arbitrary<T>, most = 2) => fc.array(value, { minLength: 1, maxLength: most })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

/** Leaves members that are undefined out, as YAML does. */
const object = <T extends Record<string, fc.Arbitrary<unknown>>>(members: T) =>
  fc
    .record(members)
    .map((value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)))

const kubernetesSelector = fc.oneof(
  fc.constant({}),
  pick(apps).map((app) => ({ matchLabels: { app } })),
  pick(teams).map((team) => ({ matchLabels: { team } })),
  some(pick(apps)).map((values) => ({ matchExpressions: [{ key: 'app', operator: 'NotIn', values }] })),
  fc.constant({ matchExpressions: [{ key: 'team', operator: 'Exists' }] }),
)

const namespaceSelector = fc.oneof(
  fc.constant({}),
  pick(namespaces).map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
  fc.constant({ matchLabels: { env: 'prod' } }),
)

const kubernetesPeer = fc.oneof(
  object({ podSelector: kubernetesSelector }),
  object({ namespaceSelector }),
  object({ podSelector: kubernetesSelector, namespaceSelector }),
  pick(blocks).map((cidr) => ({ ipBlock: cidr === '10.0.0.0/8' ? { cidr, except: ['10.0.1.0/24'] } : { cidr } })),
)

const kubernetesPort = fc.oneof(
  object({ protocol: pick(['TCP', 'UDP']), port: fc.oneof(pick(portNumbers), pick(portNames)) }),
  fc.constant({ protocol: 'TCP', port: 80, endPort: 443 }),
  fc.constant({ protocol: 'UDP' }),
)

const kubernetesRule = (key: 'from' | 'to') =>
  object({ [key]: maybe(some(kubernetesPeer)), ports: maybe(some(kubernetesPort)) })

const named = (name: string, namespace?: string) => ({ name, ...(namespace && { namespace }) })

const kubernetesPolicyAt = (index: number) =>
  fc
    .record({
      namespace: pick(namespaces),
      spec: object({
        podSelector: kubernetesSelector,
        ingress: maybe(fc.array(kubernetesRule('from'), { maxLength: 2 })),
        egress: maybe(fc.array(kubernetesRule('to'), { maxLength: 2 })),
        policyTypes: maybe(pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']])),
      }),
    })
    .map(({ namespace, spec }) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: named(`k${index}`, namespace),
      spec,
    }))

const selectorText = pick([
  'all()',
  "app == 'web'",
  "app in {'api', 'db'}",
  "team != 'x'",
  '!has(team)',
  "app starts with 'a' || team == 'y'",
  "kind == 'set'",
])

const calicoPorts = some(fc.oneof(pick<string | number>(portNumbers), fc.constant<string | number>('80:443')))

const calicoEntity = object({
  selector: maybe(selectorText),
  notSelector: maybe(selectorText),
  namespaceSelector: maybe(pick(["env == 'prod'", 'all()', 'global()', "kubernetes.io/metadata.name == 'red'"])),
  nets: maybe(some(pick(blocks))),
  notNets: maybe(some(pick(blocks.slice(0, 3)))),
})

const withPorts = fc.tuple(calicoEntity, maybe(calicoPorts), maybe(calicoPorts)).map(([entity, ports, notPorts]) => ({
  ...entity,
  ...(ports && { ports }),
  ...(notPorts && { notPorts }),
}))

const calicoRule = (actions: readonly string[]) =>
  fc.oneof(
    object({ action: pick(actions), source: maybe(calicoEntity), destination: maybe(calicoEntity) }),
    object({
      action: pick(actions),
      protocol: pick(['TCP', 'UDP']),
      source: maybe(calicoEntity),
      destination: withPorts,
    }),
    object({ action: pick(actions), notProtocol: fc.constant('UDP'), destination: maybe(calicoEntity) }),
  )

const calicoKinds = ['NetworkPolicy', 'GlobalNetworkPolicy', 'StagedNetworkPolicy', 'StagedGlobalNetworkPolicy']

const calicoPolicyAt = (index: number, actions: readonly string[]) =>
  fc
    .record({
      kind: pick(calicoKinds),
      namespace: pick(namespaces),
      spec: object({
        tier: maybe(pick(['first', 'second', 'default'])),
        order: maybe(pick([1, 2, 2.5])),
        selector: maybe(selectorText),
        types: maybe(pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']])),
        ingress: maybe(fc.array(calicoRule(actions), { maxLength: 3 })),
        egress: maybe(fc.array(calicoRule(actions), { maxLength: 3 })),
      }),
    })
    .map(({ kind, namespace, spec }) => ({
      apiVersion: 'projectcalico.org/v3',
      kind,
      metadata: named(`c${index}`, kind.includes('Global') ? undefined : namespace),
      spec,
    }))

const adminRule = (key: 'from' | 'to') =>
  object({
    action: pick(['Accept', 'Deny', 'Pass']),
    [key]: some(
      fc.oneof(
        object({ namespaces: namespaceSelector }),
        object({ pods: object({ namespaceSelector, podSelector: kubernetesSelector }) }),
      ),
    ),
    protocols: maybe(fc.constant([{ tcp: { destinationPort: { number: 80 } } }])),
  })

const adminPolicyAt = (index: number) =>
  object({
    tier: pick(['Admin', 'Baseline']),
    priority: fc.nat(5),
    subject: object({ namespaces: namespaceSelector }),
    ingress: maybe(fc.array(adminRule('from'), { maxLength: 2 })),
    egress: maybe(fc.array(adminRule('to'), { maxLength: 2 })),
  }).map((spec) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: named(`a${index}`),
    spec,
  }))

const ciliumPeers = (side: 'from' | 'to') =>
  object({
    [`${side}Endpoints`]: maybe(some(kubernetesSelector)),
    [`${side}CIDR`]: maybe(some(pick(blocks))),
    toPorts: maybe(fc.constant([{ ports: [{ port: '80', protocol: 'TCP' }] }])),
  })

const ciliumPolicyAt = (index: number) =>
  fc
    .record({
      namespace: pick(namespaces),
      spec: object({
        endpointSelector: kubernetesSelector,
        ingress: maybe(fc.array(ciliumPeers('from'), { maxLength: 2 })),
        ingressDeny: maybe(fc.array(ciliumPeers('from'), { maxLength: 1 })),
        egress: maybe(fc.array(ciliumPeers('to'), { maxLength: 2 })),
        enableDefaultDeny: maybe(object({ ingress: fc.boolean() })),
      }),
    })
    .map(({ namespace, spec }) => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: named(`n${index}`, namespace),
      spec,
    }))

const podAt = (index: number) =>
  fc
    .record({ namespace: pick(namespaces), app: pick(apps), team: maybe(pick(teams)), port: pick(portNumbers) })
    .map(({ namespace, app, team, port }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...named(`p${index}`, namespace), labels: { app, ...(team && { team }) } },
      spec: { containers: [{ ports: [{ name: portNames[index % 2], containerPort: port, protocol: 'TCP' }] }] },
      status: { podIP: `10.0.${index % 2}.${index + 1}` },
    }))

const networkSet = fc
  .record({ namespace: maybe(pick(namespaces)), nets: some(pick(blocks)), kind: pick(['set', 'other']) })
  .map(({ namespace, nets, kind }) => ({
    apiVersion: 'projectcalico.org/v3',
    kind: namespace ? 'NetworkSet' : 'GlobalNetworkSet',
    metadata: { ...named(`s-${kind}`, namespace), labels: { kind, app: 'web' } },
    spec: { nets },
  }))

const nodeAddresses = { n1: ['192.168.0.1', '2001:db8:1::1'], n2: ['192.168.0.2'] } as const
const nodeNames = Object.keys(nodeAddresses) as (keyof typeof nodeAddresses)[]
/** Of nodes, and one that only host endpoints state. */
const hostAddresses = [...Object.values(nodeAddresses).flat(), '192.168.9.9']

const hostNodes: readonly unknown[] = nodeNames.map((name) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { addresses: nodeAddresses[name].map((address) => ({ type: 'InternalIP', address })) },
}))

const hostEndpointAt = (index: number) =>
  fc
    .record({
      app: pick(apps),
      spec: object({
        node: pick(nodeNames),
        interfaceName: maybe(pick(['*', 'eth0', 'eth1', ''])),
        expectedIPs: maybe(some(pick(hostAddresses))),
        profiles: maybe(fc.constant(['projectcalico-default-allow'])),
        ports: maybe(fc.constant([{ name: 'http', protocol: 'TCP', port: 80 }])),
      }),
    })
    .map(({ app, spec }) => ({
      apiVersion: 'projectcalico.org/v3',
      kind: 'HostEndpoint',
      metadata: { ...named(`h${index}`), labels: { app } },
      spec,
    }))

const fixed: readonly unknown[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'red', labels: { env: 'prod' } } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue', labels: {} } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'red' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'blue' } },
  { apiVersion: 'projectcalico.org/v3', kind: 'Tier', metadata: { name: 'first' }, spec: { order: 10 } },
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'Tier',
    metadata: { name: 'second' },
    spec: { order: 20, defaultAction: 'Pass' },
  },
]

/** `hosts`: Calico's policies, with nodes and host endpoints. */
export type Dialect = 'kubernetes' | 'calico' | 'hosts' | 'allow-only' | 'cilium'

const calicoClusterPolicyAt = (index: number) =>
  fc.oneof(kubernetesPolicyAt(index), calicoPolicyAt(index, ['Allow', 'Deny', 'Pass', 'Log']), adminPolicyAt(index))

const policyMakers: Record<Dialect, (index: number) => fc.Arbitrary<unknown>> = {
  kubernetes: kubernetesPolicyAt,
  calico: calicoClusterPolicyAt,
  hosts: calicoClusterPolicyAt,
  'allow-only': (index) => fc.oneof(kubernetesPolicyAt(index), calicoPolicyAt(index, ['Allow', 'Log'])),
  cilium: (index) => fc.oneof(kubernetesPolicyAt(index), ciliumPolicyAt(index)),
}

const upTo = (most: number, make: (index: number) => fc.Arbitrary<unknown>) =>
  fc.nat(most).chain((length) => fc.tuple(...Array.from({ length }, (_, index) => make(index))))

const podCount = 6

/** Pods only; their names are p0 to p5, in either namespace. */
export const anyPods = fc.tuple(...Array.from({ length: podCount }, (_, index) => podAt(index)))

export const anyPolicies = (dialect: Dialect, most = 6) => upTo(most, policyMakers[dialect])

/** Which of the fixed objects a cluster lacks: mostly none, at times a namespace or an account, whose labels are then unknown. */
const lacking = fc.oneof(
  { weight: 4, arbitrary: fc.constant<readonly number[]>([]) },
  { weight: 1, arbitrary: pick<readonly number[]>([[1], [2], [1, 3]]) },
)

/** Documents of a whole cluster; `gaps` lets it lack namespaces and accounts. */
export const anyDocuments = (dialect: Dialect, gaps = false): fc.Arbitrary<readonly unknown[]> =>
  fc
    .tuple(
      anyPods,
      anyPolicies(dialect),
      dialect === 'kubernetes' ? fc.constant([]) : fc.array(networkSet, { maxLength: 2 }),
      gaps ? lacking : fc.constant<readonly number[]>([]),
      dialect === 'hosts' ? upTo(4, hostEndpointAt).map((hosts) => [...hostNodes, ...hosts]) : fc.constant([]),
    )
    .map(([pods, policies, sets, lacks, hosts]) => [
      ...fixed.filter((_, index) => !lacks.includes(index)),
      ...pods,
      ...policies,
      ...sets,
      ...hosts,
    ])

export const anySnapshot = (dialect: Dialect, gaps = false): fc.Arbitrary<Snapshot> =>
  anyDocuments(dialect, gaps).map((documents) => parseSnapshot(documents).snapshot)

/** By address alone, with or without the word that no object states it. */
const outsideEnd = fc.tuple(pick(outside), fc.boolean()).map(([text, isNobodys]): FlowEnd => {
  const address = parseAddress(text)
  return address ? { address, ...(isNobodys && { isNobodys }) } : {}
})

/** A node by an address of its own, or by the address alone, which may be one that host endpoints state and nobody else. */
const hostEnd = fc.oneof(
  pick(nodeNames).chain((node) =>
    pick<string>(nodeAddresses[node]).map((text): FlowEnd => ({ node, address: parseAddress(text)! })),
  ),
  pick(hostAddresses).map((text): FlowEnd => ({ address: parseAddress(text)! })),
)

/** A flow between ends of the snapshot, or from and to outside; with nodes in it, from and to them too. One end is a pod; with `gaps` it may have vanished. */
export const anyFlow = (snapshot: Snapshot, gaps = false): fc.Arbitrary<Flow> => {
  const known = pick(snapshot.pods).map((pod): FlowEnd => ({ pod: `${pod.namespace}/${pod.name}` }))
  const vanished = pick(namespaces).map((namespace): FlowEnd => ({ pod: `${namespace}/gone` }))
  const podEnd = gaps ? fc.oneof({ weight: 6, arbitrary: known }, { weight: 1, arbitrary: vanished }) : known
  const anyEnd = fc.oneof(
    { weight: 4, arbitrary: podEnd },
    { weight: 1, arbitrary: outsideEnd },
    { weight: snapshot.nodes.length > 0 ? 5 : 0, arbitrary: hostEnd },
  )
  const ends = fc.oneof(fc.tuple(podEnd, anyEnd), fc.tuple(anyEnd, podEnd))
  return fc.tuple(ends, pick([6, 17, 1]), pick(portNumbers)).map(([[source, destination], protocol, port]) => ({
    source,
    destination,
    protocol,
    ...(protocol !== 1 && { port, ...(!gaps && { sourcePort: 40_000 }) }),
  }))
}

/** A snapshot and some flows on it. */
export const anyQuestions = (dialect: Dialect, flows = 8, gaps = false) =>
  anySnapshot(dialect, gaps).chain((snapshot) =>
    fc.array(anyFlow(snapshot, gaps), { minLength: 1, maxLength: flows }).map((questions) => ({ snapshot, questions })),
  )
