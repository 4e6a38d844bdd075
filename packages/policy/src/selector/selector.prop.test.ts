import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../testing/arbitrary.ts'
import { all, has, type Selector } from './ast.ts'
import { compileSelector, matchSelector } from './match.ts'
import { parseSelector } from './parse.ts'
import { printSelector } from './print.ts'
import { restrictions } from './restrict.ts'

const labelKey = fc.constantFrom<string>('app', 'team', 'in', 'has', 'not', 'contains', 'a.b/c-d_e', '__proto__')
const value = fc.constantFrom('', 'web', 'api', 'x y', '"', "it's", 'starts')

const leaf: fc.Arbitrary<Selector> = fc.oneof(
  fc.constantFrom<Selector>(all, { kind: 'global' }),
  labelKey.map(has),
  fc.record({
    kind: fc.constantFrom(
      'equals' as const,
      'not-equals' as const,
      'contains' as const,
      'starts-with' as const,
      'ends-with' as const,
    ),
    label: labelKey,
    value,
  }),
  fc.record({
    kind: fc.constantFrom('in' as const, 'not-in' as const),
    label: labelKey,
    values: fc.uniqueArray(value, { maxLength: 3 }).map((values) => values.sort()),
  }),
)

const { selector: anySelector } = fc.letrec<{ selector: Selector; group: Selector; negated: Selector }>((tie) => ({
  selector: fc.oneof({ depthSize: 'small' }, leaf, tie('group'), tie('negated')),
  group: fc.record({
    kind: fc.constantFrom('and' as const, 'or' as const),
    of: fc.array(tie('selector'), { minLength: 2, maxLength: 3 }),
  }),
  negated: fc.record({ kind: fc.constant('not' as const), of: fc.oneof(leaf, tie('group')) }),
}))

const anyLabels = fc.array(fc.tuple(labelKey, value), { maxLength: 4 }).map((entries) => new Map(entries))

describe('selectors', () => {
  it('parsing what was printed gives the same selector', () => {
    fc.assert(
      fc.property(anySelector, (selector) => {
        expect(parseSelector(printSelector(selector))).toEqual({ selector })
      }),
      runs(500),
    )
  })

  it('compiled, match what the interpreter matches', () => {
    fc.assert(
      fc.property(anySelector, anyLabels, (selector, labels) => {
        expect(compileSelector(selector)(labels)).toBe(matchSelector(selector, labels))
      }),
      runs(500),
    )
  })

  it('match nothing that their restrictions rule out', () => {
    fc.assert(
      fc.property(anySelector, anyLabels, (selector, labels) => {
        if (!matchSelector(selector, labels)) return
        for (const [label, { mustBePresent, mustBeAbsent, mustHaveOneOfValues }] of restrictions(selector)) {
          const held = labels.get(label)
          if (mustBePresent) expect(held).toBeDefined()
          if (mustBeAbsent) expect(held).toBeUndefined()
          if (mustHaveOneOfValues) expect(mustHaveOneOfValues).toContain(held)
        }
      }),
      runs(500),
    )
  })

  it('no text makes the parser throw or hang', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '==',
      '!',
      '(',
      ')',
      '{',
      '}',
      ',',
      "'x'",
      '"',
      'in',
      'not',
      'has(',
      'all()',
      '&&',
      '||',
      '\n',
      '💥',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { selector, error } = parseSelector(pieces.join(''))
        expect(selector === undefined).toBe(error !== undefined)
      }),
      runs(500),
    )
    expect(parseSelector('('.repeat(100_000)).error).toContain('nested deeper')
  })

  it.each([
    ['a b', 'at column 3'],
    ["a == 'x", 'no closing'],
    ["a in ('x')", 'expected {'],
    ['and()', 'unexpected'],
    ["a == 'x' || ", 'expected a label'],
  ])('%s is refused with a place and a wish', (text, words) => expect(parseSelector(text).error).toContain(words))
})
