import { describe, expect, it } from 'vitest'
import { createOrders } from './orders.ts'

const never = new AbortController().signal

describe('orders', () => {
  it('wake everybody who waits, at each change', async () => {
    const orders = createOrders()
    const waiting = [orders.changed(never), orders.changed(never)]
    orders.setWatched(true)
    await Promise.all(waiting)
    const next = orders.changed(never)
    orders.setHandover(1_793_000_000_500)
    await next
    expect([orders.watched, orders.handover]).toEqual([true, 1_793_000_000_500])
  })
  it('number two handovers of one millisecond, and one by a clock that was set back, as two', () => {
    const orders = createOrders()
    const numbers = [500.5, 500.5, 400].map((at) => {
      orders.setHandover(at)
      return orders.handover
    })
    expect(numbers).toEqual([500, 501, 502])
  })
  it('let go of who is gone', async () => {
    const orders = createOrders()
    const gone = new AbortController()
    const waiting = orders.changed(gone.signal)
    gone.abort()
    await waiting
    await orders.changed(gone.signal)
  })
})
