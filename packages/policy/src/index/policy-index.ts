// Finds policies by the labels that their subject demands, and identities by the same key from the other side. A subject
// is filed under one label with the values it may have (its namespace, mostly); subjects that demand none are tried on
// everybody, and may concern everybody.
import { isUnknown, type KnownLabels } from '../evaluate/labels.ts'
import { namespaceLabel, orchestratorLabel } from '../objects/scope.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import type { Identities, Identity } from './identity.ts'
import type { PooledSelector } from './selector-pool.ts'

interface FileKey {
  readonly label: string
  readonly values: readonly string[]
}

/** Every pod has the orchestrator's label, so it narrows nothing. The namespace narrows best among what is common. */
function fileKeyOf(subject: PooledSelector): FileKey | undefined {
  let best: FileKey | undefined
  for (const [label, { mustHaveOneOfValues }] of subject.restrictions) {
    if (!mustHaveOneOfValues || label === orchestratorLabel) continue
    if (label === namespaceLabel) return { label, values: mustHaveOneOfValues }
    if (!best || mustHaveOneOfValues.length < best.values.length) best = { label, values: mustHaveOneOfValues }
  }
  return best
}

export interface PolicyIndex {
  readonly add: (policy: CompiledPolicy) => void
  readonly remove: (policy: CompiledPolicy) => void
  /** Policies that may select an endpoint of these labels; a label that is unknown may have any value. */
  readonly candidates: (known: KnownLabels) => Iterable<CompiledPolicy>
}

/** Identities that a subject may select. */
export function concernedBy(subject: PooledSelector, identities: Identities): Iterable<Identity> {
  const key = fileKeyOf(subject)
  if (!key) return identities.all()
  return new Set(key.values.flatMap((value) => [...identities.withValue(key.label, value)]))
}

export function createPolicyIndex(): PolicyIndex {
  const files = new Map<string, Map<string, Set<CompiledPolicy>>>()
  const unfiled = new Set<CompiledPolicy>()

  function setsFor(policy: CompiledPolicy): readonly Set<CompiledPolicy>[] {
    const key = fileKeyOf(policy.subject)
    if (!key) return [unfiled]
    const byValue = files.get(key.label) ?? new Map<string, Set<CompiledPolicy>>()
    files.set(key.label, byValue)
    return key.values.map((value) => {
      const set = byValue.get(value) ?? new Set<CompiledPolicy>()
      byValue.set(value, set)
      return set
    })
  }

  return {
    add: (policy) => {
      for (const set of setsFor(policy)) set.add(policy)
    },
    remove: (policy) => {
      for (const set of setsFor(policy)) set.delete(policy)
    },
    *candidates(known) {
      yield* unfiled
      for (const [label, byValue] of files) {
        const value = known.labels.get(label)
        if (value !== undefined) yield* byValue.get(value) ?? []
        else if (isUnknown(known, label)) yield* new Set([...byValue.values()].flatMap((set) => [...set]))
      }
    },
  }
}
