// What rules of the node said lately of connections, by the tuple of the packet as the rules saw it. Marks of one packet
// come together; a mark that comes a second time, or late, belongs to another packet of the same tuple and begins anew.
// Bounded: the least recently used goes first, and is counted where nobody had asked for it yet. Where no rule logs, the
// table is empty and costs nothing.
import { createRecent } from './recent.ts'

export type MarkDirection = 'ingress' | 'egress'

/** Marks in the order of the rules. Equal sets are one object, so that flows can be told apart by it. */
export interface MarkSet {
  readonly id: number
  readonly said: readonly Said[]
  readonly texts: readonly string[]
  /** One of the rules denies. */
  readonly denies: boolean
}

/** What a rule says, or a trace of several. Whoever notes it gives the same object for the same words. */
export interface Said {
  readonly texts: readonly string[]
  /** Which end it is about; undefined where the rule does not tell: both. */
  readonly direction: MarkDirection | undefined
  readonly denies: boolean
}

export interface TupleMarks {
  readonly ingress: MarkSet | undefined
  readonly egress: MarkSet | undefined
}

export interface MarkTable {
  /** `key` is the packet's tuple: source, destination, ports, protocol. */
  note(key: string, said: Said, nowMs: number): void
  /**
   * What was said of a tuple. Before it says that there is nothing it reads what waits: always where a packet was refused,
   * which is rare, else only while rules log at all.
   */
  find(key: string, nowMs: number, isRefused: boolean): TupleMarks | undefined
  /** `read` takes in what waits to be read. */
  readBeforeMissing(read: () => void): void
  /** No rule logs here, so that nothing needs to be asked about a connection that was not refused. */
  isQuiet(nowMs: number): boolean
  readonly size: number
}

export interface MarkTableConfig {
  /** Marks of one packet that are kept; the last ones, for they decide. */
  readonly maxMarks: number
  /** Packets whose marks are kept at once. */
  readonly maxTuples: number
}

export interface MarkTableDeps {
  /** Told when marks had to go that no connection has picked up and that were not too old for one. */
  readonly onUnread: () => void
}

interface Entry {
  at: number
  /** A connection has picked it up. */
  isRead: boolean
  ingress: MarkSet | undefined
  egress: MarkSet | undefined
}

/** Longer than a SYN is repeated by default (127 s). */
const keepMs = 150_000
/** Marks of one packet are read within two looks; the next packet of the tuple is a repeated SYN, a second later. */
const togetherMs = 500
/** Rules that log nothing for so long are taken for rules that do not log. */
const quietMs = 60_000
/** Different sets; rules are few. Beyond this they are numbered anew. */
const maxSets = 4096

interface Sets {
  with(set: MarkSet | undefined, said: Said): MarkSet
}

function createSets({ maxMarks }: MarkTableConfig): Sets {
  const sets = new Map<string, MarkSet>()
  const steps = new Map<MarkSet | undefined, Map<Said, MarkSet>>()
  let next = 1
  const make = (set: MarkSet | undefined, said: Said): MarkSet => {
    const texts = [...(set?.texts ?? []), ...said.texts].slice(-maxMarks)
    const denies = said.denies || (set?.denies ?? false)
    const key = `${denies}\n${texts.join('\n')}`
    const known = sets.get(key)
    if (known) return known
    if (sets.size >= maxSets) {
      sets.clear()
      steps.clear()
    }
    const made = { id: next++, said: [...(set?.said ?? []), said], texts, denies }
    sets.set(key, made)
    return made
  }
  return {
    with(set, said) {
      // Fast path: the same rules in the same order as before.
      const known = steps.get(set)?.get(said)
      if (known) return known
      const made = make(set, said)
      const after = steps.get(set)
      if (after) after.set(said, made)
      else steps.set(set, new Map([[said, made]]))
      return made
    },
  }
}

export function createMarkTable(config: MarkTableConfig, { onUnread }: MarkTableDeps): MarkTable {
  let now = 0
  const isYoung = ({ at }: Entry) => now - at < keepMs
  const entries = createRecent<Entry>(config.maxTuples, (entry) => {
    if (!entry.isRead && isYoung(entry)) onUnread()
  })
  const sets = createSets(config)
  const reads: (() => void)[] = []
  let lastNote: number | undefined
  /** At first it is not known whether rules log. */
  const isQuiet = (nowMs: number) => nowMs - (lastNote ??= nowMs) > quietMs

  const youngOf = (key: string, nowMs: number): Entry | undefined => {
    now = nowMs
    const found = entries.get(key)
    return found && isYoung(found) ? found : undefined
  }
  const entryOf = (key: string, nowMs: number): Entry => {
    const known = youngOf(key, nowMs)
    if (known) return known
    const entry: Entry = { at: nowMs, isRead: false, ingress: undefined, egress: undefined }
    entries.set(key, entry)
    return entry
  }
  const readOf = (key: string, nowMs: number): Entry | undefined => {
    const found = youngOf(key, nowMs)
    if (found) found.isRead = true
    return found
  }
  const add = (entry: Entry, side: MarkDirection, said: Said, isLate: boolean) => {
    const before = entry[side]
    const isAgain = isLate || before?.said.includes(said)
    entry[side] = sets.with(isAgain ? undefined : before, said)
  }

  return {
    get size() {
      return entries.size
    },
    note(key, said, nowMs) {
      lastNote = nowMs
      const entry = entryOf(key, nowMs)
      const isLate = nowMs - entry.at > togetherMs
      if (isLate) entry.ingress = entry.egress = undefined
      entry.at = nowMs
      if (said.direction !== 'egress') add(entry, 'ingress', said, isLate)
      if (said.direction !== 'ingress') add(entry, 'egress', said, isLate)
    },
    find(key, nowMs, isRefused) {
      const known = readOf(key, nowMs)
      if (known || !(isRefused || !isQuiet(nowMs))) return known
      for (const read of reads) read()
      return readOf(key, nowMs)
    },
    isQuiet,
    readBeforeMissing: (read) => void reads.push(read),
  }
}
