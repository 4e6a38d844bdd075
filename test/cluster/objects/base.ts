// What a bare cluster needs to be useful: its name server, and the right of kube-router to read what it enforces.
import { imageNames } from '../build/images.ts'
import type { User } from '../parts/credentials.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { dnsAddress } from '../parts/network.ts'
import { sites } from '@margay/traffic'

export const kubeRouterUser: User = { name: 'margay-test:kube-router' }

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
}

/** A cluster role that may read, and its binding to somebody. */
function reader(name: string, rules: readonly Rule[], subject: Readonly<Record<string, string>>): KubeObject[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const verbs = ['get', 'list', 'watch']
  return [
    { apiVersion, kind: 'ClusterRole', metadata: { name }, rules: rules.map((rule) => ({ ...rule, verbs })) },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [subject],
    },
  ]
}

const kubeRouter = reader(
  'margay-test:kube-router',
  [
    { apiGroups: [''], resources: ['namespaces', 'pods', 'services', 'nodes', 'endpoints'] },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
  ],
  { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: kubeRouterUser.name },
)

const hostsLines = sites.flatMap(({ name, addresses }) => addresses.map((address) => `    ${address} ${name}`))

/** Names outside the cluster are the shop's sites; every other one does not exist, and those of one zone always fail. */
const corefile = `cluster.local in-addr.arpa ip6.arpa {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa
  cache 5
}
${sites.map(({ name }) => name).join(' ')} {
  hosts {
${hostsLines.join('\n')}
  }
}
servfail.test {
  template ANY ANY {
    rcode SERVFAIL
  }
}
. {
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`

const namespace = 'kube-system'
const labels = { 'k8s-app': 'kube-dns' }

const nameServer: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace } },
  ...reader(
    'system:coredns',
    [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
    ],
    { kind: 'ServiceAccount', name: 'coredns', namespace },
  ),
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'coredns', namespace }, data: { Corefile: corefile } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: 'coredns',
          containers: [
            {
              name: 'coredns',
              image: imageNames.coredns,
              imagePullPolicy: 'Never',
              command: ['/bin/coredns', '-conf', '/etc/coredns/Corefile'],
              ports: [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
              ],
              readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
            },
          ],
          volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace, labels },
    spec: {
      clusterIP: dnsAddress,
      selector: labels,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  },
]

export const baseObjects: readonly KubeObject[] = [...kubeRouter, ...nameServer]
