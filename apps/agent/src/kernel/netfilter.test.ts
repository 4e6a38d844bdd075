// Reading from netfilter where the kernel is too fast, or answers late: neither can be caused at will.
import { describe, expect, it } from 'vitest'
import { request } from '../netlink/message.ts'
import type { Native, NativeError } from './native.ts'
import { openNetfilter } from './netfilter.ts'
import type { NetfilterOptions } from './netfilter.ts'

const event = (type: number) => request(type, Buffer.alloc(4))
const answer = (sequence: number, errno: number) => {
  const body = Buffer.alloc(20)
  body.writeInt32LE(-errno, 0)
  body.writeUInt32LE(sequence, 12)
  return request(2, body)
}
const overrun = Object.assign(new Error('receive'), { errno: 105, log: '' }) satisfies NativeError
const ask = (sequence: number) => request(1, Buffer.alloc(4), { sequence })

/** What one call after the other receives: messages, or that some were thrown away. */
function setUp(waiting: (readonly Buffer[] | NativeError)[], options: NetfilterOptions = {}) {
  const native = {
    socket: () => 7,
    send: () => {},
    closeDescriptor: () => {},
    receive(_: number, into: Buffer) {
      const next = waiting.shift() ?? []
      if (next instanceof Error) throw next
      return Buffer.concat(next).copy(into)
    },
  } as unknown as Native
  const taken: number[] = []
  let overruns = 0
  const socket = openNetfilter(native, {
    take: ({ type }) => taken.push(type),
    onOverrun: () => overruns++,
    ...options,
  })
  return { socket, taken, waiting, overruns: () => overruns }
}

describe('a socket to netfilter', () => {
  it('reads what waits, as far as the bound of a look allows', () => {
    const { socket, taken, waiting } = setUp([[event(20)], [event(21), event(22)], [event(23)]], { readsPerLook: 2 })
    expect([socket.look(), taken]).toEqual([true, [20, 21, 22]])
    expect([socket.read(), waiting.length]).toEqual([false, 1])
    expect([socket.look(), taken.at(-1)]).toEqual([true, 23])
    expect(socket.look()).toBe(false)
  })

  it('counts that messages were thrown away, and goes on', () => {
    const { socket, taken, overruns } = setUp([[event(20)], overrun, [event(21)]])
    expect([socket.look(), taken, overruns()]).toEqual([true, [20, 21], 1])
  })

  it('finds the answer behind other messages, and takes none that belongs to an earlier question', () => {
    const { socket, taken } = setUp([[event(20), answer(1, 16)], overrun, [event(21), answer(2, 1)], [event(22)]])
    expect([socket.ask(ask(2)), taken]).toEqual([1, [20, 21]])
  })

  it('tells the first refusal among the answers to several requests', () => {
    const { socket } = setUp([[answer(4, 0), answer(5, 95), answer(6, 1)]])
    expect(socket.ask(Buffer.concat([ask(4), ask(5), ask(6)]))).toBe(95)
  })

  it('ends where no answer comes, however much else does', () => {
    const { socket, waiting } = setUp(Array.from({ length: 1000 }, () => [event(20)]))
    expect(socket.ask(ask(1))).toBe(0)
    expect(waiting.length).toBeGreaterThan(900)
  })
})
