// Other programs of the product, run in the foreground. Apps do not import each other: what one needs of another it runs.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from './fail.ts'

/** Entries as the source tree and the bundle have them. */
const entries = {
  server: ['../../server/src/main.ts', './server.mjs'],
  agent: ['../../agent/src/main.ts', './agent.mjs'],
} as const

/** Runs a program with our terminal until it ends. Throws where it is not installed or ends with an error. */
export async function runProgram(
  name: keyof typeof entries,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const entry = entries[name].map((path) => join(import.meta.dirname, path)).find((path) => existsSync(path))
  if (entry === undefined) throw new CliError(`the ${name} is not installed beside this command line`, 2)
  const child = spawn(process.execPath, [entry, ...args], { stdio: 'inherit' })
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (code !== 0 && !signal.aborted) throw new CliError(`the ${name} ended with exit code ${code ?? 'of a signal'}`, 1)
}
