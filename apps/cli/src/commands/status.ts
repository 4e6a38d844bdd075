// `margay status`: the state of every part, one line each.
import type { Health, Part, Source } from '@margay/wire'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../fail.ts'
import { formatBytes, formatCount } from '../output/numbers.ts'
import type { Paint } from '../output/paint.ts'
import { safeText } from '../output/safe-text.ts'

type State = Part['state']

const marks: Readonly<Record<State, string>> = { ready: '✓', starting: '…', degraded: '!', failed: '✕', off: '–' }
const paints: Readonly<Record<State, (paint: Paint) => (text: string) => string>> = {
  ready: (paint) => paint.allow,
  starting: (paint) => paint.warn,
  degraded: (paint) => paint.warn,
  failed: (paint) => paint.deny,
  off: (paint) => paint.faint,
}

const head = (name: string, state: State, paint: Paint) =>
  `${paints[state](paint)(`${marks[state]} ${state.padEnd(8)}`)} ${safeText(name).padEnd(18)}`

const lostText = (lost: Part['lost']) => lost.map(({ what, count }) => `${formatCount(count)} ${what}`).join(', ')

function partLine({ name, state, says, hint, queue, lagSeconds, ratePerSecond, lost }: Part, paint: Paint): string {
  const facts = [
    says,
    queue && queue.length > 0 ? `${formatCount(queue.length)} of ${formatCount(queue.limit)} waiting` : '',
    lagSeconds !== undefined && lagSeconds >= 1 ? `${Math.round(lagSeconds)} s behind` : '',
    ratePerSecond !== undefined && ratePerSecond > 0 ? `${formatCount(Math.round(ratePerSecond))}/s` : '',
    lost.length > 0 ? paint.deny(`lost: ${lostText(lost)}`) : '',
    hint !== undefined && state !== 'ready' ? hint : '',
  ]
  return `${head(name, state, paint)} ${facts.filter((fact) => fact !== '').join(' · ')}`
}

function sourceLine({ id, state, says, rowsPerSecond, rowsTotal, lost, collectors }: Source, paint: Paint): string {
  const poor = collectors.filter((collector) => collector.state === 'degraded' || collector.state === 'failed')
  const facts = [
    says,
    `${formatCount(Math.round(rowsPerSecond))} rows/s`,
    `${formatCount(rowsTotal)} so far`,
    lost.length > 0 ? paint.deny(`lost: ${lostText(lost)}`) : '',
    poor.length > 0 ? paint.warn(poor.map(({ title, says: why }) => `${title}: ${why}`).join('; ')) : '',
  ]
  return `${head(id, state, paint)} ${facts.filter((fact) => fact !== '').join(' · ')}`
}

export function statusLines(health: Health, server: string, paint: Paint): string[] {
  const { state, version, demo, parts, sources, tables } = health
  const title = `Margay ${version} at ${server}${demo ? ', demo data' : ''}`
  return [
    `${head('all', state, paint)} ${paint.strong(title)}`,
    ...parts.map((part) => partLine(part, paint)),
    ...sources.map((source) => sourceLine(source, paint)),
    ...tables.map(({ logType, rows, bytes }) => {
      const facts = `${formatCount(rows)} rows, ${formatBytes(bytes)}`
      return `${head(`table ${logType}`, 'ready', paint)} ${facts}`
    }),
  ]
}

async function status(context: Context, options: { readonly json?: boolean }): Promise<void> {
  const health = await context.client.get('health')
  if (options.json) await context.output.out(`${JSON.stringify(health)}\n`)
  else
    await context.output.out(
      statusLines(health, context.client.server, context.paint)
        .map((line) => `${line}\n`)
        .join(''),
    )
  if (health.state === 'failed') throw new CliError('a part of the server does not work', 1)
}

export function statusCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('status')
    .description('show the state of every part of the server')
    .option('--json', 'as the API tells it')
    .addHelpText('after', '\nExit codes: 0 works, 1 a part has failed, 3 no server answers.')
  return command.action((options: { readonly json?: boolean }) => status(contextOf(command), options))
}
