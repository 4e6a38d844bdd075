// The live stream as events. It reads server-sent events itself, because a program wants the headers and the error of the
// answer, which a browser's EventSource keeps to itself.
import { parseJsonExact } from '@margay/model'
import type { TailRows, TailState, TailSubscription } from '@margay/wire'
import type { Client } from './client.ts'
import { pathOf } from './client.ts'

export type TailEvent = ({ readonly kind: 'rows' } & TailRows) | ({ readonly kind: 'state' } & TailState)

/** Blocks of a stream, each without the empty line that ends it. */
async function* blocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true })
    const parts = text.split('\n\n')
    text = parts.pop()!
    yield* parts
  }
}

/** The event of a block, or undefined for a remark or an event of a newer server. */
export function eventOf(block: string): TailEvent | undefined {
  const lines = block.split('\n')
  const read = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
  const kind = read('event')
  const data = read('data')
  if (data === undefined || (kind !== 'rows' && kind !== 'state')) return undefined
  return { kind, ...(parseJsonExact(data) as object) } as TailEvent
}

/** Events until the server ends the stream or `signal` aborts. */
export async function* tailEvents(
  client: Client,
  subscription: TailSubscription,
  signal: AbortSignal,
): AsyncGenerator<TailEvent> {
  const path = pathOf('tail', { subscriptions: JSON.stringify([subscription]) })
  const query = subscription.query
  const response = await client.open(path, { signal, ...(query !== undefined && { query }) })
  for await (const block of blocks(response.body as unknown as AsyncIterable<Uint8Array>)) {
    const event = eventOf(block)
    if (event) yield event
  }
}
