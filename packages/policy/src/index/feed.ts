// From documents, as a cluster tells them one by one, to changes of a snapshot. A document is known by its uid: an update
// replaces what it said before, whatever names it had then, and what is said late of an old uid never touches the object that
// has its name now. A document that says nothing new changes nothing. Every change comes with the one that undoes it.
import { parseSnapshot } from '../objects/parse.ts'
import type { Issue } from '../objects/place.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { type Change, changeKey, nameOf, type Put, type Removal } from './change.ts'

/** A change and what takes it back. */
export interface Step {
  readonly forward: Change
  readonly backward: Change
}

export interface Feed {
  /** What the document changes; empty where it says what is known. Issues are those of the document. */
  readonly put: (
    uid: string,
    document: unknown,
  ) => { readonly steps: readonly Step[]; readonly issues: readonly Issue[] }
  readonly remove: (uid: string) => readonly Step[]
  /** Puts that make an empty snapshot the present one. */
  readonly present: () => Iterable<Change>
}

/** Of several documents that are one object to policy (a name used again, two API groups), the last that spoke stands. */
interface Claim {
  readonly put: Put
  /** To see whether anything is new. */
  readonly text: string
}

const removalOf = (change: Put): Removal => ({ remove: change.put, key: nameOf(change) })

const placeKey = ({ namespace, name }: { readonly namespace?: string; readonly name: string }) =>
  `${namespace ?? ''}/${name}`

/** The puts that one document's snapshot amounts to. Slices have no name of their own: the document's uid is their key. */
function putsOf(snapshot: Snapshot, uid: string): readonly Put[] {
  return [
    ...snapshot.policies.map((value): Put => ({ put: 'policy', value })),
    ...snapshot.pods.map((value): Put => ({ put: 'pod', value })),
    ...snapshot.namespaces.map((value): Put => ({ put: 'namespace', value })),
    ...snapshot.serviceAccounts.map((value): Put => ({ put: 'serviceAccount', value })),
    ...snapshot.networkSets.map((value): Put => ({ put: 'networkSet', key: placeKey(value), value })),
    ...snapshot.tiers.map((value): Put => ({ put: 'tier', key: value.name, value })),
    ...snapshot.hostEndpoints.map((value): Put => ({ put: 'hostEndpoint', key: value.name, value })),
    ...snapshot.profiles.map((value): Put => ({ put: 'profile', key: value.name, value })),
    ...snapshot.nodes.map((value): Put => ({ put: 'node', key: value.name, value })),
    ...snapshot.services.map((value): Put => ({ put: 'service', key: uid, value })),
  ]
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return [...part]
    return part === Infinity ? 'infinity' : part
  })

export function createFeed(): Feed {
  /** Who claims an object, in the order of having spoken. */
  const claims = new Map<string, Map<string, Claim>>()
  const said = new Map<string, ReadonlySet<string>>()

  const standing = (key: string) => [...(claims.get(key)?.values() ?? [])].at(-1)

  /** What the object is now against what it was before. */
  function stepBetween(before: Claim | undefined, after: Claim | undefined): Step | undefined {
    if (before?.text === after?.text) return undefined
    if (after) return { forward: after.put, backward: before?.put ?? removalOf(after.put) }
    return before && { forward: removalOf(before.put), backward: before.put }
  }
  function claim(uid: string, put: Put): Step | undefined {
    const key = changeKey(put)
    const before = standing(key)
    const claimants = claims.get(key) ?? new Map<string, Claim>()
    claims.set(key, claimants)
    // Deleted first, so that the last that spoke is the last.
    claimants.delete(uid)
    claimants.set(uid, { put, text: textOf(put.value) })
    return stepBetween(before, standing(key))
  }
  function release(uid: string, key: string): Step | undefined {
    const before = standing(key)
    const claimants = claims.get(key)
    claimants?.delete(uid)
    if (claimants?.size === 0) claims.delete(key)
    return stepBetween(before, standing(key))
  }
  const releaseAll = (uid: string, kept: ReadonlySet<string>) =>
    [...(said.get(uid) ?? [])].filter((key) => !kept.has(key)).flatMap((key) => release(uid, key) ?? [])

  return {
    put: (uid, document) => {
      const { snapshot, issues } = parseSnapshot([document])
      const puts = putsOf(snapshot, uid)
      const kept = new Set(puts.map(changeKey))
      const released = releaseAll(uid, kept)
      const claimed = puts.flatMap((put) => claim(uid, put) ?? [])
      if (kept.size > 0) said.set(uid, kept)
      else said.delete(uid)
      return { steps: [...released, ...claimed], issues }
    },
    remove: (uid) => {
      const released = releaseAll(uid, new Set())
      said.delete(uid)
      return released
    },
    *present() {
      for (const key of claims.keys()) {
        const claim = standing(key)
        if (claim) yield claim.put
      }
    },
  }
}
