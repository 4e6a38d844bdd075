// A court of pods in which every kind of verdict comes up: two policies that isolate one pod together, a rule that stands third,
// policies that name domains, policies that nothing is judged by. Commands run in pods that do nothing of their own.
import { idlePod, shopContainer, silence } from '../objects/pods.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { programFolder } from '../shop/workloads.ts'

export const namespace = 'court'

const pod = (name: string, spec: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 0, ...spec },
})

const client = (name: string): KubeObject => idlePod({ name, namespace, node: 'node-2' })

export const port = 8080

/** Answers HTTP on the other node, so that who refuses is seen from both ends. */
const server = (name: string): KubeObject =>
  pod(name, {
    nodeName: 'node-1',
    containers: [
      {
        ...shopContainer([`/${programFolder}/ledger`, '--of', name], { listen: [{ kind: 'http', port }] }),
        ports: [{ name: 'http', containerPort: port }],
        readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
      },
    ],
  })

const from = (app: string) => ({ from: [{ podSelector: { matchLabels: { app } } }], ports: [{ port }] })

function ingressPolicy(name: string, app: string, ...ingress: readonly object[]): KubeObject {
  const spec = { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'], ingress }
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec }
}

function globalPolicy(kind: string, name: string, app: string, egress: readonly object[]): KubeObject {
  const spec = { order: 10, selector: `app == '${app}'`, types: ['Egress'], egress }
  return { apiVersion: 'projectcalico.org/v3', kind, metadata: { name }, spec }
}

const toDomains = (action: string, ...domains: readonly string[]) => ({
  action,
  protocol: 'TCP',
  destination: { domains },
})
const toNameServer = { action: 'Allow', protocol: 'UDP', destination: { ports: [53] } }

/** Decides nothing for anybody: it passes on to the policies of the namespace, once by its second rule. */
const watch: KubeObject = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkPolicy',
  metadata: { name: 'security.watch' },
  spec: {
    tier: 'security',
    order: 10,
    selector: "app in {'caller', 'ledger'}",
    types: ['Ingress', 'Egress'],
    ingress: [{ action: 'Pass' }],
    egress: [{ action: 'Deny', destination: { nets: ['192.0.2.0/24'] } }, { action: 'Pass' }],
  },
}

/** A network set that has a site outside. */
const mailers: KubeObject = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkSet',
  metadata: { name: 'mailers', labels: { kind: 'mail' } },
  spec: { nets: ['203.0.113.60/31'] },
}

const calls = (to: string) => ({ kind: 'http', to, everyMs: 1000, send: 0, receive: 10, keep: false })

/** Not the node of the product's server: its kubelet is made to stand still for a while. */
export const ghostNode = 'node-2'

/** Calls an address again and again by itself, for a time in which nobody can run a command in it. */
export const ghost = (address: string): KubeObject =>
  pod('ghost', {
    nodeName: ghostNode,
    containers: [shopContainer([`/${programFolder}/search`], { calls: [calls(`${address}:${port}`)] })],
  })

export const clients = ['caller', 'stranger', 'mute', 'reader', 'buyer'] as const
export type Client = (typeof clients)[number]
export const servers = ['vault', 'ledger'] as const
export type Server = (typeof servers)[number]

export const pods: readonly KubeObject[] = [...clients.map(client), ...servers.map(server)]

/** Namespaces and tiers, without which the others are refused. */
export const firstObjects: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
  { apiVersion: 'projectcalico.org/v3', kind: 'Tier', metadata: { name: 'security' }, spec: { order: 100 } },
]

const fromCaller = from('caller')
/** The third rule admits the caller; nobody comes by the others. */
const ledger = (...rest: readonly object[]) =>
  ingressPolicy('ledger', 'ledger', from('auditor'), from('backup'), fromCaller, ...rest)

/** The policy as somebody edits it while it is watched: its last rule goes. */
export const editedLedger = ledger()

export const policies: readonly KubeObject[] = [
  watch,
  mailers,
  // Two that isolate one pod; neither admits the caller.
  ingressPolicy('vault-for-auditors', 'vault', from('auditor')),
  ingressPolicy('vault-for-backup', 'vault', from('backup')),
  ledger(from('nobody')),
  silence(namespace),
  // Nothing is judged by it, for the pod that it selects is not there.
  ingressPolicy('forgotten', 'gone', fromCaller),
  // Names in other letters than anybody asks for, one of them with a star. The rules before them match other traffic.
  globalPolicy('StagedGlobalNetworkPolicy', 'buyer-by-name', 'buyer', [
    toNameServer,
    toDomains('Deny', 'Drop.Files.Example'),
    toDomains('Allow', 'API.Stripe.COM'),
    toDomains('Allow', '*.ECB.Europa.EU'),
  ]),
  // In force by its object; the engine of this cluster knows no names, so what it refuses gets through, and both are told.
  globalPolicy('GlobalNetworkPolicy', 'reader-by-name', 'reader', [
    toNameServer,
    toDomains('Allow', 'API.Stripe.COM'),
    toDomains('Allow', '*.ECB.Europa.EU'),
  ]),
]
