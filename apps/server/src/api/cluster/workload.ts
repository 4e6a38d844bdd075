// What a pod belongs to: its controller, and that one's controller, as far up as the objects say. Whoever owns an object without
// controlling it is nobody's workload, and neither is the node of a static pod. A ReplicaSet that nobody keeps gives its Deployment
// away by the hash that both their names and the pod's labels carry.
import { kindOf, labelsOf, listOf, memberOf, textOf } from './document.ts'
import type { ObjectDocument } from '../../objects/index.ts'
import { groupOf } from '../../objects/index.ts'

export interface Workload {
  readonly kind: string
  readonly name: string
}

/** What an object says of its controller. */
export interface Controller extends Workload {
  /** Of its API; other groups have kinds of the same name. */
  readonly group: string
}

/** The owner of an object of a namespace, or undefined where nobody keeps it. */
export type FindOwner = (owner: Controller, namespace: string) => ObjectDocument | undefined

const hashLabel = 'pod-template-hash'

/** Who made an object and keeps it, by what the object says. */
export function controllerOf(document: ObjectDocument): Controller | undefined {
  const owners = listOf(document, 'metadata', 'ownerReferences')
  const controller = owners.find((each) => memberOf(each, 'controller') === true)
  const [kind, name] = [textOf(controller, 'kind'), textOf(controller, 'name')]
  // A kubelet lets its node control what mirrors a static pod.
  if (kind === undefined || name === undefined || kind === 'Node') return undefined
  return { kind, name, group: groupOf(textOf(controller, 'apiVersion') ?? '') }
}

/** `web-6d4cf56db6` without the hash of the pods that it makes. */
function deploymentOf(replicaSet: string, pod: ObjectDocument): string | undefined {
  const hash = labelsOf(pod)[hashLabel]
  const end = hash === undefined ? undefined : `-${hash}`
  return end !== undefined && replicaSet.endsWith(end) ? replicaSet.slice(0, -end.length) : undefined
}

/** Longer chains are loops. */
const maxSteps = 8

/** The uppermost controller of a pod that is known; the pod itself where nothing controls it. */
export function workloadOf(pod: ObjectDocument, find: FindOwner): Workload {
  const namespace = textOf(pod, 'metadata', 'namespace') ?? 'default'
  let found: Workload = { kind: kindOf(pod), name: textOf(pod, 'metadata', 'name') ?? '' }
  let document: ObjectDocument | undefined = pod
  for (let step = 0; document && step < maxSteps; step++) {
    const above = controllerOf(document)
    if (!above) return found
    found = { kind: above.kind, name: above.name }
    document = find(above, namespace)
  }
  const deployment = found.kind === 'ReplicaSet' && !document ? deploymentOf(found.name, pod) : undefined
  return deployment === undefined ? found : { kind: 'Deployment', name: deployment }
}
