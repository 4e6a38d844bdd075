import { describe, expect, it } from 'vitest'
import { createAgents } from './agents.ts'

const start = 1_000_000

function setUp() {
  const nodes = new Map([
    ['10.0.1.1', 'n1'],
    ['10.0.2.1', 'n2'],
  ])
  const agents = createAgents({ nodeOf: (ip) => nodes.get(ip) })
  const hello = { agent: 'one', host: 'n1', version: '1', since: start, addresses: ['192.0.2.1'], collectors: [] }
  agents.hello(hello as never, start)
  return agents
}

describe('who reports what an address does', () => {
  it.each([
    ['10.0.1.1', start + 5, start + 10, { host: 'n1', state: 'reports' }],
    ['192.0.2.1', start + 5, start + 10, { host: 'n1', state: 'reports' }],
    ['10.0.1.1', start - 5, start + 10, { host: 'n1', state: 'later' }],
    ['10.0.1.1', start + 50, start + 100, { host: 'n1', state: 'silent' }],
    ['10.0.2.1', start + 5, start + 10, { host: 'n2', state: 'none' }],
    ['203.0.113.9', start + 5, start + 10, { state: 'none' }],
  ] as const)('of %s at %i, asked at %i', (ip, moment, now, expected) =>
    expect(setUp().reporterOf(ip, moment, now)).toEqual(expected),
  )
})
