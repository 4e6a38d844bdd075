// How a command ends when it cannot do its work: one message, what to do next, an exit code that scripts can tell apart.
import type { Problem } from '@margay/wire'

/** 1: the work was done in part or the answer is "no". 2: the command was wrong. 3: the server is not there. */
export type ExitCode = 1 | 2 | 3

export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** A problem of the API in words; the place in a query is drawn under it. */
export function problemText({ detail, hint, at }: Problem, query?: string): string {
  const lines = [detail]
  if (at && query !== undefined && query !== '' && !query.includes('\n')) {
    lines.push(`  ${query}`, `  ${' '.repeat(at.from)}${'^'.repeat(Math.max(1, at.to - at.from))}`)
  }
  if (hint) lines.push(hint)
  return lines.join('\n')
}
