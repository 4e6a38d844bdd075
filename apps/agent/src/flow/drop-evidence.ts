// Recent drops by the tuple of the packet, so that a connection that came to nothing can be told from one whose packets
// a rule threw away. Bounded: the oldest goes first.

export interface DropEvidence {
  /** `key` is the packet's tuple as in a record: source, destination, ports, protocol. True where it is new. */
  note(key: string, reason: string, nowMs: number): boolean
  /** Why packets of a tuple were dropped lately. */
  find(key: string, nowMs: number): string | undefined
}

/** Longer than a SYN is repeated by default (127 s). */
const keepMs = 150_000
const maxDrops = 16_384

export function createDropEvidence(): DropEvidence {
  const drops = new Map<string, { reason: string; at: number }>()
  const find = (key: string, nowMs: number) => {
    const found = drops.get(key)
    return found && nowMs - found.at < keepMs ? found.reason : undefined
  }
  return {
    note(key, reason, nowMs) {
      const isNew = find(key, nowMs) === undefined
      drops.delete(key)
      if (drops.size >= maxDrops) drops.delete(drops.keys().next().value!)
      drops.set(key, { reason, at: nowMs })
      return isNew
    },
    find,
  }
}
