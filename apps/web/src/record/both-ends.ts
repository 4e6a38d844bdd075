// Words around the sentence about both ends, which is the server's. Pure.
import { printSocketAddress } from '@margay/model'
import { formatAtLeast } from '../format/number.ts'
import { formatClock } from '../format/time.ts'
import type { ConnectionEnds, EndsEvidence, EndsResponse, Place } from '@margay/wire'

export const placeWords: { readonly [P in Place]: string } = {
  source: 'Source',
  way: 'On the way',
  destination: 'Destination',
  unknown: 'Policies',
}

/** Where a piece of evidence comes from, as a title. */
export const sourceWords: { readonly [F in EndsEvidence['from']]: string } = {
  exemplar: 'This very connection, by its addresses and ports',
  record: 'A record of the pair that does not name the connection',
  silence: 'An agent that reports and did not see it',
  coverage: 'No agent, or none that reported then',
  policy: 'The policies of that moment, evaluated',
  dns: 'Lookups before the connection',
}

const address = ({ ip, port }: ConnectionEnds['source']) =>
  printSocketAddress({ ip, ...(port !== undefined && { port }) })

/** `tcp 10.0.0.1:40000 → 10.0.0.2:80`. */
export const endsOf = ({ proto, source, dest }: ConnectionEnds): string =>
  `${proto} ${address(source)} → ${address(dest)}`

/** `14:02:11.250`: two nodes' times of one connection are compared. */
export const exactClock = (ms: number, zone: string): string =>
  `${formatClock(Math.floor(ms / 1000), zone)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`

/** Connections of which one and the same is said: the sentence once, the connections in their order. */
export function groupsOf(connections: readonly ConnectionEnds[]): readonly (readonly ConnectionEnds[])[] {
  return [...Map.groupBy(connections, ({ sentence, sure }) => `${sure} ${sentence}`).values()]
}

/** How many connections are not shown. */
export const moreWords = ({ more, exact }: Pick<EndsResponse, 'more' | 'exact'>): string =>
  `And ${formatAtLeast(more, exact)} more that failed or were slow.`

/** As long as agents and store need for what happened a moment ago. */
const youngMs = 60_000

/** Whether an answer may be another one in a moment. */
export const mayChange = ({ connections }: EndsResponse, nowMs: number): boolean =>
  connections.some(({ sure, start }) => !sure && nowMs - start < youngMs)
