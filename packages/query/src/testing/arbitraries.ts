// Filters for property tests: any tree that the parser could give, and trees that bind to a log type and meet its rows.
import type { Field, LogType, Value } from '@margay/model'
import * as fc from 'fast-check'
import { bind } from '../bind/bind.ts'
import { membersOf } from '../bind/fields.ts'
import { shapeOf } from '../bind/values.ts'
import type { Comparison, Filter, Literal } from '../filter.ts'
import { all, isStar, literal } from '../filter.ts'
import { valuesOf } from './values.ts'

export { rows, valuesOf } from './values.ts'
export type { RowOptions } from './values.ts'

/** How often a property is tried: a few times unless MARGAY_PROPERTY_RUNS asks for more. */
export const propertyRuns = (usual: number): { readonly numRuns: number } => ({
  numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? usual),
})

/** The moment that dates of the filters are about, Unix seconds. */
export const testNow = 1_793_500_000

const comparisons: fc.Arbitrary<Comparison> = fc.constantFrom('<', '<=', '>', '>=')

/** Texts that are hard to spell. */
const hardText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\\',
        '(',
        ')',
        ':',
        '<',
        '>',
        '"',
        '*',
        '{',
        '}',
        ' ',
        '\t',
        '\n',
        '\r',
        '\u00a0',
        '\\u',
        'u0041',
      ),
      fc.constantFrom('or', 'and', 'not', 'OR', 'Not', 'ot', 'n', 't', 'null', ' or ', 'a', 'é', '\u{1f600}'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))

const anyLiteral: fc.Arbitrary<Literal> = fc.oneof(
  hardText.map((text) => literal(text, true)),
  hardText.map((text) => literal(text)),
  fc.array(hardText, { minLength: 2, maxLength: 4 }).map((pieces) => ({ pieces, quoted: false })),
)

function tree(inner: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(inner, { minLength: 2, maxLength: 3 }))
      .map(([kind, filters]): Filter => ({ kind, filters })),
    inner.map((filter): Filter => ({ kind: 'not', filter })),
  )
}

/** Trees of any names and values, each in the one form that the parser gives it. */
export const anyFilters: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter; leaf: Filter }>((tie) => ({
  leaf: fc.oneof(
    fc.constant(all),
    fc.tuple(fc.option(anyLiteral, { nil: undefined }), anyLiteral).map(([field, value]): Filter => {
      if (!field || !isStar(value)) return { kind: 'is', field, value }
      return isStar(field) ? all : { kind: 'exists', field }
    }),
    fc
      .tuple(anyLiteral, comparisons, anyLiteral)
      .map(([field, comparison, value]): Filter => ({ kind: 'range', field, comparison, value })),
  ),
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    tree(tie('filter')),
    fc.tuple(anyLiteral, tie('filter')).map(([field, filter]): Filter => ({ kind: 'nested', field, filter })),
  ),
})).filter

/** Whole texts of an element of a field, as a filter may write them. */
function spelled(field: Field): fc.Arbitrary<string> {
  const usual = valuesOf(field).map((value) => String(firstOf(value)))
  const shape = shapeOf(field)
  if (shape === 'number')
    return fc.oneof(usual, fc.constantFrom('0', '070', '1e3', '.5', '44.5', '-1', '99999999999999999999'))
  if (shape === 'ip') {
    return fc.oneof(
      usual,
      fc.constantFrom('10.77.0.0/16', '::ffff:10.77.0.1', 'FD77:0::1', 'fd77::/64', '0.0.0.0/0', '::/0'),
    )
  }
  if (shape === 'bool') return fc.constantFrom('true', 'false')
  if (shape === 'hit')
    return fc.oneof(usual, usual.chain(partsOf), fc.constantFrom('p1', 'deny', 'allow|0', '|deny|', '*deny*'))
  if (shape === 'time') {
    return fc.oneof(
      usual,
      fc.constantFrom(
        '2026',
        '2026-11',
        '2026-10-31',
        '2026-11-01',
        '2026-11-01T00',
        '2026-11-01T00:00',
        '2025-12-31T23:59:59Z',
      ),
      fc.constantFrom('now', 'now-15m', 'now-2h'),
    )
  }
  return usual
}

function firstOf(value: Value): unknown {
  if (!Array.isArray(value)) return value
  return firstOf((value as readonly Value[])[0] ?? '')
}

