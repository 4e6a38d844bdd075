// Values for property tests, by the kind of their field. Few and telling, so that filters meet rows: a value of a filter is
// drawn from the same pool as the values of rows. Every value is as the model reads it at the door (folded, shortest
// spelling, never empty where empty means absent).
import type { Field, FieldKind, KindValue, LogType, Row, Value } from '@margay/model'
import * as fc from 'fast-check'
import { foldPieces } from '../bind/fold.ts'

/** Texts that trouble escapes, types and wildcards. */
const hostileTexts: readonly string[] = [
  'a',
  'b',
  'web',
  'Web',
  'web-1',
  'web front end',
  '-',
  '*',
  'x*y',
  'C:\\dir\\',
  'say "hi"',
  'a:b (c) {d}',
  'x\ny',
  ' x ',
  '070',
  '70',
  '0A0',
  '1e3',
  '1000',
  '0x10',
  'true',
  'null',
  '9007199254740993',
  'or',
  'a and b',
  'not',
  "it's",
  '<script>',
  'k=v',
  'é',
  '\u00a0',
  '\u{1f600}',
  '\uffee',
  'a%b_c',
  '\\',
  '10.0.0.1',
]

const times: readonly number[] = [
  1_793_000_000, 1_793_000_015, 1_793_491_199, 1_793_491_200, 1_793_491_201, 1_793_577_599, 1_793_577_600,
  1_796_083_200, 1_767_225_599, 1_767_225_600,
]

const addresses: readonly string[] = [
  '10.77.0.1',
  '10.77.0.2',
  '10.78.0.1',
  '0.0.0.0',
  '255.255.255.255',
  'fd77::1',
  'fd77::2',
  'fd78::1',
  '::1',
  '64:ff9b::a4d:1',
]

const wide: readonly (number | bigint)[] = [
  0,
  1,
  9,
  10,
  44,
  443,
  4430,
  999,
  4_294_967_295,
  9_007_199_254_740_991,
  9_007_199_254_740_992n,
  9_007_199_254_740_993n,
  18_446_744_073_709_551_615n,
]

const hits: readonly string[] = [
  '0|tenant-01|tenant-01.tenant-01-restrict|deny|0',
  '0|security|security.tenant-1-restrict|pass|2',
  '1|default|shop/default.p1|allow|0',
  '1|default|shop/knp.default.p1|allow|1',
  '2|default|ns2/staged:default.p1|deny|-1',
  '2|t1|curl-ns/t1.staged:p-2|deny|-1',
  '3|__PROFILE__|__PROFILE__.kns.shop|allow|0',
]

const texts = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...hostileTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }) },
)

const ports = fc.constantFrom(1, 22, 80, 443, 4430, 8080, 65_535)

function names(field: Field): fc.Arbitrary<string> {
  const usual = field.values ? [{ weight: 4, arbitrary: fc.constantFrom(...field.values) }] : []
  return fc
    .oneof(...usual, { weight: 4, arbitrary: texts })
    .map((text) => foldPieces(field, [text])[0]!)
    .filter((text) => text !== '')
}

function numbers(field: Field): fc.Arbitrary<number | bigint> {
  const fitting = wide.filter((value) => field.width !== 32 || value <= 0xffff_ffff)
  return fc.constantFrom(...fitting.filter((value) => !field.zeroIsAbsent || value !== 0))
}

const listOf = <T>(element: fc.Arbitrary<T>) => fc.array(element, { minLength: 1, maxLength: 4 })

const makers: { readonly [K in FieldKind]: (field: Field) => fc.Arbitrary<KindValue[K]> } = {
  timestamp: () => fc.constantFrom(...times),
  keyword: names,
  enum: (field) => fc.constantFrom(...(field.values ?? ['x'])),
  text: () => fc.constantFrom('Denied by policy', 'the SSH login failed', 'denied', 'x\nlogin', 'Élan vital', 'a*b'),
  ip: () => fc.constantFrom(...addresses),
  port: () => ports,
  count: numbers,
  bytes: numbers,
  duration: numbers,
  bool: () => fc.boolean(),
  keywords: (field) => listOf(names(field)),
  ips: () => listOf(fc.constantFrom(...addresses)),
  ports: () => listOf(ports),
  hits: () => listOf(fc.constantFrom(...hits)),
  keywordLists: (field) => listOf(fc.array(names(field), { maxLength: 3 })),
}

/** Values of a field, present ones only. */
export const valuesOf = (field: Field): fc.Arbitrary<Value> => makers[field.kind](field)

export interface RowOptions {
  /** Fields that every row has besides its time: where a store keeps no difference between absent and zero or false. */
  readonly always?: (name: string, field: Field) => boolean
}

/** Rows of a log type: each field sometimes absent, lists of one object equally long. */
export function rows(type: LogType, { always = () => false }: RowOptions = {}): fc.Arbitrary<Row> {
  const flat: { [name: string]: fc.Arbitrary<Value | undefined> } = {}
  const objects = new Map<string, string[]>()
  for (const [name, field] of Object.entries<Field>(type.fields)) {
    if (field.nested !== undefined) objects.set(field.nested, [...(objects.get(field.nested) ?? []), name])
    else {
      const isAlways = name === type.time || always(name, field)
      flat[name] = isAlways ? valuesOf(field) : fc.option(valuesOf(field), { nil: undefined })
    }
  }
  const parts = [fc.record(flat), ...[...objects.values()].map((members) => parallelLists(type, members))]
  return fc.tuple(...parts).map((found) => withoutAbsent(Object.assign({}, ...found) as Row))
}

/** The members of one list of objects. Members of one row are all there or all absent. */
function parallelLists(type: LogType, members: readonly string[]): fc.Arbitrary<Row> {
  const element = fc.tuple(...members.map((name) => elementOf(type.fields[name]!)))
  return fc
    .array(element, { maxLength: 3 })
    .map((elements) =>
      elements.length === 0
        ? {}
        : Object.fromEntries(
            members.map((name, at) => [name, elements.map((values) => values[at]!) as unknown as Value]),
          ),
    )
}

const elementOf = (field: Field): fc.Arbitrary<Value> => valuesOf(field).map((list) => (list as readonly Value[])[0]!)

function withoutAbsent(row: Row): Row {
  const present = Object.entries(row).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present)
}
