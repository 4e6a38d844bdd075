// What a key stood for at a moment. Each version has a time it holds from and a time it holds to, and an owner (a uid), so
// that what one owner says late never ends what another holds now. Several owners may hold one key at once; the one that
// began last has it. Asked for the present, the newest version answers at once; the past is a few steps back.

export interface Version<T> {
  readonly owner: string
  /** Unix seconds, inclusive. */
  readonly from: number
  /** Unix seconds, exclusive; Infinity while it holds. */
  to: number
  readonly value: T
}

export interface Timeline<T> {
  /** From now on the key stands for `value`, by this owner; the owner's version before ends then. */
  set(key: string, owner: string, value: T, from: number): void
  /** Ends the owner's open version of the key. */
  end(key: string, owner: string, at: number): void
  /** The version that holds at a moment; of several the one that began last. */
  at(key: string, moment: number): T | undefined
  /**
   * The value that held in a span of seconds, both ends included. Where the key changed hands within it, the owner who held
   * it longest, as it was at last.
   */
  during(key: string, since: number, until: number): T | undefined
  /** All values that hold at a moment, one for each owner. */
  allAt(key: string, moment: number): readonly T[]
  /** The newest version that is not this owner's. */
  lastOfOthers(key: string, owner: string): Version<T> | undefined
  /** The first version, where it begins only after a moment. */
  laterThan(key: string, moment: number): T | undefined
  /** Forgets versions that ended before a moment. */
  forgetBefore(moment: number): void
  readonly size: number
}

/** An address that changes hands more often within the time we keep is a fault elsewhere; the oldest versions go. */
const maxVersions = 64

const holdsAt = ({ from, to }: Version<unknown>, moment: number) => from <= moment && moment < to

/** Of the versions that overlap a span, the newest of the owner whose versions cover most of it. */
function longestHolder<T>(versions: readonly Version<T>[], since: number, until: number): Version<T> | undefined {
  const held = new Map<string, { seconds: number; version: Version<T> }>()
  for (const version of versions) {
    if (version.to <= since || version.from > until) continue
    const seconds = Math.min(version.to, until + 1) - Math.max(version.from, since)
    held.set(version.owner, { seconds: (held.get(version.owner)?.seconds ?? 0) + seconds, version })
  }
  let longest: { seconds: number; version: Version<T> } | undefined
  for (const holder of held.values()) if (!longest || holder.seconds >= longest.seconds) longest = holder
  return longest?.version
}

export function createTimeline<T>(): Timeline<T> {
  const keys = new Map<string, Version<T>[]>()
  const end = (key: string, owner: string, at: number) => {
    const open = keys.get(key)?.findLast((version) => version.owner === owner && version.to === Infinity)
    if (open) open.to = Math.max(open.from, at)
  }
  const versionAt = (versions: readonly Version<T>[], moment: number) =>
    versions.findLast((version) => holdsAt(version, moment))
  return {
    set(key, owner, value, from) {
      const versions = keys.get(key) ?? []
      keys.set(key, versions)
      end(key, owner, from)
      let at = versions.length
      while (at > 0 && versions[at - 1]!.from > from) at--
      versions.splice(at, 0, { owner, from, to: Infinity, value })
      if (versions.length > maxVersions) versions.shift()
    },
    end,
    at(key, moment) {
      const versions = keys.get(key)
      return versions && versionAt(versions, moment)?.value
    },
    during(key, since, until) {
      const versions = keys.get(key)
      const last = versions?.at(-1)
      if (!versions || !last) return undefined
      // Fast path: nobody else had it since the span began.
      if (last.from <= since && until < last.to) return last.value
      return longestHolder(versions, since, until)?.value
    },
    allAt(key, moment) {
      const found = new Map<string, T>()
      for (const version of keys.get(key) ?? []) if (holdsAt(version, moment)) found.set(version.owner, version.value)
      return [...found.values()]
    },
    lastOfOthers: (key, owner) => keys.get(key)?.findLast((version) => version.owner !== owner),
    laterThan(key, moment) {
      const first = keys.get(key)?.[0]
      return first && first.from > moment ? first.value : undefined
    },
    forgetBefore(moment) {
      for (const [key, versions] of keys) {
        const kept = versions.filter((version) => version.to >= moment)
        if (kept.length > 0) keys.set(key, kept)
        else keys.delete(key)
      }
    },
    get size() {
      return keys.size
    },
  }
}
