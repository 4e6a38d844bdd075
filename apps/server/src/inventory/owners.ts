// From a pod to its workload: the controller of its controller, up to the one that nobody controls. Owners may come after
// their pods, so the way up is walked when it is asked for.
import type { Metadata } from './objects.ts'

/** `Deployment` `checkout`. */
export interface Workload {
  readonly kind: string
  readonly name: string
}

interface Owned extends Workload {
  readonly owner: OwnerReference | undefined
}

export interface OwnerReference extends Workload {
  readonly uid?: string | undefined
}

export interface Owners {
  put(uid: string, kind: string, metadata: Metadata): void
  remove(uid: string): void
  /** The workload at the end of the way up from an owner. */
  workloadOf(reference: OwnerReference): Workload
}

/** The owner that manages the object; several may own it, one controls it. */
export function controllerOf({ ownerReferences }: Pick<Metadata, 'ownerReferences'>): OwnerReference | undefined {
  return ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0]
}

/** Longer chains are loops. */
const maxSteps = 8

export function createOwners(): Owners {
  const known = new Map<string, Owned>()
  return {
    put: (uid, kind, metadata) => void known.set(uid, { kind, name: metadata.name, owner: controllerOf(metadata) }),
    remove: (uid) => void known.delete(uid),
    workloadOf(reference) {
      let found: OwnerReference = reference
      for (let step = 0; step < maxSteps; step++) {
        const next = found.uid === undefined ? undefined : known.get(found.uid)?.owner
        if (!next) break
        found = next
      }
      return { kind: found.kind, name: found.name }
    },
  }
}
