// GET /tail: server-sent events. One connection carries several subscriptions. Rows go out every 100 ms, a state every
// second whether rows came or not; a reader that is too slow loses rows, never the state, and is told how many.
import type { ServerResponse } from 'node:http'
import { writeRow } from '@margay/model'
import type { LogType } from '@margay/model'
import { tailRequestSchema } from '@margay/wire'
import type { TailRows, TailState } from '@margay/wire'
import type { Live, Subscriber } from '../live/live.ts'
import type { ApiDeps } from './context.ts'
import { logTypeOf, readFilter } from './filter.ts'
import { decode, printJson, readJson } from './json.ts'

const rowsEveryMs = 100
const stateEveryMs = 1000
/** What may wait in the socket before rows are left out. */
const maxWaitingBytes = 4 * 1024 * 1024

interface Channel {
  readonly id: string
  readonly type: LogType
  readonly subscriber: Subscriber
}

/** Opens the subscriptions of a request. Throws where one cannot be read; then none is open. */
export function openChannels(subscriptions: string, deps: Pick<ApiDeps, 'live' | 'now'>): Channel[] {
  const request = decode(tailRequestSchema, { subscriptions: readJson(subscriptions) }, 'subscriptions')
  const read = request.subscriptions.map(({ id, logType, query, zone }) => {
    const type = logTypeOf(logType)
    return { id, type, filter: readFilter(type, { query, zone }, deps.now()).bound }
  })
  return read.map(({ id, type, filter }) => ({
    id,
    type,
    subscriber: deps.live.subscribe({ logType: type, filter }),
  }))
}

const event = (name: 'rows' | 'state', data: TailRows | TailState): string =>
  `event: ${name}\ndata: ${printJson(data)}\n\n`

/** Takes what waits in a channel, as events; provisional rows apart from lasting ones. */
function eventsOf({ id, type, subscriber }: Channel): { readonly text: string; readonly rows: number } {
  const pending = subscriber.take()
  if (!pending) return { text: '', rows: 0 }
  const { lasting, provisional } = pending
  const part = (rows: typeof lasting, isProvisional: boolean) =>
    rows.length === 0
      ? ''
      : event('rows', { id, provisional: isProvisional, rows: rows.map((row) => writeRow(type, row)) })
  return { text: part(provisional, true) + part(lasting, false), rows: lasting.length + provisional.length }
}

function stateOf(live: Live, now: number, dropped: number): TailState {
  const newest = live.newest()
  return { now, lagSeconds: newest === undefined ? 0 : Math.max(0, now - newest), dropped }
}

/** Writes events until the reader goes away or the server ends. */
export function streamTail(
  response: ServerResponse,
  channels: readonly Channel[],
  deps: Pick<ApiDeps, 'live' | 'now'>,
  signal: AbortSignal,
): void {
  let dropped = 0
  const flush = () => {
    for (const channel of channels) {
      const { text, rows } = eventsOf(channel)
      if (response.writableLength > maxWaitingBytes) dropped += rows
      else if (text !== '') response.write(text)
    }
  }
  const tell = () => {
    const all = channels.reduce((sum, { subscriber }) => sum + subscriber.dropped, dropped)
    response.write(event('state', stateOf(deps.live, deps.now(), all)))
  }
  const timers = [setInterval(flush, rowsEveryMs), setInterval(tell, stateEveryMs)]
  const end = () => {
    timers.forEach((timer) => clearInterval(timer))
    for (const { subscriber } of channels) subscriber.close()
    response.end()
  }
  if (signal.aborted) return end()
  response.once('close', end)
  signal.addEventListener('abort', end, { once: true })
  // A browser that was cut off comes back after a second.
  response.write('retry: 1000\n\n')
  tell()
}
