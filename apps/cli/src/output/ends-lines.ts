// Both ends of a failed or slow connection under its line: the server's sentence, then what each place saw.
import { printSocketAddress } from '@margay/model'
import type { ConnectionEnds, EndsEvidence, EndsResponse } from '@margay/wire'
import type { LineOptions } from './flow-line.ts'
import { formatCount, formatTime } from './numbers.ts'
import { safeText } from './safe-text.ts'

const indent = ' '.repeat(11)

const placeWords: { readonly [P in EndsEvidence['at']]: string } = {
  source: 'source',
  way: 'way',
  destination: 'destination',
  unknown: 'policies',
}
const widest = placeWords.destination.length

const address = ({ ip, port }: ConnectionEnds['source']) =>
  printSocketAddress({ ip, ...(port !== undefined && { port }) })

/** `14:02:11.250 `: two nodes' times of one connection are compared. */
const exactTime = (ms: number, { now, utc }: LineOptions): string =>
  `${formatTime(Math.floor(ms / 1000), now, utc)}.${String(Math.floor(ms) % 1000).padStart(3, '0')} `

function evidenceLine({ at, host, time, text }: EndsEvidence, options: LineOptions): string {
  const when = time === undefined ? '' : exactTime(time, options)
  const on = host === undefined ? '' : `${safeText(host)}: `
  return `${indent}  ${options.paint.faint(placeWords[at].padEnd(widest))}  ${when}${on}${safeText(text)}`
}

function connectionLines(connection: ConnectionEnds, options: LineOptions): readonly string[] {
  const { sentence, sure, source, dest, evidence } = connection
  const { paint } = options
  const doubt = sure ? '' : ` ${paint.warn('(not certain)')}`
  return [
    `${indent}${paint.strong(`└ ${safeText(sentence)}`)}${doubt}`,
    `${indent}  ${paint.faint(`${address(source)} → ${address(dest)}`)}`,
    ...evidence.map((each) => evidenceLine(each, options)),
  ]
}

/** Lines without their ends; none where there is nothing to explain. */
export function endsLines({ connections, more, exact }: EndsResponse, options: LineOptions): readonly string[] {
  const count = exact ? formatCount(more) : `at least ${formatCount(more)}`
  const rest = more > 0 && connections.length > 0 ? [`${indent}${options.paint.faint(`and ${count} more`)}`] : []
  return [...connections.flatMap((connection) => connectionLines(connection, options)), ...rest]
}
