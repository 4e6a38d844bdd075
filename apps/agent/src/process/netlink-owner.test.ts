import { describe, expect, it } from 'vitest'
import { readNetlinkInode, runsScript } from './netlink-owner.ts'

describe('the owner of a netlink socket', () => {
  const table = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000000000000 0   812        00000111 0        0        0     2        0        9001
0000000000000000 12  812        00000000 0        0        0     2        0        9002
0000000000000000 12  4294962222 00000001 0        0        0     2        0        9003
`
  it('is found by protocol and port, whatever port a second socket got', () => {
    expect(readNetlinkInode(table, 12, 812)).toBe(9002)
    expect(readNetlinkInode(table, 12, 4_294_962_222)).toBe(9003)
    expect(readNetlinkInode(table, 12, 1)).toBeUndefined()
    expect(readNetlinkInode('', 12, 812)).toBeUndefined()
  })

  it.each([
    ['node /lib/agent.mjs', true],
    ['node --no-warnings lib/agent.mjs --print', true],
    ['node /lib/server.mjs', false],
    ['/lib/agent.mjs', false],
    ['', false],
  ])('of "%s" in / is an agent: %s', (line, is) => {
    expect(runsScript(line.split(' '), '/', '/lib/agent.mjs')).toBe(is)
  })
})
