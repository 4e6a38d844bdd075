// The groups of netfilter's log that are ours to read. A group has one reader, and who takes it first keeps it: so a group
// that somebody has is left alone, one is given back as soon as a program starts whose groups they are, and one that was
// left alone is taken only after nobody wanted it for a while.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bindGroup, readHolders, setUpGroup, unbindGroup } from '../../netlink/nflog.ts'

export interface GroupsDeps {
  /** Sends a request and returns its error number, 0 for success. */
  readonly ask: (message: Buffer) => number
  /** Names of the programs that run, as in /proc/PID/comm. */
  readonly runningPrograms: () => ReadonlySet<string>
  /** The port of the socket that has a group, by group. */
  readonly holders: () => ReadonlyMap<number, number>
  /** What that socket's program is called; undefined where nobody can tell. */
  readonly ownerOf: (port: number) => string | undefined
}

export interface GroupsConfig {
  readonly groups: readonly number[]
  readonly yieldTo: readonly string[]
}

/** Why a group is not read. */
export type NotRead =
  | { readonly why: 'held'; readonly by: string | undefined }
  | { readonly why: 'yielded'; readonly to: string }
  | { readonly why: 'refused'; readonly errno: number }

export interface Groups {
  /** A program started whose groups they may be. */
  started(name: string): void
  /** Takes groups that have become free; called every second. */
  second(): void
  readonly read: ReadonlySet<number>
  readonly notRead: ReadonlyMap<number, NotRead>
}

/** Seconds between looks at groups that are not read. */
const lookSeconds = 5
/** Looks in a row that must find a group free before it is taken: its reader may only be starting again. */
const freeLooks = 12
const errorNumber = { permission: 1, busy: 16 } as const

export function createGroups(config: GroupsConfig, deps: GroupsDeps): Groups {
  const read = new Set<number>()
  const notRead = new Map<number, NotRead>()
  const free = new Map<number, number>()
  let seconds = 0
  let sequence = 1

  const ask = (message: (sequence: number) => Buffer) => deps.ask(message(++sequence))
  const ownerOf = (running: ReadonlySet<string>) => config.yieldTo.find((name) => running.has(name))
  const whyNot = (group: number, errno: number): NotRead => {
    const port = deps.holders().get(group)
    const isTaken = errno === errorNumber.busy || (errno === errorNumber.permission && port !== undefined)
    if (!isTaken) return { why: 'refused', errno }
    return { why: 'held', by: port === undefined ? undefined : deps.ownerOf(port) }
  }
  const bind = (group: number) => {
    const errno = ask((number) => bindGroup(group, number))
    if (errno !== 0) return void notRead.set(group, whyNot(group, errno))
    for (const step of setUpGroup(group)) ask(step)
    read.add(group)
    notRead.delete(group)
  }
  const yieldTo = (to: string) => {
    for (const group of read) ask((number) => unbindGroup(group, number))
    read.clear()
    free.clear()
    for (const group of config.groups) notRead.set(group, { why: 'yielded', to })
  }
  const isFreeForLong = (group: number, holders: ReadonlyMap<number, number>) => {
    const looks = holders.has(group) ? 0 : (free.get(group) ?? 0) + 1
    free.set(group, looks)
    return looks >= freeLooks
  }
  const takeFreed = () => {
    const holders = deps.holders()
    const due = [...notRead.keys()].filter((group) => isFreeForLong(group, holders))
    if (due.length === 0) return
    free.clear()
    if (ownerOf(deps.runningPrograms()) === undefined) for (const group of due) bind(group)
  }

  const to = ownerOf(deps.runningPrograms())
  if (to !== undefined) yieldTo(to)
  else for (const group of config.groups) bind(group)
  return {
    read,
    notRead,
    started(name) {
      if (config.yieldTo.includes(name)) yieldTo(name)
    },
    second() {
      if (++seconds % lookSeconds === 0 && notRead.size > 0) takeFreed()
    },
  }
}

/** Names of all programs that run. */
export function readRunning(procPath: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const entry of readdirSync(procPath)) {
    if (!/^\d+$/.test(entry)) continue
    try {
      names.add(readFileSync(join(procPath, entry, 'comm'), 'utf8').trim())
    } catch {
      // It has ended meanwhile.
    }
  }
  return names
}

/** The port of the socket that has a group, by group, in this thread's network namespace. */
export function readGroupHolders(): ReadonlyMap<number, number> {
  try {
    return readHolders(readFileSync('/proc/thread-self/net/netfilter/nfnetlink_log', 'utf8'))
  } catch {
    return new Map()
  }
}
