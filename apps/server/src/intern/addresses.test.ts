import { describe, expect, it } from 'vitest'
import { createAddresses } from './addresses.ts'

const now = 1_793_000_000
const hour = 3600

describe('an address', () => {
  it('is the host’s that says so, until it says otherwise', () => {
    const addresses = createAddresses()
    addresses.setOwn('a', ['10.0.0.1', '192.168.122.1'])
    expect(addresses.agentsOf('192.168.122.1', now)).toEqual(['a'])
    addresses.setOwn('a', ['10.0.0.1'])
    expect(addresses.agentsOf('192.168.122.1', now)).toEqual([])
    expect(addresses.agentsOf('10.0.0.1', now + 9 * hour)).toEqual(['a'])
  })
  it('is the one’s who saw an end of its own there, for an hour after the last time', () => {
    const addresses = createAddresses()
    addresses.note('a', '172.17.0.2', now)
    addresses.note('a', '172.17.0.2', now + hour)
    const has = (moment: number) => addresses.has('a', '172.17.0.2', moment)
    expect([now - 7 * hour, now, now + 2 * hour, now + 2 * hour + 1].map(has)).toEqual([true, true, true, false])
    expect(addresses.agentsOf('172.17.0.2', now + 2 * hour + 1)).toEqual([])
  })
  it('may be several’s, each of which has it', () => {
    const addresses = createAddresses()
    addresses.setOwn('a', ['172.17.0.1'])
    addresses.setOwn('b', ['172.17.0.1'])
    addresses.note('b', '172.17.0.1', now)
    expect(addresses.agentsOf('172.17.0.1', now)).toEqual(['a', 'b'])
    expect(['a', 'b', 'c'].map((agent) => addresses.has(agent, '172.17.0.1', now))).toEqual([true, true, false])
    addresses.setOwn('a', [])
    expect(addresses.agentsOf('172.17.0.1', now)).toEqual(['b'])
  })
})
