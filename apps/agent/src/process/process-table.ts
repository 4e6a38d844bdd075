// Processes by pid and start time: the whole name and the printed arguments. Learnt when a program starts, else read from
// /proc while it lives; a pid that came again is another process. Bounded: the one that was asked for longest ago goes.
import { readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execFileSize, execRecord, commSize, readText, readU64 } from '../kernel/layout.ts'
import { printArgs } from './redact.ts'
import type { ArgsMode } from './redact.ts'

export interface Process {
  /** Start in nanoseconds since boot: with the pid it identifies a process. */
  readonly started: number
  readonly name: string
  readonly args: string | undefined
}

export interface ProcessTable {
  /** What is known of a process; `comm` is the name as a socket's record has it. Never fails: at least the name comes back. */
  find(pid: number, started: number, comm: string): Process
  /** Takes in a program's start from the kernel's record. */
  start(bytes: Buffer, at: number): void
  readonly size: number
}

export interface ProcessTableConfig {
  readonly args: ArgsMode
  readonly procPath: string
  readonly maxProcesses: number
}

/** `comm` holds 15 bytes; a name that long may have been cut. */
const commLength = commSize - 1

/** The whole name where `comm` was cut: that of the file or of the first argument, if it starts with what `comm` has. */
export function wholeName(comm: string, candidates: readonly (string | undefined)[]): string {
  if (Buffer.byteLength(comm) < commLength) return comm
  for (const candidate of candidates) {
    const name = basename(candidate ?? '').replace(/ \(deleted\)$/, '')
    if (name.startsWith(comm)) return name
  }
  return comm
}

/** Arguments as the kernel holds them: closed by zeros, the last one possibly cut. */
export const splitArgs = (text: string): string[] =>
  text
    .replace(/\0+$/, '')
    .split('\0')
    .filter((arg, at) => arg !== '' || at > 0)

const ticksPerSecond = 100
const nsPerTick = 1e9 / ticksPerSecond

/** Start time in nanoseconds from /proc/PID/stat; the name before it may hold spaces and brackets. */
export function readStarted(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[19]) * nsPerTick
}

const isSameStart = (ticks: number, started: number) => Math.abs(ticks - started) < 2 * nsPerTick

export function createProcessTable(config: ProcessTableConfig): ProcessTable {
  const processes = new Map<number, Process & { readonly file: string; readonly argv0: string | undefined }>()

  const keep = (pid: number, started: number, comm: string, file: string, args: readonly string[]) => {
    const process = {
      started,
      name: wholeName(comm, [file, args[0]]),
      args: printArgs(args, config.args),
      file,
      argv0: args[0],
    }
    processes.delete(pid)
    if (processes.size >= config.maxProcesses) processes.delete(processes.keys().next().value!)
    processes.set(pid, process)
    return process
  }

  const readProc = (pid: number, started: number, comm: string) => {
    const dir = join(config.procPath, String(pid))
    try {
      if (!isSameStart(readStarted(readFileSync(join(dir, 'stat'), 'latin1')), started))
        return keep(pid, started, comm, '', [])
      const args = splitArgs(readFileSync(join(dir, 'cmdline'), 'utf8'))
      return keep(pid, started, comm, readLink(join(dir, 'exe')), args)
    } catch {
      // It has ended; its name is all that is left.
      return keep(pid, started, comm, '', [])
    }
  }

  return {
    get size() {
      return processes.size
    },
    find(pid, started, comm) {
      const known = processes.get(pid)
      const process = known?.started === started ? known : readProc(pid, started, comm)
      if (comm === '' || process.name === comm || process.name.startsWith(comm)) return process
      // The process gave itself another name since: that of the record is the one at that moment.
      return { ...process, name: wholeName(comm, [process.file, process.argv0]) }
    },
    start(bytes, at) {
      const size = bytes.readUInt32LE(at + execRecord.argsSize)
      keep(
        bytes.readUInt32LE(at + execRecord.pid),
        readU64(bytes, at + execRecord.started),
        readText(bytes, at + execRecord.comm, commSize),
        readText(bytes, at + execRecord.file, execFileSize),
        splitArgs(bytes.toString('utf8', at + execRecord.args, at + execRecord.args + size)),
      )
    },
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
