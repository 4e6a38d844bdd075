// What a pod belongs to: its owner, and that one's owner, as far as the objects say. A ReplicaSet that nobody keeps gives its
// Deployment away by the hash that both their names and the pod's labels carry.
import { kindOf, labelsOf, listOf, memberOf, textOf } from './document.ts'
import type { ObjectDocument } from '../../objects/index.ts'

export interface Workload {
  readonly kind: string
  readonly name: string
}

/** The owner of an object of a namespace by kind and name, or undefined where nobody keeps it. */
export type FindOwner = (kind: string, namespace: string, name: string) => ObjectDocument | undefined

const hashLabel = 'pod-template-hash'

function ownerOf(document: ObjectDocument): Workload | undefined {
  const owners = listOf(document, 'metadata', 'ownerReferences')
  const owner = owners.find((each) => memberOf(each, 'controller') === true) ?? owners[0]
  const [kind, name] = [textOf(owner, 'kind'), textOf(owner, 'name')]
  return kind === undefined || name === undefined ? undefined : { kind, name }
}

/** `web-6d4cf56db6` without the hash of the pods that it makes. */
function deploymentOf(replicaSet: string, pod: ObjectDocument): string | undefined {
  const hash = labelsOf(pod)[hashLabel]
  const end = hash === undefined ? undefined : `-${hash}`
  return end !== undefined && replicaSet.endsWith(end) ? replicaSet.slice(0, -end.length) : undefined
}

/** The uppermost owner of a pod that is known; the pod itself where nothing owns it. */
export function workloadOf(pod: ObjectDocument, find: FindOwner): Workload {
  const namespace = textOf(pod, 'metadata', 'namespace') ?? 'default'
  const owner = ownerOf(pod)
  if (!owner) return { kind: kindOf(pod), name: textOf(pod, 'metadata', 'name') ?? '' }
  const document = find(owner.kind, namespace, owner.name)
  const above = document && ownerOf(document)
  if (above) return above
  const deployment = owner.kind === 'ReplicaSet' && !document ? deploymentOf(owner.name, pod) : undefined
  return deployment === undefined ? owner : { kind: 'Deployment', name: deployment }
}
