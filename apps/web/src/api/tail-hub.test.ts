import { describe, expect, it } from 'vitest'
import { createTailHub, type HubWord, type Stream } from './tail-hub.ts'

/** A stream whose events the test sends. */
interface FakeStream extends Stream {
  readonly subscriptions: readonly { readonly id: string; readonly logType: string; readonly query: string }[]
  readyState: number
  send(name: string, data?: object): void
}

function bench() {
  const streams: FakeStream[] = []
  const waiting = new Map<() => void, number>()
  const open = (address: string): Stream => {
    const listeners = new Map<string, (event: { data?: unknown }) => void>()
    const stream: FakeStream = {
      subscriptions: JSON.parse(new URL(address, 'http://x').searchParams.get('subscriptions') ?? ''),
      readyState: 1,
      addEventListener: (name, listener) => listeners.set(name, listener),
      close: () => (stream.readyState = 2),
      send: (name, data) => listeners.get(name)?.({ data: JSON.stringify(data) }),
    }
    streams.push(stream)
    return stream
  }
  const later = (action: () => void, ms: number) => {
    waiting.set(action, ms)
    return () => waiting.delete(action)
  }
  /** Lets time pass, up to some milliseconds. */
  const pass = (upTo = 0) => {
    for (const [action, ms] of waiting) if (ms <= upTo && waiting.delete(action)) action()
  }
  const hub = createTailHub('/tail', { open, later, now: () => 1000 })
  const seat = () => {
    const heard: HubWord[] = []
    return { heard, hear: (word: HubWord) => void heard.push(word) }
  }
  const alive = () => streams.filter(({ readyState }) => readyState !== 2)
  return { hub, seat, pass, alive, streams }
}

const flows = (id: string, query = '') => ({ id, logType: 'flows', query, zone: 'UTC' })

describe('the hub of live streams', () => {
  it('serves several tabs by one stream, each by its own ids', () => {
    const { hub, seat, pass, alive } = bench()
    const [one, two] = [seat(), seat()]
    hub.set(one.hear, [flows('t1', 'proto: tcp')])
    hub.set(two.hear, [flows('t1', 'proto: udp'), flows('t2', 'proto: tcp')])
    pass()
    expect(alive()).toHaveLength(1)
    const [stream] = alive()
    expect(stream?.subscriptions.map(({ query }) => query)).toEqual(['proto: tcp', 'proto: udp'])
    const [tcp, udp] = stream!.subscriptions
    stream!.send('rows', { id: tcp!.id, rows: [] })
    stream!.send('rows', { id: udp!.id, rows: [] })
    const ids = (heard: readonly HubWord[]) => heard.flatMap((word) => (word.kind === 'rows' ? [word.ids] : []))
    expect(ids(one.heard)).toEqual([['t1']])
    expect(ids(two.heard)).toEqual([['t2'], ['t1']])
  })

  it('does not start anew for a tab that asks what is asked already, and tells it how the stream is', () => {
    const { hub, seat, pass, streams } = bench()
    const [one, two] = [seat(), seat()]
    hub.set(one.hear, [flows('a')])
    pass()
    streams[0]!.send('state', { now: 1 })
    hub.set(two.hear, [flows('b')])
    pass()
    expect(streams).toHaveLength(1)
    expect(two.heard).toEqual([{ kind: 'state', data: '{"now":1}' }])
  })

  it('lets go what a tab that left had asked, and the stream with the last one', () => {
    const { hub, seat, pass, alive } = bench()
    const [one, two] = [seat(), seat()]
    hub.set(one.hear, [flows('a', 'x: 1')])
    hub.set(two.hear, [flows('a', 'x: 2')])
    pass()
    hub.set(one.hear, [])
    pass()
    expect(alive().map(({ subscriptions }) => subscriptions.map(({ query }) => query))).toEqual([['x: 2']])
    hub.set(two.hear, [])
    pass()
    expect(alive()).toEqual([])
  })

  it('tries again by itself where the browser gave up, also after a tab said the same again', () => {
    const { hub, seat, pass, alive, streams } = bench()
    const one = seat()
    hub.set(one.hear, [flows('a')])
    pass()
    streams[0]!.readyState = 2
    streams[0]!.send('error')
    expect(one.heard.at(-1)).toEqual({ kind: 'lost', since: 1000 })
    hub.set(one.hear, [flows('a')])
    pass(3000)
    expect(alive()).toHaveLength(1)
    expect(one.heard.at(-1)).toEqual({ kind: 'connecting' })
  })

  it('leaves a stream alone that the browser opens again itself', () => {
    const { hub, seat, pass, streams } = bench()
    hub.set(seat().hear, [flows('a')])
    pass()
    streams[0]!.readyState = 0
    streams[0]!.send('error')
    pass(60_000)
    expect(streams).toHaveLength(1)
  })

  it('opens a second stream where one cannot hold all questions', () => {
    const { hub, seat, pass, alive } = bench()
    const questions = Array.from({ length: 20 }, (_, at) => flows(`t${at}`, `dest_port: ${at}`))
    hub.set(seat().hear, questions)
    pass()
    expect(alive().map(({ subscriptions }) => subscriptions.length)).toEqual([16, 4])
  })
})
