// What a key stood for at a moment. Owners (uids) claim a key for a span of time; within a claim the value may change, as a
// pod's labels do. What must stay true: of several that claim a key at once the one whose claim began last has it, however
// often an older one repeats itself, so that a dead pod whose object still changes never takes an address back; and what one
// owner says late never ends what another holds now. Asked for the present, the newest claim answers at once; the past is a
// few steps back.

export interface Claim<T> {
  readonly owner: string
  /** Unix seconds, inclusive. */
  readonly from: number
  /** Unix seconds, exclusive; Infinity while it holds. */
  to: number
  /** Oldest first. Never empty; the first one holds since the claim began. */
  versions: readonly Version<T>[]
}

interface Version<T> {
  readonly from: number
  readonly value: T
}

export interface Timeline<T> {
  /**
   * The key stands for `value` by this owner from then on: a new claim, or where the owner's last one is still open the next
   * version within it.
   */
  set(key: string, owner: string, value: T, from: number): void
  /** Ends the owner's open claim of the key. */
  end(key: string, owner: string, at: number): void
  /** The value that holds at a moment; of several claims the one that began last. */
  at(key: string, moment: number): T | undefined
  /** The value that held last before a moment, whether it still held then or not. */
  lastUntil(key: string, moment: number): T | undefined
  /**
   * The value that held in a span of seconds, the last of which is not in it where it has others. Where the key changed hands
   * within it, the owner who had it longest, as it was at last.
   */
  during(key: string, since: number, until: number): T | undefined
  /** Whether several owners had the key in such a span. */
  isShared(key: string, since: number, until: number): boolean
  /** The claims that touch such a span, oldest first. */
  claimsDuring(key: string, since: number, until: number): readonly Claim<T>[]
  /** All values that hold at a moment, one for each owner. */
  allAt(key: string, moment: number): readonly T[]
  /** The newest claim that is not this owner's. */
  lastOfOthers(key: string, owner: string): Claim<T> | undefined
  /** The first value, where its claim begins only after a moment. */
  laterThan(key: string, moment: number): T | undefined
  /** Forgets what ended before a moment. */
  forgetBefore(moment: number): void
  readonly size: number
}

/**
 * A key that changes hands more often within the time we keep is a fault elsewhere; what ended first goes. An open claim never
 * does, for it is what holds: the slices of one large service are a hundred at once.
 */
const maxEnded = 64
/** Of a claim that changes more often, the oldest versions go and the next one stands for their time too. */
const maxVersions = 64

const holdsAt = ({ from, to }: Claim<unknown>, moment: number) => from <= moment && moment < to

const valueAt = <T>({ versions }: Claim<T>, moment: number): T =>
  (versions.findLast(({ from }) => from <= moment) ?? versions[0]!).value

const claimAt = <T>(claims: readonly Claim<T>[], moment: number): Claim<T> | undefined =>
  claims.findLast((claim) => holdsAt(claim, moment))

const endOf = (since: number, until: number) => Math.max(until, since + 1)

const overlaps = ({ from, to }: Claim<unknown>, since: number, until: number) =>
  to > since && from < endOf(since, until)

/** Of the claims that overlap a span, that of the owner who had the key for most of it; of equals the later one. */
function longestHolder<T>(claims: readonly Claim<T>[], since: number, until: number): Claim<T> | undefined {
  const end = endOf(since, until)
  const within = claims.filter((claim) => overlaps(claim, since, until))
  const changes = within.flatMap(({ from, to }) => [from, to]).filter((at) => at > since && at < end)
  const edges = [since, ...changes.sort((a, b) => a - b), end]
  const held = new Map<string, { seconds: number; claim: Claim<T> }>()
  for (let i = 1; i < edges.length; i++) {
    const claim = claimAt(within, edges[i - 1]!)
    if (!claim) continue
    const before = held.get(claim.owner)?.seconds ?? 0
    held.set(claim.owner, { seconds: before + edges[i]! - edges[i - 1]!, claim })
  }
  let longest: { seconds: number; claim: Claim<T> } | undefined
  for (const holder of held.values()) if (!longest || holder.seconds >= longest.seconds) longest = holder
  return longest?.claim
}

