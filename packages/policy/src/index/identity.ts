// Endpoints with equal labels are one identity: policies select identities, rules match identities, and a thousand
// replicas cost one. Ids are never reused, so what is remembered about an identity dies with it and is never wrong.
import type { Answer } from '../evaluate/answer.ts'
import { judgeSelector, type KnownLabels } from '../evaluate/labels.ts'
import type { Plan } from './plan.ts'
import type { PooledSelector } from './selector-pool.ts'

export interface Identity {
  readonly key: string
  readonly known: KnownLabels
  /** Answers of selectors, by the selector's id. */
  readonly answers: Map<number, Answer>
  /** Endpoints and network sets that have it; at none it is forgotten. */
  members: number
  /** Which policies concern it; absent until asked for, and after a change that touched it. */
  plan: Plan | undefined
}

/** Counts of what was done, so that tests can hold costs without a clock. */
export interface Work {
  selectorTests: number
  plansMade: number
  flowsJudged: number
  identitiesVisited: number
}

export interface Identities {
  readonly join: (known: KnownLabels) => Identity
  readonly leave: (identity: Identity) => void
  /** Identities that may carry the label with this value; those whose labels are partly unknown always may. */
  readonly withValue: (label: string, value: string) => Iterable<Identity>
  readonly all: () => Iterable<Identity>
}

function identityKey(known: KnownLabels): string {
  const labels = [...known.labels].map(([key, value]) => `${key}=${value}`).sort()
  return `${labels.join('\n')}\n\n${known.unknownPrefixes.join(',')}`
}

const valueKey = (label: string, value: string) => `${label}=${value}`

export function createIdentities(): Identities {
  const byKey = new Map<string, Identity>()
  const byValue = new Map<string, Set<Identity>>()
  const partlyKnown = new Set<Identity>()

  function index(identity: Identity): void {
    for (const [label, value] of identity.known.labels) {
      const set = byValue.get(valueKey(label, value)) ?? new Set()
      byValue.set(valueKey(label, value), set.add(identity))
    }
    if (identity.known.unknownPrefixes.length > 0) partlyKnown.add(identity)
  }

  function forget(identity: Identity): void {
    byKey.delete(identity.key)
    partlyKnown.delete(identity)
    for (const [label, value] of identity.known.labels) {
      const set = byValue.get(valueKey(label, value))
      set?.delete(identity)
      if (set?.size === 0) byValue.delete(valueKey(label, value))
    }
  }

  return {
    join: (known) => {
      const key = identityKey(known)
      const found = byKey.get(key)
      const identity = found ?? { key, known, answers: new Map(), members: 0, plan: undefined }
      if (!found) {
        byKey.set(key, identity)
        index(identity)
      }
      identity.members += 1
      return identity
    },
    leave: (identity) => {
      identity.members -= 1
      if (identity.members === 0) forget(identity)
    },
    *withValue(label, value) {
      yield* byValue.get(valueKey(label, value)) ?? []
      yield* partlyKnown
    },
    all: () => byKey.values(),
  }
}

/** The selector's answer for the identity, remembered. */
export function answerFor(identity: Identity, pooled: PooledSelector, work: Work): Answer {
  if (identity.answers.has(pooled.id)) return identity.answers.get(pooled.id)
  work.selectorTests += 1
  const isKnown = identity.known.unknownPrefixes.length === 0
  const answer = isKnown ? pooled.test(identity.known.labels) : judgeSelector(pooled.selector, identity.known)
  identity.answers.set(pooled.id, answer)
  return answer
}
