// Processes by pid and start time: the whole name and the printed arguments. Learnt when a program starts, else read from
// /proc while it lives; a pid that came again is another process. Bounded: the one that was asked for longest ago goes.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execFileSize, execRecord, commSize, readText, readU64 } from '../kernel/layout.ts'
import { printArgs } from './redact.ts'
import type { ArgsMode } from './redact.ts'
import { createRecent } from '../flow/recent.ts'

export interface Process {
  /** Start in nanoseconds since boot: with the pid it identifies a process. */
  readonly started: number
  readonly name: string
  readonly args: string | undefined
}

export interface ProcessTable {
  /** What is known of a process; `comm` is the name of its main thread. Never fails: at least a name comes back. */
  find(pid: number, started: number, comm: string): Process
  /** Reads every process that lives now: those that end before they are asked for have a name then. */
  seed(): void
  /** Takes in a program's start from the kernel's record. */
  start(bytes: Buffer, at: number): void
  /** `told` is given the name of every program that starts from now on, as far as the kernel tells of it. */
  onStart(told: (name: string) => void): void
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
    const name = nameOfFile(candidate)
    if (name.startsWith(comm)) return name
  }
  return comm
}

const nameOfFile = (path: string | undefined) => basename(path ?? '').replace(/ \(deleted\)$/, '')

/**
 * A program's name where its start was not seen. `comm` may be what its main thread calls itself (Node's is `MainThread`),
 * so it counts only if the file or an argument bears it out: the file's, the program's own word, or the script's.
 */
export function programName(comm: string, file: string, args: readonly string[]): string {
  const candidates = [args[0], file, args[1]]
  const isBorneOut = candidates.some((candidate) => nameOfFile(candidate).startsWith(comm))
  return isBorneOut || file === '' ? wholeName(comm, candidates) : nameOfFile(file)
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

/** /proc has the start in ticks, the kernel side in nanoseconds. */
const isSameStart = (a: number, b: number) => Math.abs(a - b) < 2 * nsPerTick

export function createProcessTable(config: ProcessTableConfig): ProcessTable {
  const processes = createRecent<Process>(config.maxProcesses)
  const listeners: ((name: string) => void)[] = []

  const keep = (pid: number, started: number, name: string, args: readonly string[]) => {
    const process = { started, name, args: printArgs(args, config.args) }
    processes.set(String(pid), process)
    return process
  }

  /** Keeps what /proc says of a process; throws where it has ended. Without `asked` any process of that pid will do. */
  const readProc = (pid: number, asked?: { readonly started: number; readonly comm: string }) => {
    const dir = join(config.procPath, String(pid))
    const started = readStarted(readFileSync(join(dir, 'stat'), 'latin1'))
    if (asked && !isSameStart(started, asked.started)) return undefined
    const comm = asked?.comm ?? readFileSync(join(dir, 'comm'), 'utf8').trimEnd()
    const args = splitArgs(readFileSync(join(dir, 'cmdline'), 'utf8'))
    return keep(pid, asked?.started ?? started, programName(comm, readLink(join(dir, 'exe')), args), args)
  }

  const tryProc = (...asked: Parameters<typeof readProc>) => {
    try {
      return readProc(...asked)
    } catch {
      // It has ended, or is closed to us.
      return undefined
    }
  }

  return {
    get size() {
      return processes.size
    },
    find(pid, started, comm) {
      const known = processes.get(String(pid))
      if (known && isSameStart(known.started, started)) return known
      // Where it is gone its name is all that is left.
      return tryProc(pid, { started, comm }) ?? keep(pid, started, comm, [])
    },
    seed() {
      for (const name of readdirSync(config.procPath)) if (/^\d+$/.test(name)) tryProc(Number(name))
    },
    start(bytes, at) {
      const size = bytes.readUInt32LE(at + execRecord.argsSize)
      const args = splitArgs(bytes.toString('utf8', at + execRecord.args, at + execRecord.args + size))
      const comm = readText(bytes, at + execRecord.comm, commSize)
      const file = readText(bytes, at + execRecord.file, execFileSize)
      const started = readU64(bytes, at + execRecord.started)
      const { name } = keep(bytes.readUInt32LE(at + execRecord.pid), started, wholeName(comm, [file, args[0]]), args)
      for (const told of listeners) told(name)
    },
    onStart: (told) => void listeners.push(told),
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
