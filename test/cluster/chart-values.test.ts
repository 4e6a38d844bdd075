// The chart with the values that people give it, rendered by Helm alone: names that fit and agree with each other, and what each
// switch adds and takes away. Whether an API server takes the objects is in install/chart.test.ts.
import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { notesOf, render, type Values } from './helm.ts'
import type { KubeObject } from './parts/kubectl.ts'
import { describeCluster } from './suite.ts'

interface PodSpec {
  readonly tolerations?: readonly object[]
  readonly enableServiceLinks?: boolean
  readonly volumes: readonly { readonly name: string; readonly [kind: string]: unknown }[]
  readonly containers: readonly [{ readonly env: readonly { readonly name: string; readonly value?: string }[] }]
}

interface Workload {
  readonly spec: {
    readonly template: { readonly metadata: { readonly labels: Record<string, unknown> }; readonly spec: PodSpec }
    readonly volumeClaimTemplates?: readonly { readonly spec: object }[]
  }
}

const release = { name: 'margay', namespace: 'margay' }
const rendered = (values: Values = {}, name = 'margay', namespace = 'margay') => render({ name, namespace, values })

const only = (objects: readonly KubeObject[], kind: string) => {
  const found = objects.filter((object) => object.kind === kind)
  if (found.length !== 1) throw new Error(`${found.length} objects are of the kind ${kind}`)
  return found[0]!
}
const podOf = (objects: readonly KubeObject[], kind: 'DaemonSet' | 'StatefulSet') =>
  (only(objects, kind) as unknown as Workload).spec.template.spec
const envOf = (pod: PodSpec) => Object.fromEntries(pod.containers[0].env.map(({ name, value }) => [name, value]))
const volume = (pod: PodSpec, name: string) => pod.volumes.find((one) => one.name === name)
const countOf = (objects: readonly KubeObject[], kind: string) =>
  objects.filter((object) => object.kind === kind).length

