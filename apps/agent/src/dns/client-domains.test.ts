import { describe, expect, it } from 'vitest'
import { createClientDomains, noNames } from './client-domains.ts'

const plain = (address: string) => [{ address, aliases: [] }]

describe('names that a client asked for', () => {
  it('are its own, the latest first, and those of its namespace where it asked for none', () => {
    const domains = createClientDomains({ clock: () => 1000 })
    domains.note(1, 10, 'a.test', plain('A'), 1000)
    domains.note(1, 10, 'b.test', plain('A'), 1000)
    domains.note(1, 11, 'c.test', plain('A'), 1000)
    domains.note(2, 20, 'd.test', plain('A'), 1000)
    expect(domains.find(1, 10, 'A').domains).toEqual(['b.test', 'a.test'])
    expect(domains.find(1, 12, 'A').domains).toEqual(['c.test', 'b.test', 'a.test'])
    expect(domains.find(2, 10, 'A').domains).toEqual(['d.test'])
    expect(domains.find(3, 10, 'A')).toBe(noNames)
  })

  it('outlive their time to live and end an hour after the answer', () => {
    let now = 0
    const domains = createClientDomains({ clock: () => now })
    domains.note(1, 10, 'a.test', plain('A'), 0)
    now = 3_599_000
    expect(domains.find(1, 10, 'A').domains).toEqual(['a.test'])
    now = 3_600_000
    expect(domains.find(1, 10, 'A')).toEqual(noNames)
  })

  it('stay within their bounds, the oldest first to go', () => {
    const bounds = { maxClients: 4, maxAddresses: 2, maxNames: 2, keepMs: 1000 }
    const domains = createClientDomains({ clock: () => 0 }, bounds)
    for (const name of ['a', 'b', 'c']) domains.note(1, 10, name, plain('A'), 0)
    for (const address of ['B', 'C']) domains.note(1, 10, 'd', plain(address), 0)
    expect(domains.find(1, 10, 'A')).toBe(noNames)
    expect(domains.find(1, 10, 'B').domains).toEqual(['d'])
    for (let netns = 2; netns < 9; netns++) domains.note(netns, 0, 'e', plain('A'), 0)
    expect(domains.find(1, 10, 'B')).toBe(noNames)
  })

  it('have the aliases by which their last answer led to the address', () => {
    const domains = createClientDomains({ clock: () => 1000 })
    domains.note(1, 10, 'bucket.test', [{ address: 'A', aliases: ['old.example', 's3.example'] }], 1000)
    domains.note(1, 10, 'bucket.test', [{ address: 'A', aliases: ['new.example', 's3.example'] }], 1000)
    domains.note(1, 10, 'other.test', [{ address: 'A', aliases: ['cdn.example'] }, ...plain('B')], 1000)
    expect(domains.find(1, 10, 'A')).toEqual({
      domains: ['other.test', 'bucket.test'],
      aliases: ['cdn.example', 'new.example', 's3.example'],
    })
    expect(domains.find(1, 10, 'B')).toEqual({ domains: ['other.test'], aliases: [] })
    expect(domains.find(1, 12, 'A').aliases).toEqual(['cdn.example', 'new.example', 's3.example'])
  })
})
