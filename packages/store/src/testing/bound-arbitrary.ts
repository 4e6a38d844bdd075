// Random bound filters over a log type's fields, with thresholds and words taken from what random rows hold.
import type { Field, LogType } from '@margay/model'
import { canonicalIp, parseCidr, parseIp } from '@margay/model'
import type { BoundFilter, Comparison, Test } from '@margay/query'
import * as fc from 'fast-check'
import type { Shape } from '../compile/operand.ts'
import { listDepth, operandOf } from '../compile/operand.ts'
import { addresses, hits, oddTexts, texts } from './arbitrary.ts'

type Tests = fc.Arbitrary<Test>

const comparisons = fc.constantFrom<Comparison>('<', '<=', '>', '>=')
const present: Tests = fc.constant({ kind: 'present' })
const equals = (words: fc.Arbitrary<string>): Tests => words.map((text) => ({ kind: 'equals', text }))

/** Pieces cut from texts that occur, so that patterns do match. */
const cuts = (whole: fc.Arbitrary<string>) =>
  fc.tuple(whole, fc.nat(6), fc.nat(6)).map(([text, a, b]) => {
    const letters = Array.from(text)
    const [from, to] = [Math.min(a, b), Math.max(a, b)]
    return [letters.slice(0, from).join(''), letters.slice(from, to).join(''), letters.slice(to).join('')]
  })
const like = (whole: fc.Arbitrary<string>): Tests =>
  cuts(whole).chain(([first, middle, last]) =>
    fc.constantFrom<Test>(
      { kind: 'like', pieces: [first!, last!] },
      { kind: 'like', pieces: ['', middle!, ''] },
      { kind: 'like', pieces: [first!, middle!, ''] },
      { kind: 'like', pieces: ['', last!.toUpperCase()], anyCase: true },
      { kind: 'like', pieces: ['', ''] },
      {
        kind: 'like',
        pieces: [
          first!,
          Array.from(middle! + last!)
            .slice(1)
            .join(''),
        ],
        gaps: ['one'],
      },
      { kind: 'like', pieces: ['', first!, ''], gaps: ['one', 'any'] },
    ),
  )

const words: Tests = fc
  .array(
    cuts(texts).map(([, middle]) => middle!.toUpperCase()),
    { maxLength: 2 },
  )
  .map((all) => ({ kind: 'words', words: all }))
const phrase: Tests = cuts(texts).map(([first, , last]) => ({ kind: 'phrase', pieces: [first!.toUpperCase(), last!] }))
const compareText: Tests = fc
  .tuple(comparisons, texts)
  .map(([comparison, text]) => ({ kind: 'compareText', comparison, text }))
const compareNumber = (values: fc.Arbitrary<bigint>): Tests =>
  fc
    .tuple(fc.constantFrom<Comparison | '='>('<', '<=', '>', '>=', '='), values)
    .map(([comparison, value]) => ({ kind: 'compareNumber', comparison, value }))

const numbers = fc.oneof(
  fc.constantFrom(
    -1n,
    0n,
    1n,
    53n,
    70n,
    80n,
    9_007_199_254_740_992n,
    9_007_199_254_740_993n,
    18_446_744_073_709_551_615n,
    2n ** 64n,
    -(2n ** 70n),
  ),
  fc.bigInt({ min: 0n, max: 1_000n }),
)
const digits = fc.constantFrom('0', '1', '53', '70', '443', '65535', '9007199254740993', '18446744073709551615')
const blocks = fc
  .constantFrom('10.77.0.0/16', '10.77.0.1/32', '0.0.0.0/0', '::/0', '::/64', 'fd77::/64', '::ffff:0:0/96', '1::/16')
  .map((text) => parseCidr(text)!)

