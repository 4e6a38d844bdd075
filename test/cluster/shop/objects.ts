// The shop of packages/traffic as objects of a real cluster: its workloads, with the names, labels, ports and programs of the
// story, whose pods really call each other. What the story leaves to its own eight nodes (names of pods, addresses) is the
// cluster's to give.
import { serviceNameOf, type Workload } from '@margay/traffic'
import { shopContainer } from '../objects/pods.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { callsOf, commandOf, listenersOf } from './calls.ts'
import { shopPolicies } from './policies.ts'
import { nodeExporter, storyWorkloads } from './workloads.ts'

const labelsOf = ({ name, role }: Workload) => ({ app: name, role })

function podSpec(workload: Workload): Readonly<Record<string, unknown>> {
  const { namespace, name, kind, program, ports, replicas } = workload
  const listen = listenersOf(workload)
  const calls = callsOf(`${namespace}/${name}`, replicas)
  const [first] = listen.filter(({ kind }) => kind === 'http')
  return {
    terminationGracePeriodSeconds: 1,
    serviceAccountName: name,
    containers: [
      {
        // A job ends once it has made its calls.
        ...shopContainer(commandOf(program), { listen, calls, ...(kind === 'CronJob' && { rounds: 5 }) }),
        name,
        ports: ports.map(({ name: portName, port, proto }) => ({
          name: portName,
          containerPort: port,
          protocol: proto.toUpperCase(),
        })),
        ...(first && { readinessProbe: { httpGet: { path: '/healthz', port: first.port }, periodSeconds: 5 } }),
      },
    ],
  }
}

/** Jobs of the story run once an hour; here somebody is watching. */
const schedule = '* * * * *'

function controllerOf(workload: Workload): KubeObject {
  const { namespace, name, kind, replicas } = workload
  const labels = labelsOf(workload)
  const template = { metadata: { labels }, spec: podSpec(workload) }
  const metadata = { name, namespace, labels }
  switch (kind) {
    case 'CronJob': {
      const spec = { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 50 }
      const job = { spec: { backoffLimit: 0, template: { ...template, spec } } }
      return {
        apiVersion: 'batch/v1',
        kind,
        metadata,
        spec: { schedule, concurrencyPolicy: 'Forbid', jobTemplate: job, successfulJobsHistoryLimit: 1 },
      }
    }
    case 'StatefulSet':
    case 'Deployment': {
      const selector = { matchLabels: { app: name } }
      const ofSet = kind === 'StatefulSet' && { serviceName: serviceNameOf(workload) }
      return { apiVersion: 'apps/v1', kind, metadata, spec: { replicas, selector, ...ofSet, template } }
    }
  }
}

/** The data stores are dialled without a service address, by the names of their pods' addresses. */
const isHeadless = ({ namespace }: Workload) => namespace === 'data'

/** Port of every node at which visitors come in. */
export const doorPort = 30_443
const isDoor = ({ namespace, name }: Workload) => namespace === 'ingress' && name === 'nginx'

function serviceOf(workload: Workload): KubeObject {
  const { namespace, name, ports } = workload
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: serviceNameOf(workload), namespace, labels: { app: name } },
    spec: {
      selector: { app: name },
      ...(isHeadless(workload) && { clusterIP: 'None' }),
      // Visitors keep their address.
      ...(isDoor(workload) && { type: 'NodePort', externalTrafficPolicy: 'Local' }),
      ports: ports.map(({ name: portName, port, proto }) => ({
        name: portName,
        port,
        targetPort: portName,
        protocol: proto.toUpperCase(),
        ...(isDoor(workload) && portName === 'https' && { nodePort: doorPort }),
      })),
    },
  }
}

function daemonSet(workload: Workload): KubeObject {
  const { namespace, name } = workload
  const labels = labelsOf(workload)
  const spec = { ...podSpec(workload), hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: { app: name } }, template: { metadata: { labels }, spec } },
  }
}

const namespaceObject = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

const accountOf = ({ namespace, name }: Workload): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace, name },
})

/** Namespaces first: the rest is in them. */
export function shopObjects(): readonly KubeObject[] {
  const all = [...storyWorkloads, nodeExporter]
  return [
    ...[...new Set(all.map(({ namespace }) => namespace))].map(namespaceObject),
    ...all.map(accountOf),
    ...all.filter(({ service }) => service).map(serviceOf),
    ...shopPolicies(),
    ...storyWorkloads.map(controllerOf),
    daemonSet(nodeExporter),
  ]
}
