// Workloads of every shape that names must be told of: behind a service and without one, behind two, on the node's own network,
// for a second, and clients on both nodes from which tests connect.
import { idlePod, shopContainer, workload, type Task } from '../objects/pods.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { nodeName, nodeNumbers } from '../parts/network.ts'
import { programFolder } from '../shop/workloads.ts'

export const namespace = 'lane'

interface PodOptions extends Task {
  readonly program: string
  readonly listen?: readonly { readonly kind: 'http' | 'tcp' | 'udp'; readonly port: number }[]
  readonly portName?: string
  readonly more?: Readonly<Record<string, unknown>>
}

/** The spec of a pod that runs the program of the shop under a name. */
export function podSpec({ program, portName = 'http', more = {}, ...task }: PodOptions) {
  const { listen = [] } = task
  const first = listen.find(({ kind }) => kind !== 'udp')
  return {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        ...shopContainer([`/${programFolder}/${program}`, '--of', 'the-test'], task),
        ports: listen.map(({ kind, port }) => ({
          name: portName,
          containerPort: port,
          protocol: kind === 'udp' ? 'UDP' : 'TCP',
        })),
        ...(first && { readinessProbe: { tcpSocket: { port: first.port }, periodSeconds: 1 } }),
      },
    ],
    ...more,
  }
}

/** A pod of its own, on a node. */
export const pod = (name: string, node: string, spec: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: { nodeName: node, ...spec },
})

const service = (name: string, app: string, spec: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector: { app }, ...spec },
})

/** One of its pods on each node, also of a new revision beside an old one. */
const spread = (app: string) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      matchLabelKeys: ['pod-template-hash'],
      labelSelector: { matchLabels: { app } },
    },
  ],
})

/** In which tests run commands. Of what scouts do nothing is asked: they find out whether the rest is as it should be. */
export const idlePods = [...nodeNumbers.flatMap((number) => [`client-${number}`, `scout-${number}`]), 'host-client']

const inLane = (name: string) => ({ name, namespace })

const http = [{ kind: 'http', port: 8080 }] as const

export const firstObjects: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
]

const onHostNetwork = { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }

export const objects: readonly KubeObject[] = [
  ...nodeNumbers.flatMap((number) =>
    ['client', 'scout'].map((name) => idlePod({ name: `${name}-${number}`, namespace, node: nodeName(number) })),
  ),
  idlePod({ name: 'host-client', namespace, node: 'node-2', more: onHostNetwork }),
  workload('Deployment', inLane('web'), podSpec({ program: 'catalog', listen: http, more: spread('web') }), {
    replicas: 2,
  }),
  service('web', 'web', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
  // The same pods behind another address, which nobody dials.
  service('web-too', 'web', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
  workload(
    'StatefulSet',
    inLane('db'),
    podSpec({ program: 'postgres', listen: [{ kind: 'http', port: 5432 }], portName: 'pg', more: spread('db') }),
    { replicas: 2, serviceName: 'db' },
  ),
  service('db', 'db', { clusterIP: 'None', ports: [{ name: 'pg', port: 5432 }] }),
  workload(
    'DaemonSet',
    inLane('exporter'),
    podSpec({
      program: 'node_exporter',
      listen: [{ kind: 'http', port: 9101 }],
      calls: [{ kind: 'http', to: `web.${namespace}:80`, everyMs: 1000, send: 0, receive: 10, keep: false }],
      portName: 'metrics',
      more: onHostNetwork,
    }),
  ),
]

/** A job that makes one call and ends. */
export const job = (name: string): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace },
  spec: {
    backoffLimit: 0,
    template: {
      metadata: { labels: { app: name } },
      spec: podSpec({
        program: 'python3',
        rounds: 1,
        calls: [{ kind: 'http', to: `web.${namespace}:80`, everyMs: 1000, send: 0, receive: 10, keep: false }],
        more: { restartPolicy: 'Never' },
      }),
    },
  },
})

/** A pod that answers until it is told to end, and then has succeeded. */
export const finishingPod = (name: string, node: string): KubeObject =>
  pod(name, node, podSpec({ program: 'search', listen: http, more: { restartPolicy: 'Never' } }))

/** Port of every node that leads to `web`. */
export const doorPort = 30_880

/** What is reached in other ways than by an address of its own. */
export const ways: readonly KubeObject[] = [
  service('door', 'web', { type: 'NodePort', ports: [{ port: 8081, targetPort: 8080, nodePort: doorPort }] }),
  workload('Deployment', inLane('echo'), podSpec({ program: 'redis-server', listen: [{ kind: 'udp', port: 7000 }] })),
  service('echo', 'echo', { ports: [{ port: 7000, protocol: 'UDP' }] }),
  workload(
    'Deployment',
    inLane('mirror'),
    podSpec({
      program: 'orders',
      listen: http,
      calls: [{ kind: 'http', to: `mirror.${namespace}:8080`, everyMs: 1000, send: 0, receive: 10, keep: false }],
    }),
  ),
  service('mirror', 'mirror', { ports: [{ port: 8080 }] }),
]
