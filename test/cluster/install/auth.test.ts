// Login by Kubernetes against a real API server: its answers to reviews, with the rights that the chart gives out.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKubernetesPost } from '../../../apps/server/src/auth/kubernetes-post.ts'
import type { PostToKubernetes } from '../../../apps/server/src/auth/kubernetes-way.ts'
import { createKubernetesWay } from '../../../apps/server/src/auth/kubernetes-way.ts'
import { createSenders } from '../../../apps/server/src/auth/senders.ts'
import type { ApiServer } from '../api-server.ts'
import { startApiServer } from '../api-server.ts'
import { render } from '../helm.ts'
import { describeCluster, startMs } from '../suite.ts'

describeCluster('login by Kubernetes', 'cluster', () => {
  let api: ApiServer
  let post: PostToKubernetes
  let clock = 0
  const release = { name: 'margay', namespace: 'margay' }

  /** Posts with a token, as the server of the chart does with its own. */
  const postAs = (token: string) =>
    createKubernetesPost({
      current: async () => ({
        server: api.url,
        tls: { ca: readFileSync(api.authority) },
        authorization: `Bearer ${token}`,
      }),
      refused: () => undefined,
    })
  const tokenOf = async (name: string, ...words: readonly string[]) =>
    (await api.kubectl.run(['create', 'token', name, '-n', 'margay', ...words])).trim()

  beforeAll(async () => {
    api = await startApiServer()
    await api.kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'margay' } }])
    const objects = await render(release)
    await api.kubectl.apply(
      objects.filter(({ kind }) => /^(?:ServiceAccount|ClusterRole|ClusterRoleBinding)$/.test(kind)),
    )
    // A program that brings records in, and whoever runs the monitoring.
    const rules = {
      writer: [
        { apiGroups: ['lma.tigera.io'], resources: ['cluster'], resourceNames: ['flows', 'dns'], verbs: ['create'] },
      ],
      flowsAlone: [{ apiGroups: ['lma.tigera.io'], resources: ['cluster'], resourceNames: ['flows'], verbs: ['get'] }],
      scraper: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    }
    for (const [key, value] of Object.entries(rules)) {
      const name = key.toLowerCase()
      const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }
      const subjects = [{ kind: 'ServiceAccount', name, namespace: 'margay' }]
      await api.serviceAccount('margay', name)
      await api.kubectl.apply([
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules: value },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name },
          roleRef: role,
          subjects,
        },
      ])
    }
    post = postAs(await tokenOf('margay-server'))
  }, startMs)
  afterAll(() => api?.stop())

  describe('people', () => {
    const mayOf = async (token: string) => {
      const found = await createKubernetesWay({ cluster: 'cluster' }, { post, clock: () => clock }).identify(token)
      if (!found) return undefined
      const rights = ['read', 'send', 'scrape'] as const
      const answers = await Promise.all(rights.map(async (right) => [right, await found.owner.may(right)] as const))
      return answers.filter(([, answer]) => answer === true).map(([right]) => right)
    }
    it.each([
      ['margay-viewer', ['read']],
      ['writer', ['send']],
      ['scraper', ['scrape']],
      ['flowsalone', []],
      ['margay-agent', []],
    ])('%s may %j', async (name, rights) => {
      expect(await mayOf(await tokenOf(name))).toEqual(rights)
    })
    it('an administrator may do everything', async () => {
      expect(await mayOf(api.adminToken)).toEqual(['read', 'send', 'scrape'])
    })
    it('a token for somebody else, or of nobody, is none', async () => {
      expect(await mayOf(await tokenOf('margay-viewer', '--audience', 'vault'))).toBeUndefined()
      expect(await mayOf('nonsense')).toBeUndefined()
    })
    it('the right that is missing is named', async () => {
      const way = createKubernetesWay({ cluster: 'cluster' }, { post, clock: () => clock })
      const found = await way.identify(await tokenOf('flowsalone'))
      expect(await found?.owner.may('read')).toBe(
        '"system:serviceaccount:margay:flowsalone" may not get dns of cluster.lma.tigera.io',
      )
    })
    it('a server without the rights of the chart says which it lacks', async () => {
      const way = createKubernetesWay(
        { cluster: 'cluster' },
        { post: postAs(await tokenOf('margay-viewer')), clock: () => clock },
      )
      await expect(way.identify('anything')).rejects.toThrow(/must allow to create tokenreviews/)
    })
  })

  describe('agents', () => {
    const nodes = new Map<string, string>()
    const check = (token: string, agent = 'node-1') =>
      createSenders(
        { serviceAccount: 'margay/margay-agent', audience: 'margay-server.margay' },
        { post: () => post, nodeOfPod: (uid) => nodes.get(uid), clock: () => clock },
      ).check(`Bearer ${token}`, agent, '10.0.0.1')

    it('with a token that is bound to neither node nor pod are not taken: it could be for any node', async () => {
      const token = await tokenOf('margay-agent', '--audience', 'margay-server.margay')
      await expect(check(token)).rejects.toMatchObject({ code: 'unbound_token' })
    })
    it('speak for the node of their pod, where only the pod is named', async () => {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'agent', namespace: 'margay' },
        spec: { serviceAccountName: 'margay-agent', containers: [{ name: 'agent', image: 'none' }] },
      }
      await api.kubectl.apply([pod])
      const { metadata } = await api.kubectl.get<{ metadata: { uid: string } }>('pod', 'agent', 'margay')
      const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', 'agent', '--bound-object-uid', metadata.uid]
      const token = await tokenOf('margay-agent', '--audience', 'margay-server.margay', ...bound)
      await expect(check(token)).rejects.toMatchObject({ code: 'unknown_pod' })
      nodes.set(metadata.uid, 'node-1')
      expect(await check(token)).toBe('node-1')
      await expect(check(token, 'node-2')).rejects.toMatchObject({ code: 'wrong_node' })
    })
    it('with a token for the Kubernetes API, or of another account, are not', async () => {
      await expect(check(await tokenOf('margay-agent'))).rejects.toMatchObject({ code: 'no_token' })
      const other = await tokenOf('margay-viewer', '--audience', 'margay-server.margay')
      await expect(check(other)).rejects.toMatchObject({ code: 'wrong_account' })
    })
    it('speak for their own node alone, where their token names it', async () => {
      await api.kubectl.apply([{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } }])
      const { metadata } = await api.kubectl.get<{ metadata: { uid: string } }>('node', 'node-1')
      const bound = ['--bound-object-kind', 'Node', '--bound-object-name', 'node-1', '--bound-object-uid', metadata.uid]
      const token = await tokenOf('margay-agent', '--audience', 'margay-server.margay', ...bound)
      await check(token, 'node-1')
      await expect(check(token, 'node-2')).rejects.toMatchObject({ code: 'wrong_node' })
    })
  })
})
