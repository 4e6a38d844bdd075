// Starts the cluster's programs, each with a log of its own. Those of a whole cluster outlive the one who started them and are
// found again by their cgroup; those of an API server alone end with it, however it ends.
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { doorOf } from './cgroups.ts'

export interface Program {
  /** Names its log. */
  readonly name: string
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export const logOf = (dir: string, name: string): string => join(dir, 'logs', `${name}.log`)

/** The last lines of a program's log, for messages. */
export const lastWords = (dir: string, name: string): string =>
  `the last lines of ${logOf(dir, name)}:\n${readFileSync(logOf(dir, name), 'utf8').trim().split('\n').slice(-8).join('\n')}`

function start(dir: string, { name, env }: Program, command: readonly string[], detached: boolean): ChildProcess {
  mkdirSync(join(dir, 'logs'), { recursive: true })
  const log = openSync(logOf(dir, name), 'a')
  const [file = '', ...args] = command
  const child = spawn(file, args, { cwd: dir, detached, stdio: ['ignore', log, log], env: { ...process.env, ...env } })
  closeSync(log)
  return child
}

/** Enters the cgroup of `$0`, then becomes the program: nothing that it starts is born elsewhere. */
const enter = 'echo $$ > "$0" && exec "$@"'

/** Starts a program that lasts, inside a cgroup and with what `entrance` puts before it (`nsenter` and its options). */
export function launch(dir: string, cgroup: string, entrance: readonly string[], program: Program): ChildProcess {
  const command = ['sh', '-c', enter, doorOf(cgroup), ...entrance, ...program.command]
  const child = start(dir, program, command, true)
  child.unref()
  return child
}

/** Starts a program that the kernel ends together with this process. */
export const launchBound = (dir: string, program: Program): ChildProcess =>
  start(dir, program, ['setpriv', '--pdeathsig', 'KILL', '--', ...program.command], false)

/** Ends a program at once. An API server that is asked takes a minute. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
