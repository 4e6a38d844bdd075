import { describe, expect, it } from 'vitest'
import type { Said } from '../../flow/mark-table.ts'
import { tuple } from '../../kernel/layout.ts'
import type { TraceStep, TraceVerdict } from '../../netlink/nft-trace.ts'
import { createPaths } from './paths.ts'

/** An IPv4 head and the ports behind it. */
function packetTo(address: string): Buffer {
  const bytes = Buffer.alloc(24)
  bytes[0] = 0x45
  bytes[9] = 6
  bytes.set([10, 0, 0, 1], 12)
  bytes.set(address.split('.').map(Number), 16)
  bytes.writeUInt16BE(80, 22)
  return bytes
}

const bases: Readonly<Record<string, { readonly type: string; readonly hook: number }>> = {
  dnat: { type: 'nat', hook: 0 },
  forward: { type: 'filter', hook: 2 },
  mangle: { type: 'filter', hook: 4 },
}
const comments: Readonly<Record<string, string>> = { 1: 'to the pod', 2: 'shop/web', 3: 'service' }

function setUp() {
  const noted: [string, Said][] = []
  let refreshes = 0
  const paths = createPaths(
    { ownTable: 'ours' },
    {
      rules: {
        refresh: () => refreshes++,
        comment: ({ handle }) => comments[String(handle)],
        base: (_, __, chain) => bases[chain],
      },
      note: (key, said) => noted.push([key, said]),
    },
  )
  const step = (
    chain: string,
    handle: number | undefined,
    verdict: TraceVerdict,
    rest: Partial<TraceStep> = {},
  ): TraceStep => ({
    packet: 1,
    family: 1,
    familyName: 'inet',
    table: 'fw',
    chain,
    handle: handle === undefined ? undefined : BigInt(handle),
    verdict,
    network: undefined,
    transport: undefined,
    ...rest,
  })
  const take = (step: TraceStep, address?: string, now = 0) => {
    const bytes = address === undefined ? Buffer.alloc(0) : packetTo(address)
    paths.take(bytes, address === undefined ? step : { ...step, network: [0, 20], transport: [20, 24] }, now)
  }
  const destOf = (key: string) =>
    Buffer.from(key, 'latin1')
      .subarray(tuple.remote + 12, tuple.localPort)
      .join('.')
  return { paths, noted, step, take, destOf, refreshes: () => refreshes }
}

describe("a packet's way through the rules", () => {
  it('is told by the packet as the deciding rules saw it, without translation and without what merely went on', () => {
    const { paths, noted, step, take, destOf } = setUp()
    take(step('dnat', 3, 'accept'), '10.96.0.1')
    take(step('forward', 1, 'jump'), '10.0.0.2')
    take(step('pods', 9, 'continue'))
    take(step('pods', 8, 'return'))
    take(step('pods', 2, 'accept'))
    take(step('mangle', undefined, 'accept'), '10.0.0.2')
    paths.end(0)
    expect(noted.map(([key]) => destOf(key))).toEqual(['10.0.0.2'])
    expect(noted[0]?.[1]).toEqual({
      texts: ['nft|inet|fw|forward|jump|to the pod', 'nft|inet|fw|pods|accept|shop/web'],
      direction: undefined,
      denies: false,
    })
  })

  it('ends with what refused it, by number where the rule says nothing, or by the policy of the chain', () => {
    const { paths, noted, step, take } = setUp()
    take(step('forward', 7, 'drop'), '10.0.0.2')
    take(step('forward', undefined, 'drop', { packet: 2 }), '10.0.0.3')
    paths.end(0)
    expect(noted.map(([, { texts, denies }]) => [texts, denies])).toEqual([
      [['nft|inet|fw|forward|drop|#7'], true],
      [['nft|inet|fw|forward|drop|#policy'], true],
    ])
  })

  it('that comes in two parts is told in two, of the same packet', () => {
    const { paths, noted, step, take } = setUp()
    take(step('forward', 1, 'jump'), '10.0.0.2')
    paths.end(0)
    take(step('pods', 2, 'drop'))
    paths.end(100)
    expect(noted.map(([, { texts }]) => texts.length)).toEqual([1, 1])
    expect(noted[0]?.[0]).toBe(noted[1]?.[0])
  })

  it('that was let through is no refusal, though another packet of its number was refused just before', () => {
    const { paths, noted, step, take } = setUp()
    take(step('forward', 7, 'drop'), '10.0.0.2')
    paths.end(100)
    take(step('forward', 8, 'accept'), '10.0.0.2', 200)
    paths.end(300)
    take(step('forward', 8, 'accept', { packet: 2 }), '10.0.0.3', 5000)
    paths.end(5100)
    expect(noted.map(([, { denies }]) => denies)).toEqual([true, false, false])
  })

  it('that many packets take is one object; the rule set is looked at once for all that was read', () => {
    const { paths, noted, step, take, refreshes } = setUp()
    for (const packet of [1, 2]) take(step('forward', 2, 'accept', { packet }), '10.0.0.2')
    paths.end(0)
    expect(noted[0]?.[1]).toBe(noted[1]?.[1])
    expect(refreshes()).toBe(1)
  })

  it('through our own table is not told', () => {
    const { paths, noted, step, take } = setUp()
    take(step('forward', 2, 'continue', { table: 'ours' }), '10.0.0.2')
    paths.end(0)
    expect(noted).toEqual([])
  })
})
