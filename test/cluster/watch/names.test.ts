// Names from a real API server: objects are made and changed through the API, as kubelets and people do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workloadOf } from '../../../apps/server/src/api/cluster/workload.ts'
import type { ObjectDocument } from '../../../apps/server/src/objects/index.ts'
import type { ApiServer } from '../api-server.ts'
import { startApiServer } from '../api-server.ts'
import { describeCluster, startMs } from '../suite.ts'
import type { Follower } from './follower.ts'
import { becomes, startFollower, versionsOf } from './follower.ts'
import { namespace, pod, remove, setStatus } from './objects.ts'

describeCluster('names from a real API server', 'api', () => {
  let api: ApiServer
  let follower: Follower

  const now = () => Math.floor(Date.now() / 1000)
  const nameAt = (ip: string, moment = now(), { inventory } = follower) => {
    const { name, nameAggr } = inventory.endpointAt(ip, moment)
    return name === '-' ? nameAggr : name
  }
  /** Objects of a kind in the namespace, as the recorder knows them. */
  const isKnown = (name: string) => follower.rows.some((row) => row.name === name)

  beforeAll(async () => {
    api = await startApiServer()
    await api.kubectl.apply([
      namespace('shop'),
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } },
    ])
    follower = startFollower(api.kubeconfig)
    await becomes('the source to be current', () => follower.isCurrent(), true)
  }, startMs)
  afterAll(async () => {
    await follower?.stop()
    await api?.stop()
  })

  describe('one address after the other (A3)', () => {
    const ip = '10.77.0.2'
    const start = now() - 1000

    it('is the finished job before and its successor after, now and when asked later', async () => {
      await api.kubectl.apply([pod('job-1'), pod('web-1')])
      await setStatus(api.kubectl, 'job-1', { ip, startedAt: start })
      await becomes('the job to have the address', () => nameAt(ip), 'job-1')
      await setStatus(api.kubectl, 'job-1', { ip, phase: 'Succeeded', startedAt: start, finishedAt: start + 100 })
      await becomes('the job to have lost the address', () => nameAt(ip), 'pvt')
      await setStatus(api.kubectl, 'web-1', { ip, startedAt: start + 200 })
      await becomes('the successor to have the address', () => nameAt(ip), 'web-1')
      expect([start + 50, start + 150, start + 250, now() + 3600].map((moment) => nameAt(ip, moment))).toEqual([
        'job-1',
        'pvt',
        'web-1',
        'web-1',
      ])
    })

    it('is not wiped by the late DELETE of the job', async () => {
      await remove(api.kubectl, 'pod', 'job-1')
      await becomes(
        'the job to be gone',
        () => follower.rows.some((row) => row.name === 'job-1' && row.change === 'deleted'),
        true,
      )
      expect([start + 50, start + 250, now()].map((moment) => nameAt(ip, moment))).toEqual(['job-1', 'web-1', 'web-1'])
    })

    it('follows a pod that is made again under its name, with another uid and address', async () => {
      const uidBefore = follower.inventory.endpointAt(ip, now()).uid
      await remove(api.kubectl, 'pod', 'web-1')
      await becomes('the address to be free', () => nameAt(ip), 'pvt')
      await api.kubectl.apply([pod('web-1')])
      await setStatus(api.kubectl, 'web-1', { ip: '10.77.0.3' })
      await becomes('the new one to have its address', () => nameAt('10.77.0.3'), 'web-1')
      expect(nameAt(ip, start + 250)).toBe('web-1')
      expect(follower.inventory.endpointAt('10.77.0.3', now()).uid).not.toBe(uidBefore)
      expect(follower.inventory.podAt(uidBefore!, start + 250)?.name).toBe('web-1')
    })

    it('is told the same by a server that was started again, and by one that was away meanwhile', async () => {
      const known = versionsOf(follower)
      await remove(api.kubectl, 'pod', 'web-1')
      const again = startFollower(api.kubeconfig, {}, known)
      try {
        await becomes('the second server to be current', () => again.isCurrent(), true)
        expect([start + 50, start + 250].map((moment) => nameAt(ip, moment, again))).toEqual(['job-1', 'web-1'])
        expect(again.rows.filter(({ change }) => change === 'deleted').map(({ name }) => name)).toEqual(['web-1'])
        expect(nameAt('10.77.0.3', now() + 1, again)).toBe('pvt')
        // Whoever looks back a day finds every present object again.
        expect(again.rows.find(({ kind, name }) => kind === 'Namespace' && name === 'shop')?.change).toBe('present')
      } finally {
        await again.stop()
      }
    })
  })

  describe('services', () => {
    it('are known as they are dialled: by address, by node port, and headless by their endpoints', async () => {
      const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
      await api.kubectl.apply([
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'web', namespace: 'shop' },
          spec: { type: 'NodePort', ports, externalIPs: ['203.0.113.9'] },
        },
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'db', namespace: 'shop' },
          spec: { clusterIP: 'None', ports: [{ name: 'pg', port: 5432 }] },
        },
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'db-x', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
          addressType: 'IPv4',
          endpoints: [{ addresses: ['10.77.0.9'], conditions: { ready: true } }],
          ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
        },
      ])
      await api.kubectl.run([
        ...['patch', 'node', 'n1', '--subresource=status', '--type=merge', '-p'],
        JSON.stringify({ status: { addresses: [{ type: 'InternalIP', address: '10.88.0.11' }] } }),
      ])
      interface Service {
        readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly nodePort: number }[] }
      }
      const { spec } = await api.kubectl.get<Service>('service', 'web', 'shop')
      const serviceAt = (ip: string, port: number) => follower.inventory.serviceAt(ip, port, 'tcp', now() + 1)?.name
      await becomes('the service to be known', () => serviceAt(spec.clusterIP, 80), 'web')
      await becomes('its node port to be known', () => serviceAt('10.88.0.11', spec.ports[0]!.nodePort), 'web')
      await becomes('the headless service to be known', () => serviceAt('10.77.0.9', 5432), 'db')
      expect(serviceAt('203.0.113.9', 80)).toBe('web')
      expect(serviceAt('10.77.0.9', 8080)).toBeUndefined()
    })
  })

  describe('pods', () => {
    it('on one shared address are told apart by uid, and as peers by a port that one of them declares', async () => {
      await api.kubectl.apply([
        pod('proxy', { hostNetwork: true, ports: [10_256] }),
        pod('exporter', { hostNetwork: true }),
      ])
      for (const name of ['proxy', 'exporter']) await setStatus(api.kubectl, name, { ip: '10.88.0.11' })
      await becomes(
        'the proxy to be known',
        () => follower.inventory.hostPodAt('n1', 10_256, 'tcp', now() + 1)?.name,
        'proxy',
      )
      await becomes('the exporter to be known', () => isKnown('exporter'), true)
      expect(follower.inventory.endpointAt('10.88.0.11', now() + 1)).toMatchObject({ type: 'hep', nameAggr: 'n1' })
      const uids = new Map(follower.rows.map((row) => [row.name, row.uid!]))
      expect(['proxy', 'exporter'].map((name) => follower.inventory.podAt(uids.get(name)!, now() + 1)?.name)).toEqual([
        'proxy',
        'exporter',
      ])
    })

    it('have their workload through all owners', async () => {
      const template = { metadata: { labels: { app: 'x' } }, spec: pod('x')['spec'] }
      const selector = { matchLabels: { app: 'x' } }
      await api.kubectl.apply([
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', namespace: 'shop' },
          spec: { selector, template },
        },
      ])
      interface Named {
        readonly metadata: { readonly uid: string }
      }
      const owner = async (kind: string, apiVersion: string, name: string) => {
        const { metadata } = await api.kubectl.get<Named>(kind.toLowerCase(), name, 'shop')
        return { apiVersion, kind, name, uid: metadata.uid, controller: true }
      }
      const deployment = await owner('Deployment', 'apps/v1', 'web')
      await api.kubectl.apply([
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: { name: 'web-7d9f', namespace: 'shop', ownerReferences: [deployment] },
          spec: { selector, template },
        },
      ])
      await api.kubectl.apply([pod('web-7d9f-abc', { owner: await owner('ReplicaSet', 'apps/v1', 'web-7d9f') })])
      const documentOf = (kind: string, name: string) => {
        const row = follower.rows.findLast((each) => each.kind === kind && each.name === name)
        return row?.object === undefined ? undefined : (JSON.parse(row.object) as ObjectDocument)
      }
      const workload = () => {
        const known = documentOf('Pod', 'web-7d9f-abc')
        return known && workloadOf(known, ({ kind, name }) => documentOf(kind, name))
      }
      await becomes('the workload to be known', workload, { kind: 'Deployment', name: 'web' })
    })
  })
})