/** Neighbouring parts of a policy hit. */
const partsOf = (hit: string): fc.Arbitrary<string> => {
  const parts = hit.split('|')
  return fc
    .tuple(fc.nat(parts.length - 1), fc.integer({ min: 1, max: 3 }))
    .map(([from, count]) => parts.slice(from, from + count).join('|'))
}

/** A text with some of its parts replaced by wildcards: `*`, or one `?` for one character. */
const wildcarded = (text: string): fc.Arbitrary<Literal> =>
  fc.oneof({ weight: 4, arbitrary: withStars(text) }, { weight: 1, arbitrary: withOne(text) })

function withStars(text: string): fc.Arbitrary<Literal> {
  const characters = Array.from(text)
  const cuts = fc.array(fc.nat(characters.length), { minLength: 1, maxLength: 2 })
  return fc.tuple(cuts, fc.nat(2)).map(([found, gap]) => {
    const sorted = [...found].sort((a, b) => a - b)
    const starts = [0, ...sorted.map((cut) => cut + gap)]
    const ends = [...sorted, characters.length]
    const pieces = starts.map((start, index) => characters.slice(start, Math.max(start, ends[index]!)).join(''))
    return { pieces, quoted: false }
  })
}

function withOne(text: string): fc.Arbitrary<Literal> {
  const characters = Array.from(text)
  return fc.nat(characters.length).map((at) => ({
    pieces: [characters.slice(0, at).join(''), characters.slice(at + 1).join('')],
    gaps: ['one'],
    quoted: false,
  }))
}

const literalOf = (text: string): fc.Arbitrary<Literal> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(literal(text, true)) },
    { weight: 3, arbitrary: fc.constant(literal(text)) },
    { weight: 2, arbitrary: wildcarded(text) },
  )

function leafOf(name: string, written: string, field: Field): fc.Arbitrary<Filter> {
  const at = literal(written)
  return fc.oneof(
    {
      weight: 1,
      arbitrary: fc.constant<Filter>({ kind: 'exists', field: literal(name === written ? name : written) }),
    },
    {
      weight: 5,
      arbitrary: spelled(field)
        .chain(literalOf)
        .map((value): Filter => (isStar(value) ? { kind: 'exists', field: at } : { kind: 'is', field: at, value })),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(comparisons, spelled(field)).map(([comparison, text]): Filter => {
        return { kind: 'range', field: at, comparison, value: literal(text) }
      }),
    },
  )
}

function leaves(type: LogType, prefix: string | undefined, names: readonly string[]): fc.Arbitrary<Filter> {
  const short = (name: string) => (prefix === undefined ? name : name.slice(prefix.length + 1))
  return fc.constantFrom(...names).chain((name) => leafOf(name, short(name), type.fields[name]!))
}

const nestedTree = (leaf: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> =>
  fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tree(tie('filter'))),
  })).filter

/** `policies: { … }` and `dest_domains: { … }`. */
function nestedFilters(type: LogType): readonly fc.Arbitrary<Filter>[] {
  const prefixes = new Set(
    Object.keys(type.fields).flatMap((name) => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : [])),
  )
  return [...prefixes].map((prefix) =>
    nestedTree(leaves(type, prefix, membersOf(type, prefix))).map((filter): Filter => {
      return { kind: 'nested', field: literal(prefix), filter }
    }),
  )
}

/** A value without a field. */
function anywhere(type: LogType): fc.Arbitrary<Filter> {
  return fc
    .constantFrom(...Object.keys(type.fields))
    .chain((name) => spelled(type.fields[name]!))
    .chain(literalOf)
    .map((value): Filter => ({ kind: 'is', field: undefined, value }))
}

/** Trees that bind to a log type without an error; their values are those of `rows`, so that both answers come up. */
export function filters(type: LogType): fc.Arbitrary<Filter> {
  const leaf = leaves(type, undefined, Object.keys(type.fields))
  const nested = nestedFilters(type)
  const many = nested.length > 0 ? [{ weight: 2, arbitrary: fc.oneof(...nested) }] : []
  const wildField = leaf.chain((filter) =>
    'field' in filter && filter.field
      ? withStars(filter.field.pieces[0]!).map((field): Filter => ({ ...filter, field }))
      : fc.constant(filter),
  )
  return fc
    .letrec<{ filter: Filter }>((tie) => ({
      filter: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.oneof(
          { weight: 8, arbitrary: leaf },
          { weight: 1, arbitrary: anywhere(type) },
          { weight: 1, arbitrary: wildField },
          ...many,
        ),
        tree(tie('filter')),
      ),
    }))
    .filter.filter((filter) => bind(filter, type, { now: testNow }).ok)
}
