// The client's side of a probe: a program in a pod that connects wherever it is told to. Orders are JSON lines on a unix socket,
// which no policy governs, and results come back on it as they end.
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface Order {
  readonly id: number
  readonly protocol: 'TCP' | 'UDP'
  readonly ip: string
  readonly port: number
}

export interface Result {
  readonly id: number
  readonly verdict: 'allow' | 'deny'
  /** `answered`, or the error; a rule of the lab refuses, so anything but answered and ECONNREFUSED is a fault of the lab. */
  readonly how: string
}

export interface Probe {
  try(order: Omit<Order, 'id'>): Promise<Result>
}

export function createProbe(socket: Socket): Probe {
  let last = 0
  const waiting = new Map<number, (result: Result) => void>()
  createInterface({ input: socket }).on('line', (line) => {
    const result = JSON.parse(line) as Result
    waiting.get(result.id)?.(result)
    waiting.delete(result.id)
  })
  return {
    try: (order) =>
      new Promise((resolve) => {
        const id = ++last
        waiting.set(id, resolve)
        socket.write(`${JSON.stringify({ ...order, id })}\n`)
      }),
  }
}
