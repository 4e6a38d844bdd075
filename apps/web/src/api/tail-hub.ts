// One event stream for many seats: a seat is a tab (or, where tabs cannot share, the page itself) with the subscriptions
// it has. Seats that ask the same question share one subscription. The hub hands texts on as they came: reading rows is
// for the seats. It knows neither workers nor the wire's schemas, so that the shared worker stays small.

/** A seat's subscription, as the wire has it; `id` is the seat's own. */
export interface HubSubscription {
  readonly id: string
  readonly logType: string
  readonly query?: string | undefined
  readonly zone?: string | undefined
}

export type HubWord =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'lost'; readonly since: number }
  /** `data` of a state event. */
  | { readonly kind: 'state'; readonly data: string }
  /** `data` of a rows event, for these of the seat's subscriptions. */
  | { readonly kind: 'rows'; readonly ids: readonly string[]; readonly data: string }

export type Seat = (word: HubWord) => void

/** What the hub uses of an EventSource. */
export interface Stream {
  readonly readyState: number
  addEventListener(name: string, listener: (event: { readonly data?: unknown }) => void): void
  close(): void
}

export interface HubDeps {
  /** Opens an event stream at an address. */
  readonly open: (address: string) => Stream
  /** Unix seconds. */
  readonly now: () => number
  /** Calls back once after some time, unless the returned function is called. */
  readonly later: (action: () => void, ms: number) => () => void
}

export interface TailHub {
  /** Says what a seat is subscribed to from now on; an empty list is a seat that left. */
  set(seat: Seat, subscriptions: readonly HubSubscription[]): void
}

/** Subscriptions that the server takes on one stream. Beyond them the hub opens a second one. */
const mostPerStream = 16
/** EventSource.CLOSED: the server refused, and the browser will not try again by itself. */
const closed = 2
/** Where the browser does not try again, the hub does, and less often. */
const retryMs = 3000

/** `address` is the stream's, without parameters. */
export function createTailHub(address: string, { open, now, later }: HubDeps): TailHub {
  const seats = new Map<Seat, readonly HubSubscription[]>()
  /** The questions on the streams, by their ids there. */
  let asked: ReadonlyMap<string, string> = new Map()
  let streams: readonly Stream[] = []
  let last: HubWord | undefined
  let cancel = () => {}

  const tell = (word: HubWord) => {
    last = word
    for (const seat of seats.keys()) seat(word)
  }
  const hand = (data: string) => {
    const question = asked.get((JSON.parse(data) as { readonly id: string }).id)
    for (const [seat, subscriptions] of seats) {
      const ids = subscriptions.flatMap((each) => (questionOf(each) === question ? [each.id] : []))
      if (ids.length > 0) seat({ kind: 'rows', ids, data })
    }
  }
  const start = (subscriptions: readonly HubSubscription[]): Stream => {
    const stream = open(`${address}?${new URLSearchParams({ subscriptions: JSON.stringify(subscriptions) })}`)
    stream.addEventListener('rows', ({ data }) => hand(String(data)))
    stream.addEventListener('state', ({ data }) => tell({ kind: 'state', data: String(data) }))
    stream.addEventListener('error', () => {
      tell({ kind: 'lost', since: now() })
      if (stream.readyState === closed) schedule(retryMs)
    })
    return stream
  }
  const connect = (wanted: ReadonlyMap<string, HubSubscription>) => {
    streams.forEach((stream) => stream.close())
    const numbered = [...wanted].map(([question, subscription], at) => ({ question, ...subscription, id: `q${at}` }))
    asked = new Map(numbered.map(({ id, question }) => [id, question]))
    last = undefined
    if (numbered.length > 0) tell({ kind: 'connecting' })
    streams = chunks(
      numbered.map(({ id, logType, query, zone }) => ({ id, logType, query, zone })),
      mostPerStream,
    ).map(start)
  }
  const settle = () => {
    const wanted = new Map([...seats.values()].flat().map((each) => [questionOf(each), each]))
    const streamed = new Set(asked.values())
    const same = wanted.size === streamed.size && [...wanted.keys()].every((question) => streamed.has(question))
    if (!same || streams.some(({ readyState }) => readyState === closed)) connect(wanted)
  }
  // Subscriptions change several at a time, when a page opens; one new stream serves them all.
  const schedule = (ms: number) => {
    cancel()
    cancel = later(settle, ms)
  }
  return {
    set(seat, subscriptions) {
      const isNew = !seats.has(seat) && subscriptions.length > 0
      if (subscriptions.length > 0) seats.set(seat, subscriptions)
      else seats.delete(seat)
      if (isNew && last) seat(last)
      schedule(0)
    },
  }
}

const questionOf = ({ logType, query = '', zone = 'UTC' }: HubSubscription): string =>
  JSON.stringify([logType, query, zone])

const chunks = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size))
