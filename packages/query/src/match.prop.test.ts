import type { LogType } from '@margay/model'
import { dnsLog, flowLog } from '@margay/model'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bind } from './bind/bind.ts'
import { compileMatch } from './match.ts'
import { filters, propertyRuns, rows, testNow } from './testing/arbitraries.ts'
import { referenceMatch } from './testing/reference.ts'
import { specimenLog } from './testing/specimen.ts'

const types: readonly LogType[] = [specimenLog, flowLog, dnsLog]

describe('matching in memory', () => {
  it.each(types)('agrees with the rules as written, for $name', (type) => {
    const seen = { true: 0, false: 0 }
    fc.assert(
      fc.property(filters(type), fc.array(rows(type), { minLength: 3, maxLength: 6 }), (filter, sample) => {
        const bound = bind(filter, type, { now: testNow })
        if (!bound.ok) throw new Error(bound.errors[0].message)
        const match = compileMatch(bound.filter, type)
        for (const row of sample) {
          const expected = referenceMatch(filter, type, row, testNow)
          seen[`${expected}`]++
          expect(match(row)).toBe(expected)
        }
      }),
      propertyRuns(500),
    )
    // A property that always says the same proves nothing.
    expect(seen.true).toBeGreaterThan(10)
    expect(seen.false).toBeGreaterThan(10)
  })
})