const tests: { readonly [S in Shape]: (field: Field) => Tests } = {
  text: () => fc.oneof(present, equals(texts), like(texts), compareText, words, phrase),
  word: (field) => {
    const all = fc.constantFrom(...(field.values ?? ['true', 'false']), 'other')
    if (field.kind === 'bool') return fc.oneof(present, fc.constantFrom<Test>({ kind: 'isTrue' }, { kind: 'isFalse' }))
    return fc.oneof(present, equals(all), like(all), compareText)
  },
  number: () => fc.oneof(present, compareNumber(numbers), like(digits)),
  time: () =>
    fc.oneof(
      present,
      compareNumber(fc.bigInt({ min: 1_793_015_000n, max: 1_793_017_000n })),
      like(fc.constant('1793016000')),
    ),
  ip: () =>
    fc.oneof(
      present,
      equals(addresses.map((text) => canonicalIp(text)!)),
      like(addresses),
      blocks.map((cidr): Test => ({ kind: 'inBlock', cidr })),
      fc
        .tuple(comparisons, addresses)
        .map(([comparison, text]): Test => ({ kind: 'compareIp', comparison, bytes: parseIp(text)! })),
    ),
  hit: () => {
    const parts = hits.chain((hit) => fc.constantFrom(hit, ...hit.split('|'), hit.split('|').slice(1, 3).join('|')))
    const names = fc.constantFrom(
      'tenant-01-restrict',
      'checkout',
      'default.checkout',
      'kns.shop',
      'shop',
      '',
      ...oddTexts.slice(0, 3),
    )
    return fc.oneof(
      present,
      equals(hits),
      like(hits),
      fc.oneof(parts, names).map((text): Test => ({ kind: 'hit', text })),
    )
  },
}

const testOf = (field: Field): Tests => tests[operandOf(field, '').shape](field)

function leaf(type: LogType, names: readonly string[]): fc.Arbitrary<BoundFilter> {
  return fc
    .constantFrom(...names)
    .chain((field) => testOf(type.fields[field]!).map((test): BoundFilter => ({ kind: 'test', field, test })))
}

/** Trees over leaves, not deep: what a connective does to its parts shows with two of them. */
function trees(leaves: fc.Arbitrary<BoundFilter>): fc.Arbitrary<BoundFilter> {
  return fc.letrec<{ tree: BoundFilter }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 4, arbitrary: leaves },
      { weight: 2, arbitrary: tie('tree').map((filter): BoundFilter => ({ kind: 'not', filter })) },
      { weight: 2, arbitrary: chain('and', tie('tree')) },
      { weight: 2, arbitrary: chain('or', tie('tree')) },
      { weight: 1, arbitrary: fc.boolean().map((value): BoundFilter => ({ kind: 'constant', value })) },
    ),
  })).tree
}

const chain = (kind: 'and' | 'or', inner: fc.Arbitrary<BoundFilter>) =>
  fc.array(inner, { maxLength: 3 }).map((filters): BoundFilter => ({ kind, filters }))

/** Lists that stand side by side, and each list alone. */
function listGroups(type: LogType): readonly (readonly string[])[] {
  const lists = Object.keys(type.fields).filter((name) => listDepth[type.fields[name]!.kind] > 0)
  return [...Map.groupBy(lists, (name) => type.fields[name]!.nested ?? name).values()]
}

function elementOf(type: LogType, groups: ReturnType<typeof listGroups>): fc.Arbitrary<BoundFilter> {
  return fc
    .constantFrom(...groups)
    .chain((fields) => trees(leaf(type, fields)).map((filter): BoundFilter => ({ kind: 'element', fields, filter })))
}

/** Any bound filter of a log type. */
export function boundArbitrary(type: LogType): fc.Arbitrary<BoundFilter> {
  const leaves = leaf(type, Object.keys(type.fields))
  const groups = listGroups(type)
  if (groups.length === 0) return trees(leaves)
  return trees(fc.oneof({ weight: 5, arbitrary: leaves }, { weight: 1, arbitrary: elementOf(type, groups) }))
}
