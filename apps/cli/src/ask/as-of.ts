// The moment and the time of the traffic that commands about objects ask for, and what the server does not know of them.
import { resolveMoment } from '@margay/query'
import type { AsOf } from '@margay/wire'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../fail.ts'
import { safeText } from '../output/safe-text.ts'
import { parseMoment } from './moment.ts'

export interface AsOfOptions {
  readonly at?: string
}

export interface TrafficOptions extends AsOfOptions {
  readonly since?: string
  readonly until?: string
}

export const addAt = (command: Command) =>
  command.option('--at <time>', 'as it was then: 10m, 1h30m, 7d, 13:48, 2026-11-25T13:48, Unix seconds')

export const addTraffic = (command: Command) =>
  addAt(command)
    .option('--since <time>', 'traffic from then on; an hour before the end unless given')
    .option('--until <time>', 'traffic until then')

const seconds = (text: string | undefined, { now, utc }: Context): number | undefined => {
  if (text === undefined) return undefined
  const present = now()
  return resolveMoment(parseMoment(text, present, utc), Math.floor(present.getTime() / 1000))
}

/** Unix seconds, or undefined for now. Throws for a moment that has not been yet. */
export function momentOf({ at }: AsOfOptions, context: Context): number | undefined {
  if (at === undefined || at === 'now') return undefined
  const moment = seconds(at, context)!
  if (moment <= context.now().getTime() / 1000) return moment
  throw new CliError(`--at ${at} is after now: ${new Date(moment * 1000).toISOString()}`, 2)
}

/** The parameters of a question about objects and traffic. */
export function trafficOf(options: TrafficOptions, context: Context) {
  const [at, from, to] = [momentOf(options, context), seconds(options.since, context), seconds(options.until, context)]
  return { ...(at !== undefined && { at }), ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}

/** Says on standard error what an answer lacks. */
export function tellUnknown({ output }: Context, { unknown }: Pick<AsOf, 'unknown'>): void {
  for (const { what, why, hint } of unknown) {
    output.err(`not known: ${safeText(what)}: ${safeText(why)}${hint === undefined ? '' : `; ${safeText(hint)}`}\n`)
  }
}
