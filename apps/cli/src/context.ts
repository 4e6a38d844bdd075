// What every command is given: where it writes, which time it is, how it paints, and the server it asks.
import type { Client } from './client.ts'
import type { Paint } from './output/paint.ts'

export interface Output {
  /** Resolves when more may be written; a closed pipe ends the command quietly. */
  out(text: string): Promise<void>
  err(text: string): void
  readonly isTerminal: boolean
  /** Of standard error, where progress is drawn. */
  readonly errIsTerminal: boolean
}

export interface Context {
  readonly output: Output
  readonly paint: Paint
  readonly utc: boolean
  readonly now: () => Date
  readonly signal: AbortSignal
  readonly client: Client
}

/** The IANA zone in which the user means dates. */
export const zoneOf = ({ utc }: Pick<Context, 'utc'>): string =>
  utc ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone
