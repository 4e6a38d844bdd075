// Which program has a netlink socket, by the socket's port: a port mostly is its process's number, but a process's second
// socket of a kind has any. Looks at every open file of every process, so it is asked for seldom.
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { scanProc } from './socket-owners.ts'

export interface NetlinkOwner {
  readonly pid: number
  readonly name: string
  /** It runs the same program as we do. */
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

/** The owner of a socket of this thread's network namespace; undefined where that is not to be found out. */
export function findNetlinkOwner(procPath: string, protocol: number, port: number): NetlinkOwner | undefined {
  try {
    const inode = readNetlinkInode(readFileSync('/proc/thread-self/net/netlink', 'utf8'), protocol, port)
    const owner = inode === undefined ? undefined : scanProc(procPath).owners.get(inode)
    if (!owner) return undefined
    const exe = readlinkSync(join(procPath, String(owner.pid), 'exe'))
    return { pid: owner.pid, name: owner.comm, isOurs: exe === readlinkSync('/proc/self/exe') }
  } catch {
    return undefined
  }
}
