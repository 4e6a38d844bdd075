// Random rows of any log type, from the kinds of its fields: few distinct values, so that filters hit, and the values that
// break encoders: line breaks, quotes, backslashes, NUL, other scripts, the ends of 64 bits, empty and long lists.
import type { Field, FieldKind, LogType, Row, Value } from '@margay/model'
import * as fc from 'fast-check'

export const oddTexts = [
  '-',
  '*',
  'a',
  'A',
  'shop',
  'shop-*',
  'line\nbreak',
  'blank\n\nline',
  'C:\\dir\\',
  'say "hi"',
  "it's",
  'a:b (c) {d}',
  'x*y',
  '100%',
  'a_b',
  'ab',
  'NUL\0inside',
  '\t',
  'Grüße',
  'ΣΑΣ',
  '日本',
  '🦊 fox',
  '070',
  '70',
  "'; DROP TABLE margay.flows; --",
] as const

export const texts = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: 'grapheme', maxLength: 12 }))
export const addresses = fc.constantFrom(
  '10.77.0.1',
  '10.77.0.2',
  '192.168.1.1',
  'fd77::1',
  '::1',
  '::1:2',
  '1:0:2::3',
  '255.255.255.255',
)
const ports = fc.constantFrom(1, 53, 80, 443, 65_535)
const counters32 = fc.oneof(fc.constantFrom(0, 1, 70, 4_294_967_295), fc.nat(1_000))
const counters64 = fc.oneof(
  counters32,
  fc.constantFrom(9_007_199_254_740_991, 9_007_199_254_740_993n, 18_446_744_073_709_551_615n),
)
export const hits = fc.constantFrom(
  '0|tenant-01|tenant-01.tenant-01-restrict|deny|0',
  '0|default|shop/default.checkout|allow|1',
  '1|app|shop/app.staged:checkout|deny|-1',
  '1|app|shop/staged:knp.default.checkout|pass|-1',
  '2|__PROFILE__|__PROFILE__.kns.shop|allow|0',
  'broken',
)

const lists = <T>(element: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(element, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(element, { minLength: 40, maxLength: 60 }) },
  )

const counters = (field: Field) => (field.width === 32 ? counters32 : counters64)

export interface RowSpan {
  /** Unix seconds of the earliest row, and how many seconds on from it rows may lie. */
  readonly from: number
  readonly seconds: number
}

const values: { readonly [K in FieldKind]: (field: Field, span: RowSpan) => fc.Arbitrary<Value> } = {
  timestamp: (_, { from, seconds }) => fc.integer({ min: from, max: from + seconds - 1 }),
  keyword: () => texts,
  enum: (field) => fc.constantFrom(...field.values!),
  text: () => texts,
  ip: () => addresses,
  port: () => ports,
  count: counters,
  bytes: counters,
  duration: counters,
  bool: () => fc.boolean(),
  keywords: () => lists(texts),
  ips: () => lists(addresses),
  ports: () => lists(ports),
  hits: () => lists(hits),
  keywordLists: () => lists(lists(texts)),
}

/** Rows of a log type; every field but the time is sometimes missing. */
export function rowArbitrary(type: LogType, span: RowSpan): fc.Arbitrary<Row> {
  const fields = Object.entries(type.fields).map(([name, field]) => [name, values[field.kind](field, span)] as const)
  return fc.record(Object.fromEntries(fields), { requiredKeys: [type.time] }) as fc.Arbitrary<Row>
}

/** How often a property is tried: `usual` times, or as the environment says. */
export const propertyRuns = (usual: number): { numRuns: number } => ({
  numRuns: Number(process.env['MARGAY_PROPERTY_RUNS'] ?? usual),
})
