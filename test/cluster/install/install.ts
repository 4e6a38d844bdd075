// What an installation gives at once: named edges, refusals with their policy, agents that say what they see, a closed door.
import { describe, expect, it } from 'vitest'
import { upgrade } from '../helm.ts'
import { until } from '../parts/command.ts'
import type { Stand } from '../stand.ts'

const say = (line: string) => void process.stderr.write(`install: ${line}\n`)

interface Report {
  readonly findings: readonly { readonly name: string; readonly verdict: string; readonly found: string }[]
  readonly programs: readonly { readonly name: string; readonly verdict: string }[]
  readonly delivery: readonly { readonly name: string; readonly verdict: string }[]
}

export function installSuite(stand: Stand): void {
  const flows = (query: string) => stand.product.rows('flows', query)

  describe('install', () => {
    it('names both ends of a flow, and the service that was dialled', async () => {
      // Not any edge: a connection that is older than its agent was dialled before anybody looked.
      const query = 'reporter: src and source_name_aggr: client* and dest_service_name: web'
      const row = await until('a named edge', async () => (await flows(query))[0], { everyMs: 250 })
      say(`first named edge ${((Date.now() - stand.product.installedAt) / 1000).toFixed(1)} s after helm install`)
      expect(row).toMatchObject({
        source_namespace: 'store',
        dest_namespace: 'store',
        dest_name_aggr: expect.stringMatching(/^web-/),
        process_name: expect.stringContaining('shop'),
      })
    })

    it('hears an agent from each node, which show their service account', async () => {
      const agents = await until('agents of both nodes', async () => {
        const { sources } = await stand.product.health()
        const heard = sources.filter(({ kind, rowsTotal }) => kind === 'agent' && rowsTotal > 0)
        return heard.length === 2 && heard
      })
      expect(new Set(agents.map(({ host }) => host))).toEqual(new Set(stand.cluster.nodes.map(({ name }) => name)))
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
      const report = (await stand.product.doctor(stand.cluster.nodes[0]!.name)) as Report
      const verdictOf = (name: string) => report.findings.find((finding) => finding.name === name)
      for (const name of ['btf', 'cgroup', 'data', 'server', 'conntrack'])
        expect(verdictOf(name), name).toMatchObject({ verdict: 'ok' })
      expect(verdictOf('server')?.found).toContain('https://margay-server.margay.svc:8586')
      expect(report.programs.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
      // The server takes the token of this pod for this node, and nodes here have one clock.
      expect(report.delivery.map(({ name, verdict }) => [name, verdict])).toEqual([
        ['reach', 'ok'],
        ['clock', 'ok'],
      ])
    })

    it('lets nobody in without a token, and says who may not', async () => {
      const { cluster, product } = stand
      expect((await product.ask('/api/v1/health')).status).toBe(401)
      expect((await product.ask('/livez')).status).toBe(200)
      const stranger = await cluster.kubectl.run(['create', 'token', 'default', '-n', 'store'])
      const answer = await product.ask('/api/v1/health', stranger.trim())
      expect(answer.status).toBe(403)
      expect(answer.text).toContain('system:serviceaccount:store:default')
    })

    it('keeps its certificate through an upgrade', async () => {
      const { kubectl, kubeconfig } = stand.cluster
      const read = async () => (await kubectl.get<{ data: object }>('secret', 'margay-tls', 'margay')).data
      const before = await read()
      await upgrade(kubeconfig, stand.product.release)
      expect(await read()).toEqual(before)
    })
  })
}
