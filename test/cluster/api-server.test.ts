// The fast mode by itself: a real API server for tests of whatever speaks to it.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApiServer, type ApiServer } from './api-server.ts'
import { calicoGroups, define } from './objects/definitions.ts'
import { askApi } from './parts/api-programs.ts'
import { describeCluster, startMs } from './suite.ts'

describeCluster('an API server alone', 'api', () => {
  let api: ApiServer

  beforeAll(async () => {
    api = await startApiServer()
  }, startMs)
  afterAll(() => api?.stop())

  it('keeps objects of kinds that Calico defines, in both groups, whole', async () => {
    await define(api.kubectl, calicoGroups)
    const spec = { order: 100, anythingElse: { is: ['kept'] } }
    for (const [apiVersion, name] of [
      ['projectcalico.org/v3', 'written'],
      ['crd.projectcalico.org/v1', 'stored'],
    ] as const) {
      await api.kubectl.apply([{ apiVersion, kind: 'Tier', metadata: { name }, spec }])
      const group = apiVersion.slice(0, apiVersion.indexOf('/'))
      expect(await api.kubectl.get(`tiers.${group}`, name)).toMatchObject({ apiVersion, spec })
    }
  })

  it('refuses a service account what no role grants', async () => {
    const account = await api.serviceAccount('default', 'nobody')
    const answer = await askApi(account, '/api/v1/pods')
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('system:serviceaccount:default:nobody')
  })

  it('comes back at its address with its objects after a crash', async () => {
    const { kubectl, url, authority, adminToken } = api
    await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lasting' } }])
    await api.crash()
    await expect(askApi({ server: url, authority, token: adminToken }, '/readyz')).rejects.toThrow()
    await api.restart()
    expect(await kubectl.get('namespace', 'lasting')).toMatchObject({ metadata: { name: 'lasting' } })
  })
})
