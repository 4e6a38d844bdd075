import { describe, expect, it } from 'vitest'
import { parseIp } from '@margay/model'
import { role } from '../kernel/layout.ts'
import { createHosts } from './hosts.ts'

const address = (text: string) => Buffer.from(parseIp(text)!).toString('latin1')
const ends = (netns: number, local: string, localPort: number, remote: string, remotePort: number) => ({
  netns,
  local: address(local),
  localPort,
  remote: address(remote),
  remotePort,
})
const atA = ends(1, '10.77.0.1', 1024, '10.77.0.2', 50055)
const atB = ends(2, '10.77.0.2', 50055, '10.77.0.1', 1024)

describe('who listens', () => {
  it('tells both ends of an old connection who started it, whatever the ports', () => {
    const hosts = createHosts()
    hosts.own(1, atA.local)
    hosts.own(2, atB.local)
    hosts.listen(7, 2, 50055)
    expect([hosts.roleOf(atA), hosts.roleOf(atB)]).toEqual([role.client, role.server])
  })

  it('tells nothing once the listener is gone', () => {
    const hosts = createHosts()
    hosts.own(2, atB.local)
    hosts.listen(7, 2, 50055)
    hosts.listen(8, 2, 50055)
    hosts.unlisten(7)
    expect(hosts.roleOf(atB)).toBe(role.server)
    hosts.unlisten(8)
    hosts.unlisten(8)
    expect([hosts.roleOf(atA), hosts.roleOf(atB)]).toEqual([role.unknown, role.unknown])
  })

  it('keeps the loopbacks of namespaces apart', () => {
    const hosts = createHosts()
    hosts.listen(7, 2, 80)
    expect(hosts.roleOf(ends(1, '127.0.0.1', 4000, '127.0.0.1', 80))).toBe(role.unknown)
    expect(hosts.roleOf(ends(2, '127.0.0.1', 4000, '127.0.0.1', 80))).toBe(role.client)
  })

  it('knows a conversation within one namespace', () => {
    const hosts = createHosts()
    hosts.own(1, address('10.0.0.1'))
    hosts.own(2, address('10.0.0.2'))
    expect(hosts.isLocal(ends(1, '127.0.0.1', 1, '127.0.0.9', 2))).toBe(true)
    expect(hosts.isLocal(ends(1, '::1', 1, '::1', 2))).toBe(true)
    expect(hosts.isLocal(ends(1, '127.0.0.1', 1, '10.0.0.1', 2))).toBe(true)
    expect(hosts.isLocal(ends(1, '10.0.0.1', 1, '10.0.0.2', 2))).toBe(false)
  })
})
