// The live rows of a page. What its parts subscribe to goes to the hub, which holds one event stream for the whole browser;
// rows are read here, by the schemas of the log types.
import { parseJsonExact, type LogType, type Row } from '@margay/model'
import { tailEvents, type TailState } from '@margay/wire'
import { addressOf } from './http.ts'
import { readRows } from './question.ts'
import type { HubWord } from './tail-hub.ts'
import { linkToHub, type Subscribe } from './tail-link.ts'

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
let lastId = 0
let subscribe: Subscribe | undefined

/** Subscribes until the returned function is called. */
export function tail(listener: TailListener): () => void {
  const id = `t${++lastId}`
  listeners.set(id, listener)
  announce()
  return () => {
    listeners.delete(id)
    announce()
  }
}

function announce(): void {
  subscribe ??= linkToHub(addressOf('tail'), hear)
  subscribe([...listeners].map(([id, { type, query, zone }]) => ({ id, logType: type.name, query, zone })))
}

function hear(word: HubWord): void {
  if (word.kind === 'rows') receiveRows(word.ids, word.data)
  else tellAll(word.kind === 'state' ? { kind: 'open', ...tailEvents.state.parse(parseJsonExact(word.data)) } : word)
}

function receiveRows(ids: readonly string[], data: string): void {
  const { provisional, rows } = tailEvents.rows.parse(parseJsonExact(data))
  for (const id of ids) {
    const listener = listeners.get(id)
    listener?.onRows(readRows(listener.type, rows, Math.ceil(Date.now() / 1000)), provisional)
  }
}

function tellAll(state: StreamState): void {
  for (const listener of listeners.values()) listener.onState(state)
}
