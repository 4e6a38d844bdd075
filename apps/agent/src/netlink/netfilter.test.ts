// Messages of netfilter: what is asked for is what the kernel takes (the lab shows that), what comes is read whole or not.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attribute, nested, netfilterHead, readAnswer, request, text, u32, walkMessages } from './message.ts'
import type { NetlinkMessage } from './message.ts'
import { nftMessage, readBaseChain, readGeneration, readRuleComment } from './nft-rules.ts'
import { nftTrace, readTraceStep } from './nft-trace.ts'
import { bindGroup, nflogPacket, readHolders, readLogged } from './nflog.ts'
import { readRoute } from './route.ts'

const readAll = <T>(bytes: Buffer, read: (bytes: Buffer, message: NetlinkMessage) => T): T[] => {
  const found: T[] = []
  walkMessages(bytes, bytes.length, (message) => found.push(read(bytes, message)))
  return found
}
const netfilter = (type: number, head: Buffer, ...attributes: readonly Buffer[]) =>
  request(type, Buffer.concat([head, ...attributes]))
const u64 = (value: number) => Buffer.concat([u32(0), u32(value)])

describe('messages of netfilter', () => {
  it('of a logged packet give group, prefix, number and packet', () => {
    const packet = Buffer.from('packet')
    const bytes = netfilter(
      nflogPacket,
      netfilterHead(2, 300),
      attribute(10, text('APE0|x')),
      attribute(12, u32(7)),
      attribute(9, packet),
    )
    const [logged] = readAll(bytes, readLogged)
    expect(logged).toMatchObject({ group: 300, prefix: 'APE0|x', sequence: 7 })
    expect(bytes.subarray(logged!.from, logged!.to)).toEqual(packet)
    expect(readAll(netfilter(nflogPacket, netfilterHead(2)), readLogged)).toEqual([undefined])
  })

  it('ask for a group by its number', () => {
    expect(bindGroup(100, 5).readUInt16BE(18)).toBe(100)
  })

  it('tell who has which group', () => {
    const table = '    1   1234     0 2    96     10  1\n    2 4294962222     0 2    96     10  1\n'
    expect([...readHolders(table)]).toEqual([
      [1, 1234],
      [2, 4_294_962_222],
    ])
    expect(readHolders('')).toEqual(new Map())
  })

  const trace = (type: number, verdict: Buffer) =>
    netfilter(
      nftTrace,
      netfilterHead(1),
      attribute(1, text('fw')),
      attribute(2, text('forward')),
      attribute(3, u64(12)),
      attribute(4, u32(type)),
      verdict,
      attribute(6, u32(99)),
    )
  const verdict = (code: number) => nested(5, attribute(1, u32(code)))
  it.each([
    [3, verdict(0), 'drop', 12n],
    [3, verdict(1), 'accept', 12n],
    [3, verdict(-3), 'jump', 12n],
    [3, verdict(-5), 'return', 12n],
    // An error number stands in the upper half.
    [3, verdict(0x0001_0000), 'drop', 12n],
    [1, attribute(16, u32(1)), 'accept', undefined],
  ])('of a trace give the verdict: type %i is %s', (type, said, expected, handle) => {
    expect(readAll(trace(type, said), readTraceStep)[0]).toMatchObject({
      packet: 99,
      familyName: 'inet',
      table: 'fw',
      chain: 'forward',
      verdict: expected,
      handle,
    })
  })

  it('of a trace that say no decision are passed over', () => {
    expect(readAll(trace(2, verdict(-5)), readTraceStep)).toEqual([undefined])
  })

  const match = (name: string, info: string) =>
    nested(
      1,
      attribute(1, text('match')),
      nested(2, attribute(1, text(name)), attribute(3, Buffer.from(info.padEnd(256, '\0')))),
    )
  const rule = (...attributes: readonly Buffer[]) =>
    readAll(netfilter(nftMessage.newRule, netfilterHead(2), ...attributes), readRuleComment)[0]
  it("of a rule give its comment: nft's, or the last of iptables'", () => {
    expect(rule(attribute(7, Buffer.from([1, 2, 0, 0, 0, 6]), text('hello')))).toBe('hello')
    expect(
      rule(
        nested(
          4,
          match('tcp', ''),
          match('comment', 'cali:x'),
          nested(1, attribute(1, text('counter'))),
          match('comment', 'for people'),
        ),
      ),
    ).toBe('for people')
    expect(rule(nested(4, match('tcp', '')))).toBeUndefined()
    expect(rule()).toBeUndefined()
  })

  it('of a chain tell where packets enter it', () => {
    const hook = nested(4, attribute(1, u32(2)), attribute(2, u32(0)))
    const read = (...attributes: readonly Buffer[]) =>
      readAll(netfilter(nftMessage.newChain, netfilterHead(2), ...attributes), readBaseChain)[0]
    expect(read(hook, attribute(7, text('filter')))).toEqual({ type: 'filter', hook: 2 })
    expect(read(attribute(3, text('pods')))).toBeUndefined()
  })

  it('of the rule set give its generation', () => {
    expect(
      readAll(netfilter(nftMessage.newGeneration, netfilterHead(0), attribute(1, u32(41))), readGeneration),
    ).toEqual([41])
  })

  it('end on any bytes', () => {
    const readers: readonly ((bytes: Buffer, message: NetlinkMessage) => unknown)[] = [
      readLogged,
      readTraceStep,
      readRuleComment,
      readBaseChain,
      readGeneration,
      readRoute,
      readAnswer,
    ]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        for (const read of readers) readAll(request(nflogPacket, Buffer.from(body)), read)
      }),
    )
  })
})
