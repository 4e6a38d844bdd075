import { parseJsonExact } from '@margay/model'
import { expect, it } from 'vitest'
import { prettyJson } from './pretty-json.ts'

it('keeps the digits of every integer and reads back as what it was', () => {
  const value = {
    bytes_in: 18_446_744_073_709_551_615n,
    list: [1, 'a"b'],
    empty: {},
    nested: { rrsets: [{ rdata: ['::1'] }] },
  }
  const text = prettyJson(value)
  expect(text).toContain('"bytes_in": 18446744073709551615')
  expect(parseJsonExact(text)).toEqual(value)
})
