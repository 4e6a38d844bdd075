import { policyKinds } from '@margay/policy'
import { expect, it } from 'vitest'
import { keptKinds, project } from './project.ts'

it('keeps every kind that the policy engine reads', () => {
  expect(policyKinds.length).toBeGreaterThan(10)
  const kept = new Set(keptKinds.map(([, kind]) => kind))
  expect(policyKinds.filter((kind) => !kept.has(kind))).toEqual([])
})

it('leaves out what changes without meaning', () => {
  const pod = (noise: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', uid: 'u', resourceVersion: noise, managedFields: [{ time: noise }], annotations: { noise } },
    spec: {
      nodeName: 'n',
      volumes: [{ name: noise }],
      containers: [{ name: 'c', image: 'i', env: [{ value: noise }] }],
    },
    status: { phase: 'Running', conditions: [{ lastProbeTime: noise }], podIP: '10.0.0.1' },
  })
  expect(project(pod('1'))).toEqual(project(pod('2')))
  expect(project(pod('1'))).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', uid: 'u', annotations: {} },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    status: { phase: 'Running', podIP: '10.0.0.1' },
  })
})

it('keeps a policy whole, and a node whether it is ready', () => {
  const spec = { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: null } }] }] }
  expect(project({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p' }, spec })).toEqual(
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p' },
      spec,
    },
  )
  const conditions = [
    { type: 'MemoryPressure', status: 'False', lastHeartbeatTime: 'x' },
    { type: 'Ready', status: 'True', lastHeartbeatTime: 'x' },
  ]
  expect(project({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, status: { conditions } })).toMatchObject({
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  })
})

it.each([
  ['another kind', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }],
  ['the kind of another group', { apiVersion: 'example.test/v1', kind: 'NetworkPolicy', metadata: { name: 's' } }],
  ['no kind', { apiVersion: 'v1' }],
])('keeps nothing of %s', (_, document) => {
  expect(project(document)).toBeUndefined()
})
