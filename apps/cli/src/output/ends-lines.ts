// Both ends of a failed or slow connection under its line: the server's sentence, then what each place saw.
import { printSocketAddress } from '@margay/model'
import type { ConnectionEnds, EndsEvidence, EndsResponse } from '@margay/wire'
import type { Paint } from './paint.ts'
import { formatCount } from './numbers.ts'
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

function evidenceLine({ at, host, text }: EndsEvidence, { faint }: Paint): string {
  const on = host === undefined ? '' : `${safeText(host)}: `
  return `${indent}  ${faint(placeWords[at].padEnd(widest))}  ${on}${safeText(text)}`
}

function connectionLines(connection: ConnectionEnds, paint: Paint): readonly string[] {
  const { sentence, sure, source, dest, evidence } = connection
  const doubt = sure ? '' : ` ${paint.warn('(not certain)')}`
  return [
    `${indent}${paint.strong(`└ ${safeText(sentence)}`)}${doubt}`,
    `${indent}  ${paint.faint(`${address(source)} → ${address(dest)}`)}`,
    ...evidence.map((each) => evidenceLine(each, paint)),
  ]
}

/** Lines without their ends; none where there is nothing to explain. */
export function endsLines({ connections, more }: EndsResponse, paint: Paint): readonly string[] {
  const rest = more > 0 && connections.length > 0 ? [`${indent}${paint.faint(`and ${formatCount(more)} more`)}`] : []
  return [...connections.flatMap((connection) => connectionLines(connection, paint)), ...rest]
}
