// What a key stood for at a moment. Each version has a time it holds from and a time it holds to, and an owner (a uid), so
// that what one owner says late never ends what another holds now. Asked for the present, the newest version answers at
// once; the past is a few steps back.

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
  /** Forgets versions that ended before a moment. */
  forgetBefore(moment: number): void
  readonly size: number
}

/** An address that changes hands more often within the time we keep is a fault elsewhere; the oldest versions go. */
const maxVersions = 64

export function createTimeline<T>(): Timeline<T> {
  const keys = new Map<string, Version<T>[]>()
  const end = (key: string, owner: string, at: number) => {
    const open = keys.get(key)?.findLast((version) => version.owner === owner && version.to === Infinity)
    if (open) open.to = Math.max(open.from, at)
  }
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
      if (!versions) return undefined
      for (let at = versions.length - 1; at >= 0; at--) {
        const version = versions[at]!
        if (version.from <= moment && moment < version.to) return version.value
      }
      return undefined
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
