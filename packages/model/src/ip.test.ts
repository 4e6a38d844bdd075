import { describe, expect, it } from 'vitest'
import { canonicalIp, cidrContains, isLoopback, networkName, parseCidr, parseIp, printCidr } from './ip.ts'

describe('addresses', () => {
  it.each([
    ['10.77.0.1', '10.77.0.1'],
    ['::ffff:10.77.0.1', '10.77.0.1'],
    ['::FFFF:0a4d:1', '10.77.0.1'],
    ['fd77:0:0:0:0:0:0:1', 'fd77::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['::', '::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('prints %s as %s', (text, expected) => {
    expect(canonicalIp(text)).toBe(expected)
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1::2::3',
    ':1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    'x',
    '10.0.0.0/8',
    '1:2:3:4:5:6:7::8:9',
  ])('refuses "%s"', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })

  it('tells whether a block holds an address, in any spelling', () => {
    const block = parseCidr('10.77.3.4/16')!
    expect(printCidr(block)).toBe('10.77.0.0/16')
    expect(cidrContains(block, parseIp('::ffff:10.77.9.9')!)).toBe(true)
    expect(cidrContains(block, parseIp('10.78.0.0')!)).toBe(false)
    expect(cidrContains(parseCidr('fd77::/64')!, parseIp('fd77::ffff:1')!)).toBe(true)
    expect(cidrContains(parseCidr('::/0')!, parseIp('10.0.0.1')!)).toBe(true)
    expect(cidrContains(parseCidr('0.0.0.0/0')!, parseIp('fd77::1')!)).toBe(false)
  })

  it.each([
    ['10.1.1.1', 'pvt'],
    ['172.31.0.1', 'pvt'],
    ['172.32.0.1', 'pub'],
    ['192.168.1.1', 'pvt'],
    ['8.8.8.8', 'pub'],
    ['fd00::1', 'pvt'],
    ['fe80::1', 'pvt'],
    ['ff02::2', 'pvt'],
    ['2001:db8::1', 'pub'],
  ])('calls the network of %s %s', (text, name) => {
    expect(networkName(parseIp(text)!)).toBe(name)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.5.5.5', true],
    ['::1', true],
    ['128.0.0.1', false],
    ['::', false],
    ['1::1', false],
  ])('%s stays within its machine: %s', (text, expected) => {
    expect(isLoopback(text)).toBe(expected)
  })
})
