import { describe, expect, it } from 'vitest'
import { createPrefixes, readPrefix } from './prefix.ts'

describe('a prefix of a log rule', () => {
  it.each([
    [1, 'API0|knp/shop/web', 'ingress', false],
    [2, 'DPE12|knp/shop/web', 'egress', true],
    [1, 'DPI|default', 'ingress', true],
    [1, 'PPI|security', 'ingress', false],
    [2, 'DRE', 'egress', true],
    [7, 'ARE0|kns.shop', 'egress', false],
    [1, 'PPI3|gnp/security.pass', 'ingress', false],
    [2, 'DRE0|kns.shop', 'egress', true],
    [1, 'DPI4|knp/s_QmFzZTY0dXJsT2ZUaGVIYXNoT2ZBTG9uZ05hbWUx_ledger-out', 'ingress', true],
    [1, 'DPI|a-very_QmFzZTY0dXJsT2ZUaGVIYXNoT2ZBTG9uZ05hbWUx_-long-tier', 'ingress', true],
    // What merely begins as Felix's do.
    [1, 'APIARY', undefined, false],
    [1, 'API', undefined, false],
    [1, 'API|default', undefined, false],
    [1, 'DPI', undefined, false],
    [1, 'DRI|default', undefined, false],
    [1, 'PRI0|kns.shop', undefined, false],
    [1, 'DPI0', undefined, false],
    [1, 'dpi0|knp/shop/web', undefined, false],
    [1, '[UFW BLOCK] ', undefined, false],
    [1, 'DP\ufffd\ufffd0|x', undefined, false],
    [1, 'DROP: ', undefined, false],
    [5, '', undefined, false],
    [100, '', undefined, true],
  ])('of group %i, "%s", speaks for %s', (group, prefix, direction, denies) => {
    expect(readPrefix(group, prefix)).toMatchObject({ texts: [`nflog|${group}|${prefix}`], direction, denies })
  })

  it('is the same object whenever the same rule logs', () => {
    const prefixes = createPrefixes()
    expect(prefixes(1, 'a')).toBe(prefixes(1, 'a'))
    expect(prefixes(1, 'a')).not.toBe(prefixes(2, 'a'))
  })
})