/** The versions with one more, in order; a value that is told again is no new version. */
function withVersion<T>(versions: readonly Version<T>[], value: T, from: number): readonly Version<T>[] {
  const after = versions.findLastIndex((version) => version.from <= from)
  if (versions[after]?.value === value) return versions
  const added = versions.toSpliced(after + 1, 0, { from, value })
  return added.length > maxVersions ? added.slice(1) : added
}

/** The claim that ended first, where too many have ended. */
function firstTooMany<T>(claims: readonly Claim<T>[]): Claim<T> | undefined {
  // Fast path: nearly every key has one claim, or a few.
  if (claims.length <= maxEnded) return undefined
  const ended = claims.filter(({ to }) => to !== Infinity)
  if (ended.length <= maxEnded) return undefined
  return ended.reduce((first, each) => (each.to < first.to ? each : first))
}

export function createTimeline<T>(): Timeline<T> {
  const keys = new Map<string, Claim<T>[]>()
  const openOf = (key: string, owner: string) =>
    keys.get(key)?.findLast((claim) => claim.owner === owner && claim.to === Infinity)
  const claim = (key: string, owner: string, value: T, from: number) => {
    const claims = keys.get(key) ?? []
    keys.set(key, claims)
    let at = claims.length
    while (at > 0 && claims[at - 1]!.from > from) at--
    claims.splice(at, 0, { owner, from, to: Infinity, versions: [{ from, value }] })
  }
  return {
    set(key, owner, value, from) {
      const open = openOf(key, owner)
      if (open) open.versions = withVersion(open.versions, value, from)
      else claim(key, owner, value, from)
    },
    end(key, owner, at) {
      const open = openOf(key, owner)
      if (!open) return
      open.to = Math.max(open.from, at)
      const claims = keys.get(key)!
      const over = firstTooMany(claims)
      if (over) claims.splice(claims.indexOf(over), 1)
    },
    at(key, moment) {
      const claims = keys.get(key)
      const found = claims && claimAt(claims, moment)
      return found && valueAt(found, moment)
    },
    lastUntil(key, moment) {
      const claims = keys.get(key)
      const found = claims && (claimAt(claims, moment) ?? claims.findLast(({ from }) => from <= moment))
      return found && valueAt(found, moment)
    },
    during(key, since, until) {
      const claims = keys.get(key)
      const last = claims?.at(-1)
      if (!claims || !last) return undefined
      // Fast path: nobody else had it since the span began.
      const found = last.from <= since && until < last.to ? last : longestHolder(claims, since, until)
      return found && valueAt(found, until)
    },
    isShared(key, since, until) {
      const claims = keys.get(key)
      // Fast path: nearly every address has had one owner as long as it is known.
      if (!claims || claims.length === 1) return false
      return claims.filter((claim) => overlaps(claim, since, until)).length > 1
    },
    claimsDuring: (key, since, until) => (keys.get(key) ?? []).filter((claim) => overlaps(claim, since, until)),
    allAt(key, moment) {
      const found = new Map<string, T>()
      for (const each of keys.get(key) ?? []) if (holdsAt(each, moment)) found.set(each.owner, valueAt(each, moment))
      return [...found.values()]
    },
    lastOfOthers: (key, owner) => keys.get(key)?.findLast((each) => each.owner !== owner),
    laterThan(key, moment) {
      const first = keys.get(key)?.[0]
      return first && first.from > moment ? valueAt(first, moment) : undefined
    },
    forgetBefore(moment) {
      for (const [key, claims] of keys) {
        const kept = claims.filter(({ to }) => to >= moment)
        for (const each of kept) {
          const holding = each.versions.findLastIndex(({ from }) => from <= moment)
          if (holding > 0) each.versions = each.versions.slice(holding)
        }
        if (kept.length > 0) keys.set(key, kept)
        else keys.delete(key)
      }
    },
    get size() {
      return keys.size
    },
  }
}