describeCluster('the values of the chart', 'cluster', () => {
  it.each<[string, string, Values]>([
    ['margay', 'margay', {}],
    ['watch', 'watch-margay', {}],
    ['a'.repeat(53), 'a'.repeat(45), {}],
    [`${'a'.repeat(44)}-margay-b`, 'a'.repeat(44), {}],
    ['watch', 'watch-net', { nameOverride: 'net' }],
    ['watch', 'flows', { fullnameOverride: 'flows' }],
    ['123', '123-margay', {}],
  ])('the release %s is named %s all through', async (name, full, values) => {
    const objects = await rendered(values, name, '456')
    expect(new Set(objects.map(({ metadata }) => metadata.name))).toEqual(
      new Set(['agent', 'server', 'viewer', 'tls'].map((part) => `${full}-${part}`)),
    )
    for (const { kind, metadata } of objects) {
      expect(metadata.namespace, kind).toBe(kind.startsWith('Cluster') ? undefined : '456')
      for (const label of Object.values(metadata.labels ?? {})) expect(label, kind).toEqual(expect.any(String))
    }
    // The controller adds a dash and ten characters in a label.
    expect(only(objects, 'StatefulSet').metadata.name.length).toBeLessThanOrEqual(52)
    const server = envOf(podOf(objects, 'StatefulSet'))
    const role = objects.filter(({ kind }) => kind === 'ClusterRole').map(({ metadata }) => metadata.name)
    expect(role).toContain(server['MARGAY_AUTH_VIEWER_ROLE'])
    expect(server['MARGAY_INGEST_SERVICE_ACCOUNT']).toBe(`456/${full}-agent`)
    expect(envOf(podOf(objects, 'DaemonSet'))['MARGAY_SHIP_SERVER']).toBe(`https://${full}-server.456.svc:8586`)
  })

  it('takes the certificate of a Secret and makes none then', async () => {
    const objects = await rendered({ 'tls.existingSecret': '2024' })
    expect(countOf(objects, 'Secret')).toBe(0)
    for (const [kind, name] of [['StatefulSet', 'tls'] as const, ['DaemonSet', 'authority'] as const])
      expect(volume(podOf(objects, kind), name)).toMatchObject({ secret: { secretName: '2024' } })
    expect(countOf(await rendered(), 'Secret')).toBe(1)
  })

  it('keeps rows on a claim, or with the pod', async () => {
    const kept = only(
      await rendered({ 'server.persistence.storageClass': 'fast' }),
      'StatefulSet',
    ) as unknown as Workload
    expect(kept.spec.volumeClaimTemplates).toMatchObject([
      { spec: { storageClassName: 'fast', resources: { requests: { storage: '50Gi' } } } },
    ])
    const gone = only(await rendered({ 'server.persistence.enabled': false }), 'StatefulSet') as unknown as Workload
    expect(gone.spec.volumeClaimTemplates).toBeUndefined()
    expect(volume(gone.spec.template.spec, 'data')).toMatchObject({ emptyDir: {} })
  })

  it('guards the server with a NetworkPolicy, opens the console where it is asked to, or has none', async () => {
    const ingressOf = async (values: Values) =>
      (only(await rendered(values), 'NetworkPolicy') as unknown as { spec: { ingress: readonly object[] } }).spec
        .ingress
    expect(await ingressOf({})).toEqual([{ ports: [{ port: 'agents', protocol: 'TCP' }] }])
    expect(await ingressOf({ 'networkPolicy.consoleFrom': [{ podSelector: {} }] })).toHaveLength(2)
    expect(countOf(await rendered({ 'networkPolicy.enabled': false }), 'NetworkPolicy')).toBe(0)
  })

  it('runs agents on every node unless told otherwise, and takes no variables of services', async () => {
    const tolerations = [{ key: 'a', operator: 'Exists' }]
    const objects = await rendered({ 'agent.tolerations': tolerations, 'server.tolerations': tolerations })
    expect(podOf(await rendered(), 'DaemonSet').tolerations).toEqual([{ operator: 'Exists' }])
    for (const kind of ['DaemonSet', 'StatefulSet'] as const) {
      expect(podOf(objects, kind)).toMatchObject({ tolerations, enableServiceLinks: false })
      const names = podOf(objects, kind).containers[0].env.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it('gives nobody a service account to sign in with where none is wanted', async () => {
    const objects = await rendered({ 'viewer.create': false })
    const names = objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name)
    expect(names.sort()).toEqual(['margay-agent', 'margay-server'])
  })

  it('makes nothing for people of Kubernetes where their tokens are not taken', async () => {
    const tokens = await rendered({ 'auth.kubernetes': false, 'auth.tokensSecret': 'people' })
    expect(envOf(podOf(tokens, 'StatefulSet'))).not.toHaveProperty('MARGAY_AUTH_VIEWER_ROLE')
    expect(tokens.filter(({ metadata }) => metadata.name.endsWith('viewer'))).toEqual([])
    const role = JSON.stringify(only(tokens, 'ClusterRole'))
    expect(role).toContain('tokenreviews')
    expect(role).not.toContain('subjectaccessreviews')
  })

  it.each<[string, Values, RegExp, RegExp]>([
    ['the chart gives', {}, /create token margay-viewer --duration/, /get secret people|clusterrolebinding/],
    ['somebody has', { 'viewer.create': false }, /--clusterrole margay-viewer/, /create token/],
    [
      'is in a Secret',
      { 'auth.kubernetes': false, 'auth.tokensSecret': 'people' },
      /get secret people -o 'go-template={{\.data\.tokens/,
      /margay-viewer/,
    ],
  ])(
    'says how to sign in with the token that %s, and shows one to the command line',
    async (_words, values, says, not) => {
      const notes = await notesOf({ ...release, values })
      expect(notes).toMatch(says)
      expect(notes).not.toMatch(not)
      expect(notes).toMatch(/MARGAY_TOKEN=(\$\(kubectl -n margay create token margay-viewer\)|TOKEN) margay --server/)
    },
  )

  it('names the console by what people ask for, in the certificate too', async () => {
    const allowHosts = ['Console.Example.COM', 'console.example.com', '192.0.2.7', '2001:db8::7']
    const objects = await rendered({ 'server.allowHosts': allowHosts })
    const asked = String(envOf(podOf(objects, 'StatefulSet'))['MARGAY_ALLOW_HOST']).split(',')
    expect(asked).toEqual(expect.arrayContaining(['console.example.com', '192.0.2.7', '2001:db8::7']))
    const { data } = only(objects, 'Secret') as unknown as { readonly data: Record<string, string> }
    const certificate = new X509Certificate(Buffer.from(data['tls.crt']!, 'base64'))
    expect(certificate.checkHost('console.example.com')).toBe('console.example.com')
    for (const ip of ['127.0.0.1', '192.0.2.7', '2001:db8::7']) expect(certificate.checkIP(ip)).toBe(ip)
    expect(certificate.subjectAltName?.match(/console/g)).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    // There is no way without TLS beyond loopback.
    ['tls.enabled', false],
    ['fullnameOverride', 'a'.repeat(46)],
    ['fullnameOverride', 'Flows'],
    ['agent.nodeSelector', { zone: 1 }],
    ['server.extraEnv', [{ value: 'nameless' }]],
    ['server.persistence.size', 'much'],
    ['server.persistence.accessModes', []],
    ['networkPolicy.apiPorts', []],
    ['image.pullSecrets', [{ name: 'registry' }]],
    ['cluster', 'two words'],
    ['server.allowHosts', ['https://console.example.com']],
    ['server.allowHosts', ['*.example.com']],
    ['server.allowHosts', ['a,b']],
    ['server.allowHosts', ['console.example.com:443']],
  ])('refuses %s = %j by its schema', async (path, value) => {
    const words = new RegExp(path.split('.').at(-1)!)
    await expect(render({ ...release, values: { [path]: value } })).rejects.toThrow(words)
  })
})
