// A web server that one of its two callers may reach: what a cluster does already when the product is installed into it.
import type { Cluster } from '../cluster.ts'
import { shopContainer, workload, type Task } from '../objects/pods.ts'
import type { KubeObject } from '../parts/kubectl.ts'

const namespace = 'store'

/** A deployment of one pod. */
const onePod = (name: string, task: Task): KubeObject =>
  workload(
    'Deployment',
    { name, namespace },
    { terminationGracePeriodSeconds: 1, containers: [shopContainer(['/bin/shop'], task)] },
  )

const callWeb = { kind: 'http', to: `web.${namespace}:8080`, everyMs: 500, send: 100, receive: 1000, keep: false }

const store: readonly KubeObject[] = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace },
    spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'web-from-client', namespace },
    spec: {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }],
    },
  },
  onePod('web', { listen: [{ kind: 'http', port: 8080 }] }),
  onePod('client', { calls: [callWeb] }),
  onePod('intruder', { calls: [callWeb] }),
]

/** Opens it and waits until all of it runs. */
export async function openStore({ kubectl }: Cluster): Promise<void> {
  await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  await kubectl.apply(store)
  for (const name of ['web', 'client', 'intruder']) {
    await kubectl.run(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=300s'])
  }
}
