// Endpoints with equal labels are one identity: policies select identities, rules match identities, and a thousand
// replicas cost one. What selectors answered is remembered in the selector, in the slot of the identity, together with the
// identity's stamp. Slots are used again, stamps never, so what was remembered of a forgotten identity is never believed.
import type { Answer } from '../evaluate/answer.ts'
import { isUnknown, judgeSelector, type KnownLabels } from '../evaluate/labels.ts'
import type { Plan } from './plan.ts'
import type { PooledSelector } from './selector-pool.ts'

export interface Identity {
  readonly key: string
  readonly known: KnownLabels
  readonly slot: number
  readonly stamp: number
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
  readonly size: () => number
}

function identityKey(known: KnownLabels): string {
  const labels = [...known.labels].map(([key, value]) => `${key}=${value}`).sort()
  return `${labels.join('\n')}\n\n${known.unknownPrefixes.join(',')}`
}

const valueKey = (label: string, value: string) => `${label}=${value}`

export function createIdentities(): Identities {
  const byKey = new Map<string, Identity>()
  const byValue = new Map<string, Set<Identity>>()
  /** Identities of which labels with some prefix are unknown, by that prefix. */
  const byUnknownPrefix = new Map<string, Set<Identity>>()
  const freeSlots: number[] = []
  let slots = 0
  let stamps = 0

  function index(identity: Identity): void {
    for (const [label, value] of identity.known.labels) {
      const set = byValue.get(valueKey(label, value)) ?? new Set()
      byValue.set(valueKey(label, value), set.add(identity))
    }
    for (const prefix of identity.known.unknownPrefixes)
      byUnknownPrefix.set(prefix, (byUnknownPrefix.get(prefix) ?? new Set()).add(identity))
  }

  function forget(identity: Identity): void {
    byKey.delete(identity.key)
    freeSlots.push(identity.slot)
    for (const prefix of identity.known.unknownPrefixes) byUnknownPrefix.get(prefix)?.delete(identity)
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
      const identity = found ?? {
        key,
        known,
        slot: freeSlots.pop() ?? slots++,
        stamp: ++stamps,
        members: 0,
        plan: undefined,
      }
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
      for (const [prefix, set] of byUnknownPrefix)
        if (label.startsWith(prefix)) for (const identity of set) if (isUnknown(identity.known, label)) yield identity
    },
    all: () => byKey.values(),
    size: () => byKey.size,
  }
}

/** What two bits of a remembered answer mean; 0 is "not asked yet". */
const codes: readonly Answer[] = [undefined, false, true, undefined]

const codeOf = (answer: Answer) => (answer === undefined ? 3 : answer ? 2 : 1)

function roomFor(slot: number, answers: Uint32Array): Uint32Array {
  if (slot < answers.length) return answers
  const larger = new Uint32Array(Math.max(slot + 1, answers.length * 2))
  larger.set(answers)
  return larger
}

function ask(identity: Identity, pooled: PooledSelector): Answer {
  const isKnown = identity.known.unknownPrefixes.length === 0
  return isKnown ? pooled.test(identity.known.labels) : judgeSelector(pooled.selector, identity.known)
}

/** The selector's answer for the identity, remembered as `stamp * 4 + code` in the identity's slot. */
export function answerFor(identity: Identity, pooled: PooledSelector, work: Work): Answer {
  const held = pooled.answers[identity.slot] ?? 0
  if (held >>> 2 === identity.stamp) return codes[held & 3]
  work.selectorTests += 1
  const answer = ask(identity, pooled)
  pooled.answers = roomFor(identity.slot, pooled.answers)
  pooled.answers[identity.slot] = identity.stamp * 4 + codeOf(answer)
  return answer
}
