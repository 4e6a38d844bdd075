// How long the inventory takes to know a cluster of 5,000 pods and 1,000 policies, and how much memory that costs: a real
// kube-apiserver, objects as large as a real cluster's, and the source, recorder and inventory of the server in a process of
// their own. A second figure is how soon the change of a pod is known.
import { spawnSync } from 'node:child_process'
import { Agent, request } from 'node:https'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiServer } from '../test/cluster/api-server.ts'
import { startApiServer } from '../test/cluster/api-server.ts'
import type { Figures } from './main.ts'

const sizes = { quick: { pods: 1_000, policies: 200 }, full: { pods: 5_000, policies: 1_000 } }
const podsPerNamespace = 100
const podsPerNode = 100
/** Requests under way at once while the cluster is made; what is measured comes after. */
const makers = 32

type Document = Readonly<Record<string, unknown>>

const namespaceOf = (index: number, each: number) => `ns-${Math.floor(index / each)}`

/** What makes a real pod large: environment, probes, volumes, mounts, conditions and annotations. */
function podDocument(index: number): Document {
  const app = `app-${Math.floor(index / 10)}`
  const env = Array.from({ length: 30 }, (_, at) => ({
    name: `SETTING_${at}`,
    value: `value of setting ${at} of ${app}`,
  }))
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, timeoutSeconds: 2 }
  const container = (name: string) => ({
    name,
    image: `registry.example/${app}/${name}:1.2.3`,
    args: ['--listen=:8080', `--name=${app}`, '--log-format=json', '--trace-ratio=0.01'],
    env,
    ports: [{ name: name === 'main' ? 'http' : 'metrics', containerPort: name === 'main' ? 8080 : 9090 }],
    readinessProbe: probe,
    livenessProbe: probe,
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: ['config', 'cache', 'certs'].map((volume) => ({ name: volume, mountPath: `/mnt/${volume}` })),
  })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-7d9f8b6c54-${index.toString(36).padStart(5, '0')}`,
      namespace: namespaceOf(index, podsPerNamespace),
      generateName: `${app}-7d9f8b6c54-`,
      labels: { app, tier: ['web', 'api', 'db'][index % 3], 'pod-template-hash': '7d9f8b6c54', version: 'v1' },
      annotations: {
        'prometheus.io/scrape': 'true',
        checksum: 'x'.repeat(64),
        note: `what was said of ${app}`.repeat(10),
      },
    },
    spec: {
      nodeName: `node-${Math.floor(index / podsPerNode)}`,
      automountServiceAccountToken: false,
      containers: [container('main'), container('proxy')],
      volumes: ['config', 'cache', 'certs'].map((name) => ({ name, emptyDir: {} })),
    },
  }
}

const statusOf = (index: number): Document => {
  const ip = `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`
  const time = '2026-11-25T12:00:00Z'
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled']
  return {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: time,
    conditions: conditions.map((type) => ({ type, status: 'True', lastTransitionTime: time })),
    containerStatuses: ['main', 'proxy'].map((name) => ({
      ...{ name, image: `registry.example/${name}:1.2.3`, ready: true, restartCount: 0 },
      imageID: `registry.example/${name}@sha256:${'a'.repeat(64)}`,
      containerID: `containerd://${index.toString(16).padStart(63, '0')}${name === 'main' ? 'a' : 'b'}`,
      state: { running: { startedAt: time } },
    })),
  }
}

const policyDocument = (index: number): Document => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: `policy-${index}`, namespace: namespaceOf(index, 20) },
  spec: {
    podSelector: { matchLabels: { app: `app-${index}` } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: Array.from({ length: 3 }, (_, at) => ({
      from: [
        {
          namespaceSelector: { matchLabels: { team: `team-${at}` } },
          podSelector: { matchLabels: { app: `app-${at}` } },
        },
      ],
      ports: [{ protocol: 'TCP', port: 8080 + at }],
    })),
    egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
  },
})

/** Posts and patches as fast as the API server takes it. */
function createMaker({ url, authority, adminToken }: ApiServer) {
  const agent = new Agent({ keepAlive: true, maxSockets: makers, ca: readFileSync(authority) })
  const send = (method: 'POST' | 'PATCH', path: string, body: Document) =>
    new Promise<void>((resolve, reject) => {
      const type = method === 'POST' ? 'application/json' : 'application/merge-patch+json'
      const headers = { authorization: `Bearer ${adminToken}`, 'content-type': type }
      const sent = request(new URL(path, url), { method, agent, headers }, (response) => {
        const status = response.statusCode ?? 0
        response
          .resume()
          .on('end', () => (status < 300 ? resolve() : reject(new Error(`${method} ${path}: ${status}`))))
      })
      sent.on('error', reject).end(JSON.stringify(body))
    })
  const each = async (count: number, make: (index: number) => Promise<void>) => {
    let next = 0
    const work = async () => {
      while (next < count) await make(next++)
    }
    await Promise.all(Array.from({ length: makers }, work))
  }
  return { send, each, close: () => agent.destroy() }
}

async function populate(api: ApiServer, { pods, policies }: (typeof sizes)['full']): Promise<void> {
  const { send, each, close } = createMaker(api)
  const core = '/api/v1'
  await each(Math.ceil(pods / podsPerNode), (index) =>
    send('POST', `${core}/nodes`, { apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${index}` } }),
  )
  await each(Math.max(Math.ceil(pods / podsPerNamespace), Math.ceil(policies / 20)), async (index) => {
    const name = `ns-${index}`
    const metadata = { name, labels: { team: `team-${index % 10}` } }
    await send('POST', `${core}/namespaces`, { apiVersion: 'v1', kind: 'Namespace', metadata })
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
    await send('POST', `${core}/namespaces/${name}/serviceaccounts`, account)
  })
  await each(pods, async (index) => {
    const document = podDocument(index)
    const { name, namespace } = document['metadata'] as { name: string; namespace: string }
    await send('POST', `${core}/namespaces/${namespace}/pods`, document)
    await send('PATCH', `${core}/namespaces/${namespace}/pods/${name}/status`, { status: statusOf(index) })
  })
  await each(policies, (index) =>
    send(
      'POST',
      `/apis/networking.k8s.io/v1/namespaces/${namespaceOf(index, 20)}/networkpolicies`,
      policyDocument(index),
    ),
  )
  close()
}

export async function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  const size = quick ? sizes.quick : sizes.full
  const api = await startApiServer()
  try {
    await populate(api, size)
    const given = JSON.stringify({ kubeconfig: api.kubeconfig, ...size })
    const child = join(import.meta.dirname, 'inventory-child.ts')
    const { status, stdout, stderr } = spawnSync(process.execPath, [child, given], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`inventory bench failed: ${stderr.trim().split('\n').at(-1)}`)
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Figures
  } finally {
    await api.stop()
  }
}
