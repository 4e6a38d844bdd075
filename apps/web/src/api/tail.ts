// The live stream of one tab: one event stream carries what all its parts subscribed to. A hidden tab lets its stream go
// and takes it up again when it is seen, because a browser grants one server only six connections over HTTP/1.1.
import { parseJsonExact, type LogType, type Row } from '@margay/model'
import { tailEvents, type TailState, type TailSubscription } from '@margay/wire'
import { addressOf } from './http.ts'
import { readRows } from './question.ts'

export interface TailListener {
  readonly type: LogType
  readonly query: string
  readonly zone: string
  /** New rows. Provisional ones are of the last second and are replaced by lasting ones within the interval. */
  onRows(rows: readonly Row[], provisional: boolean): void
  onState(state: StreamState): void
}

export type StreamState =
  | { readonly kind: 'connecting' }
  | ({ readonly kind: 'open' } & TailState)
  | { readonly kind: 'lost'; readonly since: number }

const listeners = new Map<string, TailListener>()
let stream: EventSource | undefined
let lastId = 0
let restart: ReturnType<typeof setTimeout> | undefined

/** Subscribes until the returned function is called. */
export function tail(listener: TailListener): () => void {
  const id = `t${++lastId}`
  listeners.set(id, listener)
  scheduleRestart()
  return () => {
    listeners.delete(id)
    scheduleRestart()
  }
}

/** Subscriptions change several at a time, when a page opens; one new stream serves them all. */
function scheduleRestart(): void {
  clearTimeout(restart)
  restart = setTimeout(connect, 0)
}

function connect(): void {
  stream?.close()
  stream = undefined
  if (listeners.size === 0 || document.hidden) return
  const subscriptions = [...listeners].map(([id, { type, query, zone }]): TailSubscription => ({
    id,
    logType: type.name,
    query,
    zone,
  }))
  stream = new EventSource(addressOf('tail', { subscriptions: JSON.stringify(subscriptions) }))
  tellAll({ kind: 'connecting' })
  stream.addEventListener('rows', (event: MessageEvent<string>) => receiveRows(event.data))
  stream.addEventListener('state', (event: MessageEvent<string>) => {
    tellAll({ kind: 'open', ...tailEvents.state.parse(parseJsonExact(event.data)) })
  })
  stream.addEventListener('error', reconnect)
}

/** The browser tries again by itself unless the server refused; then we do, less often. */
const retryMs = 3000

function reconnect(): void {
  tellAll({ kind: 'lost', since: Math.floor(Date.now() / 1000) })
  if (stream?.readyState !== EventSource.CLOSED) return
  clearTimeout(restart)
  restart = setTimeout(connect, retryMs)
}

function receiveRows(data: string): void {
  const { id, provisional, rows } = tailEvents.rows.parse(parseJsonExact(data))
  const listener = listeners.get(id)
  listener?.onRows(readRows(listener.type, rows, Math.ceil(Date.now() / 1000)), provisional)
}

function tellAll(state: StreamState): void {
  for (const listener of listeners.values()) listener.onState(state)
}

document.addEventListener('visibilitychange', scheduleRestart)
