import { describe, expect, it } from 'vitest'
import { createGroups } from './groups.ts'
import { groupsState } from './state.ts'

/** A kernel in which others hold groups, and programs that run. */
function setUp(held: Map<number, number>, running = new Set<string>()) {
  const asked: string[] = []
  const ask = (message: Buffer) => {
    const group = message.readUInt16BE(18)
    const command = message.readUInt16LE(22) === 1 ? message[24] : undefined
    if (command === undefined) return 0
    asked.push(`${command === 1 ? 'bind' : 'unbind'} ${group}`)
    return command === 1 && held.has(group) ? 1 : 0
  }
  const groups = createGroups(
    { groups: [1, 2], yieldTo: ['calico-node'] },
    {
      ask,
      runningPrograms: () => running,
      holders: () => held,
      ownerOf: (port) => (port === 77 ? 'felix (process 77)' : undefined),
    },
  )
  const seconds = (count: number) => {
    for (let i = 0; i < count; i++) groups.second()
  }
  const state = (hasHeard = true) => groupsState(groups, hasHeard).detail
  return { groups, asked, seconds, state, held, running }
}

describe("groups of netfilter's log", () => {
  it('are read where they are free, and the rest is said', () => {
    expect(setUp(new Map()).state()).toBe('reads groups 1, 2')
    expect(setUp(new Map([[1, 77]])).state()).toBe('reads group 2; group 1 read by felix (process 77)')
    expect(setUp(new Map([[2, 1234]])).state()).toBe('reads group 1; group 2 read by another program')
  })

  it('that are read and silent say so, for reading alone shows nothing', () => {
    expect(setUp(new Map()).state(false)).toBe('reads groups 1, 2, to which no rule has logged yet')
    const taken = setUp(
      new Map([
        [1, 77],
        [2, 77],
      ]),
    ).state(false)
    expect(taken).toBe('groups 1, 2 read by felix (process 77)')
  })

  it('are not touched while a program runs that they belong to', () => {
    const { asked, state } = setUp(new Map(), new Set(['calico-node']))
    expect([asked, state()]).toEqual([[], 'groups 1, 2 left to calico-node'])
  })

  it('are given back at once when such a program starts, and to no other', () => {
    const { groups, asked } = setUp(new Map())
    groups.started('curl')
    groups.started('calico-node')
    expect(asked).toEqual(['bind 1', 'bind 2', 'unbind 1', 'unbind 2'])
    expect(groups.read.size).toBe(0)
  })

  it('are taken once nobody has wanted them for a minute, not while their reader starts again', () => {
    const { asked, seconds, held, state } = setUp(new Map([[1, 77]]))
    held.clear()
    seconds(55)
    held.set(1, 77)
    seconds(5)
    held.clear()
    seconds(55)
    expect(asked).toEqual(['bind 1', 'bind 2'])
    seconds(5)
    expect([asked.at(-1), state()]).toEqual(['bind 1', 'reads groups 1, 2'])
  })

  it('stay free for a program that runs, though it reads none', () => {
    const { asked, seconds, running, groups } = setUp(new Map())
    running.add('calico-node')
    groups.started('calico-node')
    seconds(200)
    expect(asked.filter((text) => text.startsWith('bind'))).toHaveLength(2)
    running.clear()
    seconds(60)
    expect(groups.read.size).toBe(2)
  })
})
