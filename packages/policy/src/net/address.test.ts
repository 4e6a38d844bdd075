import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contains, parseAddress, parseCidr, printAddress, printCidr } from './address.ts'
import { createPrefixMap } from './prefix-map.ts'

const address = (text: string) => parseAddress(text) ?? expect.fail(`no address: ${text}`)
const cidr = (text: string) => parseCidr(text) ?? expect.fail(`no block: ${text}`)

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:10.77.0.2', '10.77.0.2'],
    ['::ffff:0a4d:2', '10.77.0.2'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ])('reads %s as %s', (text, printed) => expect(printAddress(address(text))).toBe(printed))

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '1:2:3',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    ':::',
    'pod/a',
    '10.0.0.1:80',
  ])('refuses %j', (text) => expect(parseAddress(text)).toBeUndefined())
})

describe('blocks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.0.0.1', false],
    ['2001:db8:0:8000::/49', '2001:db8:0:8001::1', true],
    ['2001:db8:0:8000::/49', '2001:db8:0:7fff::1', false],
    ['10.77.0.0/24', '::ffff:10.77.0.2', true],
    ['::ffff:10.77.0.0/120', '10.77.0.2', true],
    ['10.0.0.7', '10.0.0.7', true],
    ['10.0.0.7', '10.0.0.6', false],
  ])('%s holds %s: %s', (block, text, held) => expect(contains(cidr(block), address(text))).toBe(held))

  it('clears bits behind the prefix', () => expect(printCidr(cidr('10.1.2.3/16'))).toBe('10.1.0.0/16'))

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', 'x/8'])('refuses %s', (text) =>
    expect(parseCidr(text)).toBeUndefined(),
  )

  it('parsing what was printed gives the same block', () => {
    const word = fc.nat(0xffffffff)
    const anyCidr = fc.oneof(
      fc.tuple(fc.constant(4 as const), fc.tuple(word), fc.nat(32)),
      fc.tuple(fc.constant(6 as const), fc.tuple(word, fc.constantFrom(0, 65535), word, word), fc.nat(128)),
    )
    fc.assert(
      fc.property(anyCidr, ([family, words, bits]) => {
        const block = cidr(printCidr(cidr(`${printAddress({ family, words })}/${bits}`)))
        expect(contains(block, { family, words })).toBe(true)
      }),
    )
  })
})

describe('values by block', () => {
  it('finds every block that holds the address, the longest first', () => {
    const map = createPrefixMap([
      [cidr('0.0.0.0/0'), 'all'],
      [cidr('10.0.0.0/8'), 'ten'],
      [cidr('10.1.0.0/16'), 'ten-one'],
      [cidr('::/0'), 'six'],
    ] as const)
    expect(map.find(address('10.1.2.3'))).toEqual(['ten-one', 'ten', 'all'])
    expect(map.find(address('10.2.2.3'))).toEqual(['ten', 'all'])
    expect(map.find(address('2001:db8::1'))).toEqual(['six'])
  })
})
