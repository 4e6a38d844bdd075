// The chart by itself: Helm's own checks, a real API server that takes every object, and rights that are just what the server
// asks for, held against the table of kinds it keeps.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keptKinds } from '../../../apps/server/src/objects/project.ts'
import type { ApiServer } from '../api-server.ts'
import { startApiServer } from '../api-server.ts'
import { chart, helm, render, type Values } from '../helm.ts'
import { define } from '../objects/definitions.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { describeCluster, startMs } from '../suite.ts'

const everything: Values = {
  'image.pullSecrets': ['registry'],
  'auth.tokensSecret': 'people',
  'tls.existingSecret': 'certificate',
  'server.persistence.enabled': false,
  'server.tolerations': [{ operator: 'Exists' }],
  'server.affinity': { nodeAffinity: {} },
  'server.bindAddress': '::',
  'server.extraEnv': [{ name: 'MARGAY_LOG_LEVEL', value: 'debug' }],
  'agent.podAnnotations': { note: 'it' },
  'networkPolicy.consoleFrom': [{ namespaceSelector: {} }],
}

interface PolicyRule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly verbs: readonly string[]
}

interface Container {
  readonly securityContext: {
    readonly privileged?: boolean
    readonly capabilities: { readonly add?: readonly string[]; readonly drop: readonly string[] }
  }
}

const named = (objects: readonly KubeObject[], kind: string, name: string) => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
  if (!found) throw new Error(`the chart has no ${kind} ${name}`)
  return found
}

const containerOf = (workload: KubeObject) =>
  (workload as unknown as { spec: { template: { spec: { containers: [Container] } } } }).spec.template.spec
    .containers[0]

describeCluster('the chart', 'cluster', () => {
  let api: ApiServer
  const release = { name: 'margay', namespace: 'margay' }

  beforeAll(async () => {
    api = await startApiServer()
    await api.kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'margay' } }])
    await define(api.kubectl)
  }, startMs)
  afterAll(() => api?.stop())

  it('passes the linter of Helm', async () => {
    expect(await helm('lint', '--strict', chart)).toContain('0 chart(s) failed')
  })

  it.each([
    ['as it is', {}],
    ['with every value that changes its form', everything],
  ])('is objects that an API server takes, %s', async (_words, values: Values) => {
    const objects = await render({ ...release, values })
    expect(objects.length).toBeGreaterThan(8)
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    const words = ['apply', '--dry-run=server', '--validate=strict', '-f', '-']
    const said = await api.kubectl.run(words, list)
    expect(said.trim().split('\n')).toHaveLength(objects.length)
  })

  it.each([
    ['auth.kubernetes', false, /auth/],
    ['agent.args', 'all', /args/],
    ['server.retention.flowsDays', 0, /flowsDays/],
    ['sever.resources', {}, /sever/],
  ])('refuses %s = %j', async (path, value, message) => {
    await expect(render({ ...release, values: { [path]: value } })).rejects.toThrow(message)
  })

  it('lets the server read the kinds that it keeps, and no others', async () => {
    const role = named(await render(release), 'ClusterRole', 'margay-server') as unknown as {
      rules: readonly PolicyRule[]
    }
    const reading = role.rules.filter(({ verbs }) => verbs.includes('watch'))
    for (const { verbs } of reading) expect(verbs).toEqual(['list', 'watch'])
    const allowed = reading.flatMap(({ apiGroups = [], resources = [] }) =>
      apiGroups.flatMap((group) =>
        resources.filter((name) => !name.startsWith('tier.')).map((name) => `${name}.${group}`),
      ),
    )
    // Every kind that is kept has the usual plural of its name.
    const plural = (kind: string) => `${kind.toLowerCase().replace(/y$/, 'ie')}s`
    expect(allowed.sort()).toEqual(keptKinds.map(([group, kind]) => `${plural(kind)}.${group}`).sort())
    const others = role.rules.filter(({ verbs }) => !verbs.includes('watch'))
    expect(others.map(({ resources, verbs }) => [resources, verbs])).toEqual([
      // What Calico's API server asks for each tier whose policies are listed.
      [['tiers'], ['get']],
      [['apiservices'], ['get']],
      [['tokenreviews'], ['create']],
      [['subjectaccessreviews'], ['create']],
    ])
  })

  it('gives agents five capabilities and no privilege, and the server none', async () => {
    const objects = await render(release)
    const agent = containerOf(named(objects, 'DaemonSet', 'margay-agent')).securityContext
    expect(agent).toMatchObject({ privileged: false, capabilities: { drop: ['ALL'] } })
    expect(agent.capabilities.add).toEqual(['BPF', 'PERFMON', 'NET_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH'])
    const server = containerOf(named(objects, 'StatefulSet', 'margay-server')).securityContext
    expect(server).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } })
    expect(server.capabilities.add).toBeUndefined()
  })

  it('runs its server where a namespace is restricted, and its agents where it is privileged alone', async () => {
    const metadata = { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }
    await api.kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata }])
    const objects = await render({
      name: 'margay',
      namespace: 'strict',
      values: { 'server.persistence.enabled': false },
    })
    const create = (workload: KubeObject) => {
      const { template } = (workload as unknown as { spec: { template: { spec: object } } }).spec
      // The account is made by a controller that is not there.
      const spec = { ...template.spec, serviceAccountName: undefined, automountServiceAccountToken: false }
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: 'strict' }, spec }
      return api.kubectl.run(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod))
    }
    await api.serviceAccount('strict', 'default')
    expect(await create(named(objects, 'StatefulSet', 'margay-server'))).toContain('created')
    await expect(create(named(objects, 'DaemonSet', 'margay-agent'))).rejects.toThrow(/violates PodSecurity/)
  })

  it('needs nothing of the Kubernetes API in an agent', async () => {
    const objects = await render(release)
    const subjects = objects.filter(({ kind }) => kind.endsWith('RoleBinding'))
    expect(subjects.length).toBeGreaterThan(0)
    expect(JSON.stringify(subjects)).not.toContain('margay-agent')
  })
})
