import { describe, expect, it } from 'vitest'
import { createClientDomains } from './client-domains.ts'

describe('names that a client asked for', () => {
  it('are its own, the latest first, and those of its namespace where it asked for none', () => {
    const domains = createClientDomains({ clock: () => 1000 })
    domains.note(1, 10, 'a.test', ['A'], 1000)
    domains.note(1, 10, 'b.test', ['A'], 1000)
    domains.note(1, 11, 'c.test', ['A'], 1000)
    domains.note(2, 20, 'd.test', ['A'], 1000)
    expect(domains.find(1, 10, 'A')).toEqual(['b.test', 'a.test'])
    expect(domains.find(1, 12, 'A')).toEqual(['c.test', 'b.test', 'a.test'])
    expect(domains.find(2, 10, 'A')).toEqual(['d.test'])
    expect(domains.find(3, 10, 'A')).toEqual([])
  })

  it('outlive their time to live and end an hour after the answer', () => {
    let now = 0
    const domains = createClientDomains({ clock: () => now })
    domains.note(1, 10, 'a.test', ['A'], 0)
    now = 3_599_000
    expect(domains.find(1, 10, 'A')).toEqual(['a.test'])
    now = 3_600_000
    expect(domains.find(1, 10, 'A')).toEqual([])
  })

  it('stay within their bounds, the oldest first to go', () => {
    const bounds = { maxClients: 4, maxAddresses: 2, maxNames: 2, keepMs: 1000 }
    const domains = createClientDomains({ clock: () => 0 }, bounds)
    for (const name of ['a', 'b', 'c']) domains.note(1, 10, name, ['A'], 0)
    for (const address of ['B', 'C']) domains.note(1, 10, 'd', [address], 0)
    expect(domains.find(1, 10, 'A')).toEqual([])
    expect(domains.find(1, 10, 'B')).toEqual(['d'])
    for (let netns = 2; netns < 9; netns++) domains.note(netns, 0, 'e', ['A'], 0)
    expect(domains.find(1, 10, 'B')).toEqual([])
  })
})
