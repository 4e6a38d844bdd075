// `margay policy explain` of the server's cluster: one flow, or a stored record, by the policies of any moment.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseJsonExact, printJsonExact } from '@margay/model'
import { carriesPorts, protocolName, protocolNumber } from '@margay/policy'
import type { PolicyExplainRequest, PolicyExplanation } from '@margay/wire'
import { momentOf, tellUnknown } from '../../ask/as-of.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { formatTime } from '../../output/numbers.ts'
import { safeText } from '../../output/safe-text.ts'
import { unreadable } from '../import.ts'
import type { ExplainOptions } from './explanation-lines.ts'
import { explanationLines, refuseOther } from './explanation-lines.ts'

export interface ServerOptions extends ExplainOptions {
  readonly at?: string
  readonly record?: string
}

export const endsHint = 'write --from shop/web --to shop/db:5432'

/** An end and its port; the server knows what the name means. */
function splitPort(flag: string, end: string): { readonly end: string; readonly port?: string } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\s]+))(?::([^:\s]+))?$/.exec(end) ?? []
  const name = bracketed ?? plain
  if (name !== undefined) return { end: name, ...(port !== undefined && { port }) }
  // An IPv6 address without brackets has no port.
  if (/^[0-9a-fA-F:.]+$/.test(end)) return { end }
  throw new CliError(`cannot read ${flag} "${safeText(end)}"; ${endsHint}`, 2)
}

function sourcePort(port: string): number {
  if (/^\d+$/.test(port)) return Number(port)
  throw new CliError(`cannot read port "${safeText(port)}" of --from; a number is expected`, 2)
}

const portOf = (port: string): string | number => (/^\d+$/.test(port) ? Number(port) : port)

function flowRequest({ from, to, protocol, pending }: ServerOptions): PolicyExplainRequest {
  if (from === undefined || to === undefined) {
    throw new CliError(`${from === undefined ? '--from' : '--to'} is missing; ${endsHint}, or --record FILE`, 2)
  }
  const [source, destination] = [splitPort('--from', from), splitPort('--to', to)]
  const number = protocolNumber(/^\d+$/.test(protocol) ? Number(protocol) : protocol)
  if (destination.port === undefined && number !== undefined && carriesPorts(number)) {
    throw new CliError(`--to ${safeText(to)} has no port, and ${protocolName(number)} has one; ${endsHint}`, 2)
  }
  return {
    source: source.end,
    destination: destination.end,
    protocol: /^\d+$/.test(protocol) ? Number(protocol) : protocol,
    pending: pending ?? false,
    ...(destination.port !== undefined && { port: portOf(destination.port) }),
    ...(source.port !== undefined && { sourcePort: sourcePort(source.port) }),
  }
}

/** The first record of a file: one JSON object a line, as `margay observe -o json` prints them. */
async function recordRequest(file: string, { from, to, pending }: ServerOptions): Promise<PolicyExplainRequest> {
  if (from !== undefined || to !== undefined) {
    throw new CliError('--record says who starts it and who answers; leave --from and --to out', 2)
  }
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(unreadable(file))
  const line = content.split('\n').find((each) => each.trim() !== '')
  const name = file === '-' ? 'standard input' : file
  if (line === undefined) throw new CliError(`${name} holds no record`, 2)
  try {
    return { record: parseJsonExact(line) as Record<string, unknown>, pending: pending ?? false }
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new CliError(`${name}:1: is no JSON record: ${safeText(words)}`, 2, { cause })
  }
}

const recordedWords = { allow: 'allowed', deny: 'denied', unknown: 'without a verdict' } as const

/** What was observed of a record, by what and with which trace. */
function recordedLine({
  verdict,
  evidence,
  evidenceSource,
  trace,
}: NonNullable<PolicyExplanation['recorded']>): string {
  const by = evidence === 'unknown' ? '' : `, ${evidence}${evidenceSource === undefined ? '' : ` by ${evidenceSource}`}`
  const hits = trace.map(({ words }) => words).join('; ')
  return `recorded as ${recordedWords[verdict]}${by}${hits === '' ? '' : `: ${hits}`}`
}

function lines(answer: PolicyExplanation, { paint, now, utc }: Context, isOfThePast: boolean): readonly string[] {
  const told = explanationLines(answer, answer.verdict, paint)
  const recorded = answer.recorded ? [safeText(recordedLine(answer.recorded))] : []
  const notes = answer.notes.map((note) => paint.faint(safeText(note)))
  const moment = isOfThePast ? [paint.faint(`as of ${formatTime(answer.at, now(), utc)}`)] : []
  return [...told, ...recorded, ...notes, ...moment]
}

export async function explainServer(context: Context, options: ServerOptions): Promise<void> {
  const at = momentOf(options, context)
  const request = options.record === undefined ? flowRequest(options) : await recordRequest(options.record, options)
  const answer = await context.client.post('policyExplain', { ...request, ...(at !== undefined && { at }) })
  if (options.output === 'json') await context.output.out(`${printJsonExact(answer)}\n`)
  else {
    tellUnknown(context, answer)
    const isOfThePast = at !== undefined || options.record !== undefined
    await context.output.out(
      lines(answer, context, isOfThePast)
        .map((line) => `${line}\n`)
        .join(''),
    )
  }
  refuseOther(answer.verdict, options)
}
