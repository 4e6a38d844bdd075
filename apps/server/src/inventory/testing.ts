// For tests: objects as the API gives them, with as much said of them as a case is about.
import type { ClusterObject } from '../objects/object.ts'
import { readClusterObject } from '../objects/read-object.ts'
import type { Inventory } from './inventory.ts'

export const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

export function read(value: unknown): ClusterObject {
  const object = readClusterObject(value)
  if (object.kind !== 'object') throw new Error(JSON.stringify(object))
  return object.object
}

/** Times are Unix seconds. */
export interface PodFacts {
  readonly phase?: string
  readonly start?: number
  /** When its only container ended. */
  readonly end?: number
  readonly deleted?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly hostNetwork?: boolean
  readonly generateName?: string | undefined
  readonly owners?: readonly unknown[]
  readonly statuses?: readonly unknown[]
  readonly initStatuses?: readonly unknown[]
  readonly conditions?: readonly unknown[]
}

/** A pod of namespace `shop` on node `n1`; without an address where `ip` is empty. */
export function pod(name: string, uid: string, ip: string, facts: PodFacts = {}): ClusterObject {
  const ended = facts.end === undefined ? [] : [{ state: { terminated: { finishedAt: iso(facts.end) } } }]
  return read({
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid,
      labels: facts.labels ?? {},
      annotations: facts.annotations ?? {},
      ownerReferences: facts.owners ?? [],
      ...(facts.generateName !== undefined && { generateName: facts.generateName }),
      ...(facts.deleted !== undefined && { deletionTimestamp: iso(facts.deleted) }),
    },
    spec: { nodeName: 'n1', hostNetwork: facts.hostNetwork ?? false },
    status: {
      phase: facts.phase ?? 'Running',
      ...(ip !== '' && { podIP: ip }),
      ...(facts.start !== undefined && { startTime: iso(facts.start) }),
      conditions: facts.conditions ?? [],
      containerStatuses: facts.statuses ?? ended,
      initContainerStatuses: facts.initStatuses ?? [],
    },
  })
}

export function node(
  name: string,
  ip: string,
  { created, labels }: { readonly created?: number; readonly labels?: Readonly<Record<string, string>> } = {},
): ClusterObject {
  const made = created === undefined ? {} : { creationTimestamp: iso(created) }
  return read({
    kind: 'Node',
    metadata: { name, uid: name, labels: labels ?? {}, ...made },
    status: { addresses: [{ type: 'InternalIP', address: ip }] },
  })
}

/** What the inventory calls an address at a moment: the pod's name, else that of the host, set or network. */
export function nameAt(inventory: Inventory, ip: string, moment: number): string {
  const { name, nameAggr } = inventory.endpointAt(ip, moment)
  return name === '-' ? nameAggr : name
}
