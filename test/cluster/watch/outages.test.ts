// What the source does when the API server, the network or its rights fail. Behind the faults is always a real API server.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ApiServer } from '../api-server.ts'
import { startApiServer } from '../api-server.ts'
import { writeKubeconfig } from '../parts/credentials.ts'
import { describeCluster, startMs } from '../suite.ts'
import type { Follower } from './follower.ts'
import { becomes, eventually, startFollower } from './follower.ts'
import { namespace, pod, remove, setStatus } from './objects.ts'
import type { Relay } from './relay.ts'
import { startRelay } from './relay.ts'

describeCluster('the source of objects', 'api', () => {
  let api: ApiServer
  let relay: Relay
  let follower: Follower | undefined
  let relayed: string

  const now = () => Math.floor(Date.now() / 1000)
  const nameAt = (ip: string) => {
    const { name, nameAggr } = follower!.inventory.endpointAt(ip, now() + 1)
    return name === '-' ? nameAggr : name
  }
  const isCurrent = () => follower!.isCurrent()
  const start = async (...more: Parameters<typeof startFollower> extends [string, ...infer Rest] ? Rest : never) => {
    follower = startFollower(relayed, ...more)
    await becomes('the source to be current', isCurrent, true)
  }
  const give = async (name: string, ip: string) => {
    await api.kubectl.apply([pod(name)])
    await setStatus(api.kubectl, name, { ip })
  }
  /** The API server's process: the one that was told its port. */
  function processOf({ url }: ApiServer): number {
    const option = `--secure-port=${new URL(url).port}`
    const isIt = (pid: string) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(option)
      } catch {
        return false
      }
    }
    const found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && isIt(pid))
    if (found === undefined) throw new Error(`no process has ${option}`)
    return Number(found)
  }
  const pods = () => follower!.recorder.counts()['Pod'] ?? 0

  beforeAll(async () => {
    api = await startApiServer()
    await api.kubectl.apply([
      namespace('shop'),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } },
    ])
  }, startMs)
  afterAll(() => api?.stop())
  beforeEach(async () => {
    relay = await startRelay(Number(new URL(api.url).port))
    relayed = writeKubeconfig(join(api.authority, '../../relayed.kubeconfig'), {
      server: `https://127.0.0.1:${relay.port}`,
      authority: api.authority,
      token: api.adminToken,
    })
  })
  afterEach(async () => {
    await follower?.stop()
    follower = undefined
    await relay.close()
    await api.kubectl.run(['delete', 'pods', '-n', 'shop', '--all', '--force', '--grace-period=0'])
  })

  describe('a network that is lost', () => {
    it('is said, and afterwards nothing is missing: the watch goes on where it was', async () => {
      await give('a', '10.77.1.1')
      await start()
      await becomes('the pod to be known', () => nameAt('10.77.1.1'), 'a')
      relay.lose()
      await eventually(
        'the loss to be said',
        () => follower!.stage(),
        ({ detail }) => detail?.includes('has not answered since') ?? false,
      )
      expect(isCurrent()).toBe(false)
      await remove(api.kubectl, 'pod', 'a')
      await give('b', '10.77.1.1')
      const written = follower!.rows.length
      relay.heal()
      await becomes('the new pod to be known', () => nameAt('10.77.1.1'), 'b')
      await becomes('the source to be current', isCurrent, true)
      expect(pods()).toBe(1)
      // Heard from the resumed watch, not found by comparing lists: each version on its own, that of the deletion's start too.
      expect(follower!.rows.slice(written).map(({ change, name }) => `${change} ${name}`)).toEqual([
        'modified a',
        'deleted a',
        'added b',
        'modified b',
      ])
      await becomes('the stage to be well', () => follower!.stage().state, 'ok')
    })

    it('does not stay unnoticed when the only sign is that bookmarks stay out', async () => {
      const deaf = { everyMs: 3_600_000, patienceMs: 1_000 }
      await start({ contact: deaf, discoverSeconds: 3600, follow: { silentMs: 2_000 } })
      relay.freeze()
      await give('a', '10.77.1.3')
      await becomes('the pod to be known', () => nameAt('10.77.1.3'), 'a')
    })
  })

  describe('an API server', () => {
    it('that is killed and started again is followed on', async () => {
      await give('a', '10.77.2.1')
      await start()
      await api.crash()
      await eventually('the loss to be said', isCurrent, (current) => !current)
      expect(nameAt('10.77.2.1')).toBe('a')
      await api.restart()
      await give('b', '10.77.2.2')
      await becomes('what is new to be known', () => nameAt('10.77.2.2'), 'b')
      await becomes('the source to be current', isCurrent, true)
      expect(nameAt('10.77.2.1')).toBe('a')
    })

    it('that has forgotten the version we know (410) is listed again: what vanished meanwhile is gone', async () => {
      await give('a', '10.77.2.3')
      await give('stays', '10.77.2.4')
      await start()
      relay.lose()
      await remove(api.kubectl, 'pod', 'a')
      await give('b', '10.77.2.3')
      // Its memory of events begins anew, after ours ends.
      await api.restart()
      const written = follower!.rows.length
      relay.heal()
      await becomes('the new pod to be known', () => nameAt('10.77.2.3'), 'b')
      await becomes('the old pod to be gone', pods, 2)
      expect(nameAt('10.77.2.4')).toBe('stays')
      const changes = follower!.rows.slice(written).map(({ change, name }) => `${change} ${name}`)
      expect(changes.toSorted()).toEqual(['added b', 'deleted a'])
    })

    it('that stands still is noticed, and followed on when it moves again', async () => {
      const pid = processOf(api)
      await give('a', '10.77.2.5')
      await start()
      process.kill(pid, 'SIGSTOP')
      try {
        await eventually(
          'the stillness to be said',
          () => follower!.stage(),
          ({ detail }) => detail?.includes('no answer') ?? false,
        )
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      await give('b', '10.77.2.6')
      await becomes('what is new to be known', () => nameAt('10.77.2.6'), 'b')
    })
  })

  const definition = (plural: string, kind: string, group: string) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural, kind, singular: kind.toLowerCase() },
      versions: [
        {
          name: 'v3',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  })

  describe('kinds that come and go', () => {
    it('are followed as soon as they are served, and their objects go with them', async () => {
      await start()
      await api.kubectl.apply([definition('globalnetworksets', 'GlobalNetworkSet', 'projectcalico.org')])
      await api.kubectl.run(['wait', '--for=condition=Established', 'crd/globalnetworksets.projectcalico.org'])
      await api.kubectl.apply([
        {
          apiVersion: 'projectcalico.org/v3',
          kind: 'GlobalNetworkSet',
          metadata: { name: 'office' },
          spec: { nets: ['198.51.100.0/24'] },
        },
      ])
      await becomes('the set to be known', () => nameAt('198.51.100.7'), 'office')
      await api.kubectl.run(['delete', 'crd', 'globalnetworksets.projectcalico.org'])
      await becomes('the set to be gone', () => nameAt('198.51.100.7'), 'pub')
      await becomes('the stage to be well', () => follower!.stage().state, 'ok')
    })
  })

  describe('rights that are missing', () => {
    const role = (rules: readonly object[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'margay-test' },
      rules,
    })
    const verbs = ['list', 'watch']
    const core = { apiGroups: [''], resources: ['pods', 'nodes', 'services', 'namespaces'], verbs }

    it('are named with the rule to add, what is allowed is followed, and a rule that is added is enough', async () => {
      const { token } = await api.serviceAccount('shop', 'margay')
      await api.kubectl.apply([
        role([core, { apiGroups: ['discovery.k8s.io', 'apps'], resources: ['*'], verbs }]),
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'margay-test' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'margay-test' },
          subjects: [{ kind: 'ServiceAccount', name: 'margay', namespace: 'shop' }],
        },
      ])
      const path = join(api.authority, '../../limited.kubeconfig')
      await give('a', '10.77.3.1')
      follower = startFollower(writeKubeconfig(path, { server: api.url, authority: api.authority, token }))
      await becomes('what is allowed to be known', () => nameAt('10.77.3.1'), 'a')
      const { state, detail, hint } = await eventually(
        'the refusals to be said',
        () => follower!.stage(),
        (stage) => stage.detail?.includes('networkpolicies') ?? false,
      )
      expect(state).toBe('degraded')
      expect(detail).toContain('list networkpolicies in API group networking.k8s.io')
      expect(detail).not.toContain('list pods')
      expect(hint).toContain(
        '- apiGroups: ["networking.k8s.io"]\n  resources: [networkpolicies]\n  verbs: [list, watch]',
      )
      const rules = hint!.slice(hint!.indexOf('\n') + 1)
      await api.kubectl.run(
        ['apply', '-f', '-'],
        `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: margay-added}\nrules:\n${rules}\n`,
      )
      await api.kubectl.run([
        'create',
        'clusterrolebinding',
        'margay-added',
        '--clusterrole=margay-added',
        '--serviceaccount=shop:margay',
      ])
      await becomes('the source to be whole', () => follower!.stage().state, 'ok')
    })
  })
})
