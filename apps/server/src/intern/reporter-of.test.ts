import { describe, expect, it } from 'vitest'
import { createAgents } from './agents.ts'

const start = 1_000_000

function setUp() {
  const nodes = new Map([
    ['10.0.1.1', 'n1'],
    ['10.0.2.1', 'n2'],
  ])
  const agents = createAgents({ nodeOf: (ip) => nodes.get(ip), isElsewhere: () => false })
  const hello = { agent: 'one', host: 'n1', version: '1', since: start, addresses: ['192.0.2.1'], collectors: [] }
  agents.hello(hello as never, start)
  return agents
}

describe('an address that several hosts have', () => {
  const docker = '172.17.0.2'
  const twoHosts = () => {
    const agents = createAgents({ nodeOf: () => undefined, isElsewhere: () => false })
    for (const agent of ['a', 'b']) {
      agents.hello(
        { agent, host: `host-${agent}`, version: '1', since: start, addresses: [], collectors: [] } as never,
        start,
      )
      agents.noteLocal(agent, docker, start)
    }
    return agents
  }
  it('is the own of each, and no host’s for anybody else', () => {
    const agents = twoHosts()
    expect(['a', 'b', 'c'].map((agent) => agents.isLocal(agent, docker, start))).toEqual([true, true, false])
    expect(agents.hostOfAddress(docker, start)).toBeUndefined()
  })
  it('is reported by the one who sees it, and by no other', () => {
    const agents = twoHosts()
    expect(agents.covers(docker, start, start)).toBe(true)
    expect(agents.covers(docker, start, start, 'a')).toBe(false)
    expect(agents.reporterOf(docker, start, start)).toEqual({ state: 'reports' })
  })
  it('that a host had which is gone is that of the one who came in its place', () => {
    const agents = createAgents({ nodeOf: () => undefined, isElsewhere: () => false })
    const say = (agent: string, at: number) =>
      agents.hello(
        { agent, host: agent, version: '1', since: at, addresses: ['10.0.0.1'], collectors: [] } as never,
        at,
      )
    say('old', start)
    say('new', start + 300)
    expect(agents.hostOfAddress('10.0.0.1', start + 310)).toBe('new')
    expect(agents.hostOfAddress('10.0.0.1', start + 10)).toBe('old')
  })
  it('that one of them gives up is the other’s', () => {
    const agents = createAgents({ nodeOf: () => undefined, isElsewhere: () => false })
    const say = (agent: string, addresses: readonly string[]) =>
      agents.hello({ agent, host: agent, version: '1', since: start, addresses, collectors: [] } as never, start)
    say('a', ['192.168.122.1'])
    say('b', ['192.168.122.1'])
    say('a', [])
    expect(agents.hostOfAddress('192.168.122.1', start + 7000)).toBe('b')
    say('b', [])
    expect(agents.hostOfAddress('192.168.122.1', start + 7000)).toBeUndefined()
    expect(agents.covers('192.168.122.1', start, start)).toBe(false)
  })
})

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
