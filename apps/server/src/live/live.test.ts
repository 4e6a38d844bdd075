import { dnsLog, flowLog } from '@margay/model'
import type { Row } from '@margay/model'
import { bind, parseKql } from '@margay/query'
import { describe, expect, it } from 'vitest'
import { createLive } from './live.ts'

const now = 1_793_000_000

function filterOf(query: string) {
  const parsed = parseKql(query)
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  const bound = bind(parsed.filter, flowLog, { now })
  if (!bound.ok) throw new Error(bound.errors[0].message)
  return bound.filter
}

const flow = (rest: Row): Row => ({ start_time: now - 10, end_time: now, action: 'allow', ...rest })
const lasting = (rows: readonly Row[]) => ({ logType: 'flows', provisional: false, rows })

describe('live', () => {
  it('gives each subscription what matches it, provisional rows apart', () => {
    const live = createLive({ maxPending: 10, newsSeconds: 120 }, () => now)
    const denied = live.subscribe({ logType: flowLog, filter: filterOf('action: deny') })
    const all = live.subscribe({ logType: flowLog, filter: filterOf('') })
    const lookups = live.subscribe({ logType: dnsLog, filter: filterOf('') })
    live.publish(lasting([flow({}), flow({ action: 'deny' })]))
    live.publish({ ...lasting([flow({ action: 'deny', dest_port: 1 })]), provisional: true })
    expect(denied.take()).toEqual({
      lasting: [flow({ action: 'deny' })],
      provisional: [flow({ action: 'deny', dest_port: 1 })],
    })
    expect(denied.take()).toBeUndefined()
    expect(all.take()?.lasting).toHaveLength(2)
    expect(lookups.take()).toBeUndefined()
  })

  it('holds only so many rows for a reader that does not look, and counts the others', () => {
    const live = createLive({ maxPending: 3, newsSeconds: 120 }, () => now)
    const slow = live.subscribe({ logType: flowLog, filter: filterOf('') })
    live.publish(lasting([flow({}), flow({}), flow({}), flow({}), flow({})]))
    expect(slow.dropped).toBe(2)
    expect(slow.take()?.lasting).toHaveLength(3)
    live.publish(lasting([flow({})]))
    expect(slow.take()?.lasting).toHaveLength(1)
    slow.close()
    expect(live.state()).toEqual({ subscriptions: 0, dropped: 2 })
  })

  it('shows no history that is brought in, and knows how old its newest row is', () => {
    const live = createLive({ maxPending: 10, newsSeconds: 120 }, () => now)
    expect(live.newest()).toBeUndefined()
    const all = live.subscribe({ logType: flowLog, filter: filterOf('') })
    live.publish(lasting([flow({ end_time: now - 121 }), flow({ end_time: now - 120 })]))
    expect(all.take()?.lasting).toHaveLength(1)
    expect(live.newest()).toBe(now - 120)
  })

  it('is watched while somebody subscribes', () => {
    const live = createLive({ maxPending: 10, newsSeconds: 120 }, () => now)
    expect(live.watched()).toBe(false)
    const one = live.subscribe({ logType: flowLog, filter: filterOf('') })
    const other = live.subscribe({ logType: flowLog, filter: filterOf('') })
    one.close()
    one.close()
    expect(live.watched()).toBe(true)
    other.close()
    expect(live.watched()).toBe(false)
  })
})
