import * as fc from 'fast-check'
import { parseIp, printIp } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { conntrackNew, readTranslation } from './conntrack.ts'
import { dumpRequest, findAttribute, walkMessages } from './message.ts'

function attribute(type: number, ...parts: readonly (Buffer | Uint8Array)[]): Buffer {
  const value = Buffer.concat(parts)
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3))
  bytes.writeUInt16LE(4 + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  value.copy(bytes, 4)
  return bytes
}
const u16 = (value: number) => Buffer.from([value >> 8, value & 255])
const nested = 0x8000

function tuple(type: number, source: string, sourcePort: number, dest: string, destPort: number): Buffer {
  const isV4 = source.includes('.')
  const address = (text: string) => parseIp(text)!.slice(isV4 ? 12 : 0)
  return attribute(
    type | nested,
    attribute(1 | nested, attribute(isV4 ? 1 : 3, address(source)), attribute(isV4 ? 2 : 4, address(dest))),
    attribute(2 | nested, attribute(1, Buffer.from([6])), attribute(2, u16(sourcePort)), attribute(3, u16(destPort))),
  )
}

const message = (...tuples: readonly Buffer[]) => dumpRequest(conntrackNew, Buffer.concat([Buffer.alloc(4), ...tuples]))

const read = (bytes: Buffer) => {
  const found: ReturnType<typeof readTranslation>[] = []
  walkMessages(bytes, bytes.length, (one) => found.push(readTranslation(bytes, one)))
  return found
}

describe('conntrack', () => {
  it.each([
    ['10.77.0.1', '10.96.0.10', '10.77.0.2'],
    ['fd77::1', 'fd96::a', 'fd77::2'],
  ])('tells what a service address became, for %s', (client, service, pod) => {
    const [found] = read(message(tuple(1, client, 4000, service, 80), tuple(2, pod, 8080, client, 4000)))
    expect([printIp(found!.to!.address), found!.to!.port]).toEqual([pod, 8080])
    const key = Buffer.from(found!.key, 'latin1')
    expect([printIp(key, 0), printIp(key, 16), key.readUInt16LE(32), key.readUInt16LE(34), key[36]]).toEqual([
      client,
      service,
      4000,
      80,
      6,
    ])
  })

  it('is silent about connections that go where they were sent', () => {
    expect(read(message(tuple(1, '10.0.0.1', 1, '10.0.0.2', 2), tuple(2, '10.0.0.2', 2, '10.0.0.1', 1)))).toEqual([
      undefined,
    ])
  })

  it('tells how packets have a connection whose source was translated as well', () => {
    const [found] = read(
      message(tuple(1, '10.0.0.1', 1, '10.96.0.10', 53), tuple(2, '10.244.1.2', 53, '10.244.1.1', 9)),
    )
    const wire = Buffer.from(found!.wire, 'latin1')
    expect([printIp(wire, 0), printIp(wire, 16), wire.readUInt16LE(32), wire.readUInt16LE(34)]).toEqual([
      '10.244.1.1',
      '10.244.1.2',
      9,
      53,
    ])
  })

  it('sees a translated source alone, whose destination is where it was sent', () => {
    const [found] = read(message(tuple(1, '10.0.0.1', 1, '10.0.0.2', 2), tuple(2, '10.0.0.2', 2, '192.0.2.1', 7)))
    expect([found?.to, found?.wire === found?.key]).toEqual([undefined, false])
  })

  it('sees a translated port alone', () => {
    expect(
      read(message(tuple(1, '10.0.0.1', 1, '10.0.0.2', 2), tuple(2, '10.0.0.2', 3, '10.0.0.1', 1)))[0]?.to?.port,
    ).toBe(3)
  })

  it('ends on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        read(Buffer.from(bytes))
        findAttribute(Buffer.from(bytes), 0, bytes.length, 1)
      }),
    )
  })
})
