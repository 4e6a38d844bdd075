// Names between a question and the addresses of its answer. What letters a name server wrote makes no difference (RFC 4343).
import { assert, property, shuffledSubarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressesOf } from './chain.ts'
import type { DnsMessage, DnsRecord } from './message.ts'
import { readDns } from './message.ts'

const cname = (name: string, data: string): DnsRecord => ({ name, type: 'CNAME', class: 'IN', ttl: 60, data })
const a = (name: string, address: string): DnsRecord => ({
  name,
  type: 'A',
  class: 'IN',
  ttl: 60,
  data: address,
  address,
})
const answer = (name: string, answers: readonly DnsRecord[]): DnsMessage => ({
  id: 1,
  isResponse: true,
  code: 'NOERROR',
  isTruncated: false,
  isCut: false,
  question: { name, type: 'A', class: 'IN' },
  answers,
})
/** What each address was led to by. */
const led = (name: string, answers: readonly DnsRecord[]) =>
  Object.fromEntries(addressesOf(answer(name, answers)).map(({ address, aliases }) => [address, aliases]))

const bucket = [cname('bucket.test', 'x.cdn.example'), cname('x.cdn.example', 'y.s3.example'), a('y.s3.example', '1')]
const wanted = { '1': ['x.cdn.example', 'y.s3.example'] }

describe('names between a question and an address', () => {
  it('are none where the name that was asked for has the address', () =>
    expect(led('x.test', [a('x.test', '1'), a('x.test', '2')])).toEqual({ '1': [], '2': [] }))

  it('are those of the whole chain, in whatever order its records come', () => {
    assert(
      property(shuffledSubarray(bucket, { minLength: bucket.length }), (records) => {
        expect(led('bucket.test', records)).toEqual(wanted)
      }),
      { numRuns: 20 },
    )
  })

  it('are those of every address at the end', () =>
    expect(led('bucket.test', [...bucket, a('y.s3.example', '2')])).toEqual({ ...wanted, '2': wanted['1'] }))

  it.each([
    ['an owner that nothing leads to', [cname('bucket.test', 'x.example'), a('other.example', '1')]],
    ['a chain from another name', [cname('else.test', 'x.example'), a('x.example', '1')]],
    ['a chain with a gap', [cname('bucket.test', 'x.example'), cname('z.example', 'y.example'), a('y.example', '1')]],
    ['a record of another type that only looks like one', [{ ...bucket[0]!, type: 'NS' }, a('x.cdn.example', '1')]],
  ])('are none with %s', (_, records) => expect(led('bucket.test', records)).toEqual({ '1': [] }))

  it('are those up to the owner alone, where the chain goes on', () =>
    expect(led('bucket.test', [...bucket, a('x.cdn.example', '2')])).toEqual({ ...wanted, '2': ['x.cdn.example'] }))

  it.each([
    ['to itself', [cname('bucket.test', 'bucket.test'), a('bucket.test', '1')], []],
    ['back to the question', [cname('bucket.test', 'b'), cname('b', 'bucket.test'), a('b', '1')], ['b']],
    ['further on', [cname('bucket.test', 'b'), cname('b', 'c'), cname('c', 'b'), a('c', '1')], ['b', 'c']],
  ])('end in a loop %s', (_, records, aliases) => expect(led('bucket.test', records)).toEqual({ '1': aliases }))

  it('are bounded, however long the chain is', () => {
    const long = Array.from({ length: 100 }, (_, n) => cname(`n${n}`, `n${n + 1}`))
    const found = led('n0', [...long, a('n16', '1'), a('n17', '2'), a('n100', '3')])
    expect(found).toMatchObject({ '2': [], '3': [] })
    expect(found['1']).toHaveLength(16)
  })

  it('are found whatever letters the name server wrote', () => {
    // bucket.test, answered as BUCKET.test CNAME Y.S3.example and y.s3.EXAMPLE A 10.77.0.2.
    const label = (text: string) => text.length.toString(16).padStart(2, '0') + Buffer.from(text).toString('hex')
    const name = (text: string) => [...text.split('.'), ''].map(label).join('')
    const target = name('Y.S3.example')
    const records = [
      `${name('BUCKET.test')}000500010000003c${(target.length / 2).toString(16).padStart(4, '0')}${target}`,
      `${name('y.s3.EXAMPLE')}000100010000003c00040a4d0002`,
    ]
    const read = readDns(
      Buffer.from(`123481800001000200000000${name('bucket.test')}00010001${records.join('')}`, 'hex'),
    )
    expect(read.ok && addressesOf(read.message).map(({ aliases }) => aliases)).toEqual([['y.s3.example']])
  })
})
