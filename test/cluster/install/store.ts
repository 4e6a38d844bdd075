// A web server that one of its two callers may reach: what a cluster does already when the product is installed into it.
import { imageNames } from '../build/images.ts'
import type { Cluster } from '../cluster.ts'
import type { KubeObject } from '../parts/kubectl.ts'

const namespace = 'store'

interface Spec {
  readonly listen?: readonly object[]
  readonly calls?: readonly object[]
}

/** A workload of one pod that runs the shop's program. */
function workload(name: string, { listen = [], calls = [] }: Spec): KubeObject {
  const env = [
    { name: 'SHOP_LISTEN', value: JSON.stringify(listen) },
    { name: 'SHOP_CALLS', value: JSON.stringify(calls) },
  ]
  const container = { name, image: imageNames.shop, imagePullPolicy: 'Never', command: ['/bin/shop'], env }
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  }
}

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
  workload('web', { listen: [{ kind: 'http', port: 8080 }] }),
  workload('client', { calls: [callWeb] }),
  workload('intruder', { calls: [callWeb] }),
]

/** Opens it and waits until all of it runs. */
export async function openStore({ kubectl }: Cluster): Promise<void> {
  await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  await kubectl.apply(store)
  for (const name of ['web', 'client', 'intruder']) {
    await kubectl.run(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=300s'])
  }
}
