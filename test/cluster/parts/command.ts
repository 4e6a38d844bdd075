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

/** Asks again until there is an answer. `why` adds to the message of a wait that was in vain. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { why = () => '', everyMs = 100 }: { readonly why?: () => string | Promise<string>; readonly everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s for ${what}. ${await why()}`)
    await sleep(everyMs)
  }
}
