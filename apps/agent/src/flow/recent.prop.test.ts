// The law of the bounded table: it is a Map in which whatever is used is put in anew, and of which the first key goes.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRecent } from './recent.ts'

const numRuns = Number(process.env.MARGAY_PROPERTY_RUNS ?? 200)
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const step = fc.oneof(
  fc.record({ does: fc.constant('set' as const), key, value: fc.nat(99) }),
  fc.record({ does: fc.constant('get' as const), key, value: fc.constant(0) }),
)

/** The same, plainly. */
function createPlain(max: number, evicted: number[]) {
  const values = new Map<string, number>()
  return {
    values,
    get(of: string) {
      const value = values.get(of)
      if (value !== undefined) this.put(of, value)
      return value
    },
    put(of: string, value: number) {
      values.delete(of)
      values.set(of, value)
    },
    set(of: string, value: number) {
      if (!values.has(of) && values.size >= max) {
        const [first, gone] = values.entries().next().value!
        values.delete(first)
        evicted.push(gone)
      }
      this.put(of, value)
    },
  }
}

it('a bounded table forgets what was used least recently, and tells it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
      const [evicted, expected] = [[], []] as [number[], number[]]
      const table = createRecent<number>(max, (value) => evicted.push(value))
      const plain = createPlain(max, expected)
      for (const { does, key: of, value } of steps) {
        if (does === 'get') expect(table.get(of)).toBe(plain.get(of))
        else {
          table.set(of, value)
          plain.set(of, value)
        }
        expect([table.size, evicted]).toEqual([plain.values.size, expected])
      }
    }),
    { numRuns },
  )
})
