import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localIp, remoteIp } from '../flow/tuple.ts'
import { tuple, tupleSize } from '../kernel/layout.ts'
import { packetLength, readPacket } from './packet.ts'

const ports = Buffer.from([0x9c, 0x40, 0, 80])
const v4 = (proto: number, options = 0, fragment = 0) => {
  const head = Buffer.alloc(20 + options)
  head[0] = 0x40 | (head.length / 4)
  head.writeUInt16BE(head.length + 40, 2)
  head.writeUInt16BE(fragment, 6)
  head[9] = proto
  head.set([10, 77, 0, 1, 10, 77, 0, 2], 12)
  return Buffer.concat([head, ports])
}
const v6 = (next: number, ...extensions: readonly Buffer[]) => {
  const head = Buffer.alloc(40)
  head[0] = 0x60
  head.writeUInt16BE(60, 4)
  head[6] = next
  head.set([0xfd, 0x77], 8)
  head[23] = 1
  head.set([0xfd, 0x77], 24)
  head[39] = 2
  return Buffer.concat([head, ...extensions, ports])
}
const extension = (next: number, size = 8) => Buffer.concat([Buffer.from([next, size / 8 - 1]), Buffer.alloc(size - 2)])

const read = (bytes: Buffer, before = 0) => {
  const into = Buffer.alloc(tupleSize, 0xff)
  const shifted = Buffer.concat([Buffer.alloc(before), bytes])
  if (!readPacket(shifted, before, shifted.length, into)) return undefined
  return [
    localIp(into, 0),
    into.readUInt16LE(tuple.localPort),
    remoteIp(into, 0),
    into.readUInt16LE(tuple.remotePort),
    into[tuple.proto],
  ]
}

describe('the head of a packet', () => {
  it.each([
    ['TCP', v4(6), 6],
    ['UDP with options', v4(17, 8), 17],
    ['the first fragment', v4(17, 0, 0x2000), 17],
  ])('gives the tuple of %s over IPv4', (_, bytes, proto) => {
    for (const before of [0, 16]) expect(read(bytes, before)).toEqual(['10.77.0.1', 40_000, '10.77.0.2', 80, proto])
  })

  it.each([
    ['TCP', v6(6), 6],
    ['UDP behind options and routing', v6(0, extension(43), extension(17, 16)), 17],
    ['the first fragment', v6(44, Buffer.from([6, 0, 0, 1, 0, 0, 0, 0])), 6],
  ])('gives the tuple of %s over IPv6', (_, bytes, proto) => {
    expect(read(bytes)).toEqual(['fd77::1', 40_000, 'fd77::2', 80, proto])
  })

  it('has no ports in later fragments and in protocols without', () => {
    for (const bytes of [v4(17, 0, 100), v4(1), v6(44, Buffer.from([17, 0, 1, 0, 0, 0, 0, 0])), v6(58)])
      expect([read(bytes)?.[1], read(bytes)?.[3]]).toEqual([0, 0])
  })

  it('tells the length of the packet where less of it is there', () => {
    expect([packetLength(v4(6), 0, 24), packetLength(v6(6), 0, 44)]).toEqual([60, 100])
  })

  it('ends on any bytes, and takes nothing that is too short', () => {
    expect(read(v4(6).subarray(0, 19))).toBeUndefined()
    expect(read(v6(6).subarray(0, 39))).toBeUndefined()
    expect(read(Buffer.alloc(0))).toBeUndefined()
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void read(Buffer.from(bytes))))
  })
})
