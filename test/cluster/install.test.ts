// The product installed from its chart into the real cluster, with our images run by the kubelets: pods that call each other
// become named edges, what a policy refuses is shown as refused with that policy, and after `helm uninstall` nothing is left.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Row } from '@margay/model'
import { imageNames } from './build/images.ts'
import type { Cluster } from './cluster.ts'
import { startCluster } from './cluster.ts'
import { upgrade } from './helm.ts'
import type { Installed } from './installed.ts'
import { installProduct, productImages } from './installed.ts'
import { run, until } from './parts/command.ts'
import type { KubeObject } from './parts/kubectl.ts'
import { describeCluster, startMs } from './suite.ts'

const say = (line: string) => void process.stderr.write(`install: ${line}\n`)

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
    metadata: { name, namespace: 'store' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  }
}

const callWeb = { kind: 'http', to: 'web.store:8080', everyMs: 500, send: 100, receive: 1000, keep: false }

/** A web server that one of its two callers may reach. */
const store: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'store' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'store' },
    spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'web-from-client', namespace: 'store' },
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

describeCluster('the product, installed', 'cluster', () => {
  let cluster: Cluster
  let product: Installed

  /** Rows of flows of the last minutes, newest first. */
  const flows = async (query: string): Promise<readonly Row[]> => {
    const select = { kind: 'rows', sort: { field: 'start_time', descending: true }, limit: 100 } as const
    const range = { from: { ago: 600 }, to: { ago: 0 } }
    const { answer } = await product.query({ logType: 'flows', range, query, select })
    return answer.kind === 'rows' ? (answer.rows as readonly Row[]) : []
  }
  const firstOf = (query: string) => until(`flows of ${query}`, async () => (await flows(query))[0], { everyMs: 250 })

  beforeAll(async () => {
    // Before the cluster is taken: others may wait for it.
    const images = await productImages(say)
    cluster = await startCluster()
    for (const node of cluster.nodes) await node.importImages(images)
    for (const object of store) await cluster.kubectl.apply([object])
    for (const name of ['web', 'client', 'intruder']) {
      await cluster.kubectl.run(['rollout', 'status', `deployment/${name}`, '-n', 'store', '--timeout=300s'])
    }
    product = await installProduct(cluster)
  }, startMs)
  afterAll(async () => {
    product?.close()
    await cluster?.stop()
  }, startMs)

  it('names both ends of a flow, and the service that was dialled', async () => {
    // Not any edge: a connection that is older than its agent was dialled before anybody looked.
    const row = await firstOf('reporter: src and source_name_aggr: client* and dest_service_name: web')
    say(`first named edge ${((Date.now() - product.installedAt) / 1000).toFixed(1)} s after helm install`)
    expect(row).toMatchObject({
      source_namespace: 'store',
      dest_namespace: 'store',
      dest_name_aggr: expect.stringMatching(/^web-/),
      process_name: expect.stringContaining('shop'),
    })
  })

  it('hears an agent from each node, which show their service account', async () => {
    const agents = await until('agents of both nodes', async () => {
      const { sources } = await product.health()
      const heard = sources.filter(({ kind, rowsTotal }) => kind === 'agent' && rowsTotal > 0)
      return heard.length === 2 && heard
    })
    expect(new Set(agents.map(({ host }) => host))).toEqual(new Set(cluster.nodes.map(({ name }) => name)))
  })

  it('shows what a policy refuses as refused, with the policy', async () => {
    const denied = 'source_name_aggr: intruder* and dest_name_aggr: web* and action: deny'
    const row = await until('a refused flow with its policy', async () =>
      (await flows(denied)).find((each) => JSON.stringify(each).includes('web-from-client')),
    )
    expect(row).toMatchObject({ source_namespace: 'store', dest_namespace: 'store', dest_port: 8080 })
    expect(await flows('source_name_aggr: client* and dest_name_aggr: web* and action: deny')).toEqual([])
  })

  it('says in the pod of an agent what is seen and what is not', async () => {
    const report = (await product.doctor(cluster.nodes[0]!.name)) as {
      readonly findings: readonly { readonly name: string; readonly verdict: string; readonly found: string }[]
      readonly programs: readonly { readonly name: string; readonly verdict: string }[]
    }
    const verdictOf = (name: string) => report.findings.find((finding) => finding.name === name)
    for (const name of ['btf', 'cgroup', 'data', 'server', 'conntrack'])
      expect(verdictOf(name), name).toMatchObject({ verdict: 'ok' })
    expect(verdictOf('server')?.found).toContain('https://margay-server.margay.svc:8586')
    expect(report.programs.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
  })

  it('lets nobody in without a token, and says who may not', async () => {
    expect((await product.ask('/api/v1/health')).status).toBe(401)
    expect((await product.ask('/livez')).status).toBe(200)
    const stranger = await cluster.kubectl.run(['create', 'token', 'default', '-n', 'store'])
    const answer = await product.ask('/api/v1/health', stranger.trim())
    expect(answer.status).toBe(403)
    expect(answer.text).toContain('system:serviceaccount:store:default')
  })

  it('keeps its certificate through an upgrade', async () => {
    const read = async () => (await cluster.kubectl.get<{ data: object }>('secret', 'margay-tls', 'margay')).data
    const before = await read()
    await upgrade(cluster.kubeconfig, product.release)
    expect(await read()).toEqual(before)
  })

  it('leaves nothing but rows that wait for a server, once it is uninstalled', async () => {
    const { kubectl, nodes } = cluster
    await product.uninstall()
    const kinds = (await kubectl.run(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n')
    // Events tell of what was; they end by themselves.
    const looked = kinds.filter((kind) => !kind.startsWith('events')).join(',')
    const words = ['get', looked, '-A', '-l', 'app.kubernetes.io/part-of=margay', '-o', 'name', '--ignore-not-found']
    expect((await kubectl.run(words)).trim()).toBe('')
    for (const node of nodes) {
      expect(node.run('sh', '-c', 'ls -d /var/lib/margay/* /run/margay* 2>/dev/null || true').trim()).toBe(
        '/var/lib/margay/agent',
      )
    }
    expect(run('sh', '-c', 'pgrep -f "[/]opt/margay/lib/agent.mjs" || true').trim()).toBe('')
  })
})
