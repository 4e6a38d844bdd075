// The pods of the policy tests: three in each of two zones of names, half of them on each node, which answer on a few ports and
// connect on order. The orders go over a socket in a folder that pod and test share, so that no policy stands in their way.
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createProbe, type Probe } from '../../policy/probe.ts'
import { imageNames } from '../build/images.ts'
import type { Cluster } from '../cluster.ts'
import type { KubeObject } from '../parts/kubectl.ts'

export interface ProbePod {
  readonly namespace: string
  readonly name: string
  readonly node: 1 | 2
  readonly labels: Readonly<Record<string, string>>
  /** Names of ports, which policies may use. */
  readonly ports: readonly { readonly name: string; readonly protocol: 'TCP' | 'UDP'; readonly containerPort: number }[]
}

const http = (containerPort: number) => ({ name: 'http', protocol: 'TCP', containerPort }) as const
const dns = (containerPort: number) => ({ name: 'dns', protocol: 'UDP', containerPort }) as const

/** Ports that every pod answers on, with TCP and UDP, whatever it declares. */
export const answeredPorts = [5353, 8080, 8081]

export const namespaces: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[] = [
  { name: 'shop', labels: { team: 'a' } },
  { name: 'pay', labels: { team: 'b' } },
  { name: 'data', labels: {} },
]

export const probePods: readonly ProbePod[] = [
  { namespace: 'shop', name: 'web', node: 1, labels: { app: 'web', role: 'front' }, ports: [http(8080)] },
  { namespace: 'shop', name: 'cart', node: 2, labels: { app: 'cart' }, ports: [http(8081), dns(5353)] },
  { namespace: 'pay', name: 'api', node: 1, labels: { app: 'web', role: 'back' }, ports: [http(8080), dns(8081)] },
  { namespace: 'pay', name: 'ledger', node: 2, labels: { app: 'ledger', role: 'back' }, ports: [dns(5353)] },
  { namespace: 'data', name: 'db', node: 1, labels: { app: 'db' }, ports: [http(5353)] },
  { namespace: 'data', name: 'bare', node: 2, labels: {}, ports: [] },
]

const socketOf = ({ namespace, name }: ProbePod) => `${namespace}-${name}.sock`

function podObject(pod: ProbePod, shared: string): KubeObject {
  const { namespace, name, node, labels, ports } = pod
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: {
      nodeName: `node-${node}`,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'probe',
          image: imageNames.probe,
          imagePullPolicy: 'Never',
          command: ['/bin/probe', `/shared/${socketOf(pod)}`, ...answeredPorts.map(String)],
          ports,
          volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        },
      ],
      volumes: [{ name: 'shared', hostPath: { path: shared } }],
    },
  }
}

export interface Probes {
  /** In the order of `probePods`. */
  readonly probes: readonly Probe[]
  readonly addresses: readonly string[]
  close(): void
}

/** Starts the pods and connects to each. */
export async function startProbes({ kubectl, nodes }: Cluster): Promise<Probes> {
  const sharedOf = ({ node }: ProbePod) => nodes.find(({ number }) => number === node)!.shared
  await kubectl.apply(
    namespaces.map(({ name, labels }) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })),
  )
  // The controller makes it too, some time after the namespace; a pod is refused before.
  await kubectl.apply(
    namespaces.map(({ name }) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: name, name: 'default' },
    })),
  )
  await kubectl.apply(probePods.map((pod) => podObject(pod, sharedOf(pod))))
  for (const { name } of namespaces) {
    await kubectl.run(['wait', '--for=condition=Ready', 'pod', '--all', '-n', name, '--timeout=180s'])
  }
  interface Started {
    readonly status: { readonly podIP: string }
  }
  const started = await Promise.all(
    probePods.map(({ name, namespace }) => kubectl.get<Started>('pod', name, namespace)),
  )
  const sockets: Socket[] = probePods.map((pod) => connect(join(sharedOf(pod), socketOf(pod))))
  return {
    probes: sockets.map(createProbe),
    addresses: started.map(({ status }) => status.podIP),
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
