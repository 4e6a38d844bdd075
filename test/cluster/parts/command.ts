// Runs programs of the machine and says, when one fails, which one and what it wrote.
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program to its end and returns what it wrote. Throws with its own complaint. */
export function run(program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1_048_576,
    })
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || (error as Error).message
    throw new Error(`run "${program} ${args.join(' ')}": ${said}`, { cause: error })
  }
}

/** The same without waiting for it, for programs that take long. */
export async function runBeside(program: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 64 * 1_048_576 })
    return stdout
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || (error as Error).message
    throw new Error(`run "${program} ${args.join(' ')}": ${said}`, { cause: error })
  }
}

/** Limit of any wait, far beyond what a loaded machine takes: who waits so long has found a fault. */
export const patienceMs = 180_000

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

interface Wait {
  /** Adds to the message of a wait that was in vain. */
  readonly why?: () => string | Promise<string>
  readonly everyMs?: number
  /** Its limit; ten times of what it takes, where that is more than any other wait takes. */
  readonly withinMs?: number
}

/** Asks again until there is an answer. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { why = () => '', everyMs = 100, withinMs = patienceMs }: Wait = {},
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`waited ${withinMs / 1000} s for ${what}. ${await why()}`)
    await sleep(everyMs)
  }
}

/** Waits for what comes by itself, no longer than for anything else. */
export async function inTime<T>(what: string, coming: Promise<T>, wait: Pick<Wait, 'why'> = {}): Promise<T> {
  let outcome: { readonly value: T } | undefined
  const came = coming.then((value) => (outcome = { value }))
  return (await Promise.race([came, until(what, () => outcome, wait)])).value
}
