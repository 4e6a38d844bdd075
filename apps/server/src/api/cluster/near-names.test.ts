import { describe, expect, it } from 'vitest'
import { nearNames } from './near-names.ts'

const names = ['shop/cart', 'shop/checkout', 'payments/payments', 'payments/ledger', 'data/postgres', 'data/postgres-0']

describe('names near a misspelt one', () => {
  it.each([
    ['shop/crat', ['shop/cart']],
    ['shop/chekout', ['shop/checkout']],
    ['payments/payments-svc', ['payments/payments']],
    ['shop/ledger', ['payments/ledger']],
    ['data/postgre', ['data/postgres']],
    ['shop/nix', []],
  ])('of %s are %j', (written, expected) => expect(nearNames(written, names)).toEqual(expected))

  it('are three at most, each once', () => {
    const many = ['a/web-1', 'a/web-2', 'a/web-3', 'a/web-4', 'a/web-1']
    expect(nearNames('a/web', many)).toEqual(['a/web-1', 'a/web-2', 'a/web-3'])
  })
})
