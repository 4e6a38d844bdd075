// Names that led a client to its destination, by what policies can tell of them: names, with their aliases, that match the same
// patterns of every rule and network set are one to all policies. However many names the world invents, there are only as many
// classes as patterns tell apart. What must stay true: patterns are added and never taken away, and a new one makes every class
// anew, so that the names that speak for a class match exactly what its other names match, at any moment that is asked about.
import type { DomainPattern, Names } from '@margay/policy'
import { findCovered } from '@margay/policy'

export interface DomainClass {
  readonly name: string
  /** The names that were seen first; they speak for all of the class. */
  readonly names: Names
  /** When the last pattern came that makes it what it is, Unix seconds; 0 where they always were there. */
  readonly since: number
  /** What the same names were called before, the latest first. */
  readonly before: readonly string[]
}

export interface DomainClasses {
  add(patterns: readonly DomainPattern[], at: number): void
  /** Undefined where no policy asks for names, or there are none. */
  of(names: Names): DomainClass | undefined
}

/** How many patterns there were from a moment on. */
interface Version {
  readonly count: number
  readonly since: number
}

/** Lists of names that are kept; beyond it all are worked out again. */
const maxKept = 20_000
/** Versions back in which the name of a class from before is looked for: policies that came together. */
const maxBefore = 32

const patternKey = ({ dialect, text }: DomainPattern) => `${dialect} ${text}`

const className = (matched: readonly number[], { count }: Version) =>
  `${matched.filter((index) => index < count).join()}/${count}`

export function createDomainClasses(): DomainClasses {
  const patterns = new Map<string, DomainPattern>()
  let versions: readonly Version[] = []
  let kept = new Map<string, DomainClass>()

  const make = (names: Names): DomainClass => {
    const matched = [...patterns.values()].flatMap((pattern, index) =>
      findCovered(pattern, names) === undefined ? [] : [index],
    )
    const [newest, ...older] = versions.slice(-maxBefore).toReversed()
    return {
      name: className(matched, newest!),
      names,
      since: newest!.since,
      before: older.map((version) => className(matched, version)),
    }
  }
  return {
    add(added, at) {
      for (const pattern of added) patterns.set(patternKey(pattern), pattern)
      if (patterns.size === (versions.at(-1)?.count ?? 0)) return
      const last = versions.at(-1)
      const others = last?.since === at ? versions.slice(0, -1) : versions.slice(-maxBefore)
      versions = [...others, { count: patterns.size, since: at }]
      kept = new Map()
    },
    of(names) {
      if (patterns.size === 0 || names.domains.length === 0) return undefined
      const key = JSON.stringify([names.domains, names.aliases])
      const known = kept.get(key)
      if (known) return known
      if (kept.size >= maxKept) kept = new Map()
      const made = make(names)
      kept.set(key, made)
      return made
    },
  }
}
