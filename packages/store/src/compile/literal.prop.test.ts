import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../embedded/engine.ts'
import { oddTexts, propertyRuns } from '../testing/arbitrary.ts'
import { openTestEngine } from '../testing/stores.ts'
import { likeLiteral, numberLiteral, textLiteral } from './literal.ts'

const attacks = [
  "'; DROP TABLE margay.flows; --",
  "\\'; SELECT 1; --",
  '\n\nDROP TABLE margay.flows\n',
  '\0',
  '/* */',
  '{x:String}',
  '\\x41',
  '\ud800',
  'a\udfffb',
]

const texts = fc.oneof(
  fc.constantFrom(...oddTexts, ...attacks),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
)

describe('the literal', () => {
  let engine: Engine
  let close: () => Promise<void>
  beforeAll(async () => ({ engine, close } = await openTestEngine()))
  afterAll(() => close())

  const one = async (sql: string) => {
    const output = await engine.run(`SELECT ${sql}`, { lane: 'interactive', format: 'RowBinary' })
    return Buffer.from(output)
  }

  it('of a text is that text, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 20 }), async (all) => {
        const checks = all.map((text) => `${textLiteral(text)} = unhex('${Buffer.from(text).toString('hex')}')`)
        expect([...(await one(checks.join(', ')))]).toEqual(all.map(() => 1))
      }),
      propertyRuns(25),
    )
  })

  it('is printable ASCII on one line, without a quote of its own', () => {
    fc.assert(fc.property(texts, (text) => /^'[ -&(-~]*'$/.test(textLiteral(text))))
  })

  it('of a pattern takes nothing but its stars for wildcards', async () => {
    const pieces = fc.array(
      texts.map((text) => text.toWellFormed()),
      { minLength: 1, maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(pieces, texts, async (all, other) => {
        const whole = all.join(other.toWellFormed())
        expect((await one(`${textLiteral(whole)} LIKE ${likeLiteral(all)}`))[0]).toBe(1)
        if (all.length > 1) return
        expect((await one(`${textLiteral(`${whole}x`)} LIKE ${likeLiteral(all)}`))[0]).toBe(0)
      }),
      propertyRuns(100),
    )
  })

  it.each([0n, 9_007_199_254_740_993n, 18_446_744_073_709_551_615n])('of %s keeps every digit', async (value) => {
    expect((await one(numberLiteral(value))).readBigUInt64LE()).toBe(value)
  })

  it.each([-1n, 2n ** 64n])('of %s is refused', (value) => {
    expect(() => numberLiteral(value)).toThrow('BUG')
  })
})
