import { describe, expect, it } from 'vitest'
import type { ObjectDocument } from '../../objects/index.ts'
import type { FindOwner } from './workload.ts'
import { workloadOf } from './workload.ts'

interface Owner {
  readonly kind: string
  readonly name: string
  readonly controller?: boolean
}

const owned = (kind: string, name: string, owner?: Owner, labels = {}): ObjectDocument => ({
  kind,
  metadata: { name, namespace: 'shop', labels, ownerReferences: owner ? [{ controller: true, ...owner }] : [] },
})
const among =
  (...documents: readonly ObjectDocument[]): FindOwner =>
  ({ kind, name }) =>
    documents.find((each) => each['kind'] === kind && (each['metadata'] as { name: string }).name === name)

describe('the workload of a pod', () => {
  const pod = owned('Pod', 'web-7d9f-abc', { kind: 'ReplicaSet', name: 'web-7d9f' }, { 'pod-template-hash': '7d9f' })

  it('is the controller that nobody controls, however far up', () => {
    const find = among(
      owned('ReplicaSet', 'web-7d9f', { kind: 'Deployment', name: 'web' }),
      owned('Deployment', 'web', { kind: 'Job', name: 'maker' }),
      owned('Job', 'maker', { kind: 'CronJob', name: 'nightly' }),
      owned('CronJob', 'nightly', { kind: 'Platform', name: 'shop' }),
    )
    expect(workloadOf(pod, find)).toEqual({ kind: 'Platform', name: 'shop' })
  })
  it('is the nearest that is known, and the Deployment of a ReplicaSet that nobody keeps', () => {
    expect(workloadOf(pod, among())).toEqual({ kind: 'Deployment', name: 'web' })
    const rollout = among(owned('ReplicaSet', 'web-7d9f', { kind: 'Rollout', name: 'web' }))
    expect(workloadOf(pod, rollout)).toEqual({ kind: 'Rollout', name: 'web' })
  })
  it('is the pod where nobody controls it: an owner that only cleans up, or the node of a static pod', () => {
    const bare = owned('Pod', 'bare', { kind: 'ConfigMap', name: 'gc', controller: false })
    const etcd = owned('Pod', 'etcd-n1', { kind: 'Node', name: 'n1' })
    expect(workloadOf(bare, among())).toEqual({ kind: 'Pod', name: 'bare' })
    expect(workloadOf(etcd, among())).toEqual({ kind: 'Pod', name: 'etcd-n1' })
  })
  it('ends where owners own each other', () => {
    const find = among(owned('A', 'a', { kind: 'B', name: 'b' }), owned('B', 'b', { kind: 'A', name: 'a' }))
    expect(workloadOf(owned('Pod', 'p', { kind: 'A', name: 'a' }), find).name).toMatch(/^[ab]$/)
  })
})
