import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createListItems } from './list-items.ts'

/** Feeds a text in pieces of some bytes. */
function cut(text: string, bytes: number) {
  const whole = Buffer.from(text)
  const list = createListItems()
  const items: unknown[] = []
  for (let at = 0; at < whole.length; at += bytes) items.push(...list.take(whole.subarray(at, at + bytes)))
  return { items, head: list.end() }
}

it('gives the items of a list and what is around them, wherever its bytes are cut', () => {
  const anyItem = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())
  const odd = fc.constantFrom('"items":[', ']}', '{[', '\\"', 'é🦊')
  const list = fc.record({
    kind: fc.constant('PodList'),
    metadata: fc.record({ resourceVersion: odd, items: fc.array(fc.integer()) }),
    items: fc.array(fc.record({ metadata: fc.record({ name: odd }), spec: anyItem }), { maxLength: 5 }),
    after: fc.array(odd, { maxLength: 2 }),
  })
  fc.assert(
    fc.property(list, fc.integer({ min: 1, max: 200 }), fc.constantFrom(undefined, 2), (value, bytes, indent) => {
      const { items, head } = cut(JSON.stringify(value, undefined, indent), bytes)
      expect(JSON.stringify(items)).toBe(JSON.stringify(value.items))
      expect(JSON.stringify(head)).toBe(JSON.stringify({ ...value, items: [] }))
    }),
    { numRuns: Number(process.env['MARGAY_PROPERTY_RUNS'] ?? 200) },
  )
})

it('reads a list without items, which the API writes as null', () => {
  expect(cut('{"metadata":{"resourceVersion":"7"},"items":null}', 5).head).toEqual({
    metadata: { resourceVersion: '7' },
    items: null,
  })
})

it('refuses a list that was cut off', () => {
  const text = '{"metadata":{},"items":[{"a":1},{"b":2}]}'
  for (let length = 1; length < text.length; length++) expect(() => cut(text.slice(0, length), 7)).toThrow(SyntaxError)
})
