// Asks the server for both ends of a flow record's connections. A record that was written a moment ago may be asked before
// the other end's is stored; it is asked again until that cannot be the reason any more.
import { sleep } from '@margay/kit'
import type { ConnectionEnds, EndsResponse } from '@margay/wire'
import type { Context } from '../context.ts'

type FlowRecord = Readonly<{ [name: string]: unknown }>

/** Connections of one record that are told. */
const mostTold = 3
const againMs = 2_000
/** The server takes an agent's silence for an answer after ten seconds. */
const mostTries = 8

const isWaiting = ({ fate, evidence }: ConnectionEnds): boolean =>
  fate === 'cannot_tell' && evidence.some(({ from }) => from === 'silence')

/** The answer, once no record of the other end can be on its way. */
export async function askBothEnds({ client, signal }: Context, record: FlowRecord): Promise<EndsResponse> {
  for (let left = mostTries; ; left--) {
    const answer = await client.post('ends', { record, limit: mostTold })
    if (left === 0 || signal.aborted || !answer.connections.some(isWaiting)) return answer
    await sleep(againMs, signal)
  }
}
