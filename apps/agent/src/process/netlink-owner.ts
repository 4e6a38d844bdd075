// Which program has a netlink socket, by the socket's port: a port mostly is its process's number, but a process's second
// socket of a kind has any. Looks at every open file of every process, so it is asked for seldom.
import { readFileSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { splitArgs } from './process-table.ts'
import { scanProc } from './socket-owners.ts'

export interface NetlinkOwner {
  readonly pid: number
  readonly name: string
  /** It is an agent as we are: the same script, run by the same program. */
  readonly isOurs: boolean
}

/** A socket's inode out of /proc/net/netlink, by protocol and port. */
export function readNetlinkInode(text: string, protocol: number, port: number): number | undefined {
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (Number(fields[1]) === protocol && Number(fields[2]) === port) return Number(fields.at(-1))
  }
  return undefined
}

/** Whether a command line runs a script, which it may name from its own directory; options may stand before it. */
export const runsScript = (args: readonly string[], cwd: string, script: string): boolean =>
  args.slice(1).some((arg) => resolve(cwd, arg) === script)

/** The file alone would not do: that is `node` for every program that Node runs. */
function isAgent(procPath: string, pid: number): boolean {
  const dir = join(procPath, String(pid))
  if (readlinkSync(join(dir, 'exe')) !== readlinkSync('/proc/self/exe')) return false
  const args = splitArgs(readFileSync(join(dir, 'cmdline'), 'utf8'))
  return runsScript(args, readlinkSync(join(dir, 'cwd')), resolve(process.argv[1] ?? ''))
}

/** The owner of a socket of this thread's network namespace; undefined where that is not to be found out. */
export function findNetlinkOwner(procPath: string, protocol: number, port: number): NetlinkOwner | undefined {
  try {
    const inode = readNetlinkInode(readFileSync('/proc/thread-self/net/netlink', 'utf8'), protocol, port)
    const owner = inode === undefined ? undefined : scanProc(procPath).owners.get(inode)
    if (!owner) return undefined
    return { pid: owner.pid, name: owner.comm, isOurs: isAgent(procPath, owner.pid) }
  } catch {
    return undefined
  }
}
