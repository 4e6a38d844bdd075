// Whether the judge can see: while something of the cluster cannot be seen as a whole, nothing is evaluated, since a policy
// that nobody saw would be one that does not exist.

export interface Sight {
  /** What cannot be seen, in words; empty where all can. */
  readonly blind: readonly string[]
  /** Grows when that becomes another; beside the changes of objects it dates what was judged. */
  readonly changes: number
  look(): void
}

export function createSight(ask: () => readonly string[]): Sight {
  let blind: readonly string[] = []
  let changes = 0
  const look = () => {
    const next = ask()
    if (next.join('\n') === blind.join('\n')) return
    blind = next
    changes += 1
  }
  look()
  return {
    get blind() {
      return blind
    },
    get changes() {
      return changes
    },
    look,
  }
}
