// What a filter means, evaluated naively on one row, straight from the written rules and sharing no decision with bind and
// match: one value at a time, regular expressions for wildcards, texts for dates. Slow, and right by reading. Only UTC and
// the forms of dates that the arbitraries make are known here.
import type { Field, LogType, Row, Value } from '@margay/model'
import { listKinds, parseIp } from '@margay/model'
import type { Comparison, Filter, Literal } from '../filter.ts'

type Scalar = string | number | bigint | boolean

/** The values that names stand for: of a row, or of one element of a list. */
interface Reading {
  /** Full names by which fields may be asked for here. */
  readonly names: readonly string[]
  readonly prefix: string
  values(name: string): readonly Scalar[]
  /** In an element every member is searched by a value without a field. */
  readonly isElement: boolean
}

/** Whether a row passes a filter that binds to its log type. `now` is Unix seconds. */
export function referenceMatch(filter: Filter, type: LogType, row: Row, now: number): boolean {
  const reading: Reading = {
    names: Object.keys(type.fields),
    prefix: '',
    isElement: false,
    values: (name) => readList(type, row, name),
  }
  return evaluate(filter, type, row, reading, now)
}

function flatten(value: Value | undefined): readonly Scalar[] {
  if (value === undefined || value === '') return []
  return Array.isArray(value) ? ((value as unknown[]).flat() as Scalar[]) : [value as Scalar]
}

/** The values of a field in a row; hits of all policies are those enforced and pending where the row has none. */
function readList(type: LogType, row: Row, name: string): readonly Scalar[] {
  const field = type.fields[name]!
  const values = flatten(row[name]).filter((value) => !(field.zeroIsAbsent && Number(value) === 0))
  if (values.length > 0 || name !== 'policies.all_policies') return values
  return [...flatten(row['policies.enforced_policies']), ...flatten(row['policies.pending_policies'])]
}

function evaluate(filter: Filter, type: LogType, row: Row, reading: Reading, now: number): boolean {
  const inner = (part: Filter) => evaluate(part, type, row, reading, now)
  switch (filter.kind) {
    case 'all':
      return true
    case 'and':
      return filter.filters.every(inner)
    case 'or':
      return filter.filters.some(inner)
    case 'not':
      return !inner(filter.filter)
    case 'exists':
      return named(filter.field, reading).some((name) => reading.values(name).length > 0)
    case 'range': {
      const { comparison, value } = filter
      return named(filter.field, reading).some((name) =>
        reading.values(name).some((found) => isInRange(type.fields[name]!, found, comparison, value.pieces[0]!, now)),
      )
    }
    case 'is': {
      if (!filter.field) return isAnywhere(type, filter.value, reading, now)
      const { value } = filter
      return named(filter.field, reading).some((name) => isField(type.fields[name]!, reading.values(name), value, now))
    }
    case 'nested':
      return elements(type, row, filter.field.pieces[0]!, filter.filter).some((element) =>
        evaluate(filter.filter, type, row, element, now),
      )
  }
}

/** A text with wildcards as a regular expression; the flag u makes one character of a surrogate pair. */
function pattern({ pieces, gaps }: Pick<Literal, 'pieces' | 'gaps'>, flags = ''): RegExp {
  const escaped = pieces.map((piece) => piece.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
  const joined = escaped.map((piece, index) =>
    index === 0 ? piece : `${gaps?.[index - 1] === 'one' ? '[^]' : '[^]*'}${piece}`,
  )
  return new RegExp(`^${joined.join('')}$`, `u${flags}`)
}

function named(field: Literal, { names, prefix }: Reading): readonly string[] {
  const test = pattern(field)
  const matching = names.filter((name) => test.test(name.slice(prefix.length)) || test.test(name))
  if (matching.length > 0 || field.pieces.length > 1) return matching
  const members = names.filter((name) => name.startsWith(`${field.pieces[0]}.`))
  return members.length === 1 ? members : []
}

function isField(field: Field, values: readonly Scalar[], value: Literal, now: number): boolean {
  if (!value.quoted && !value.gaps && value.pieces.length > 1 && value.pieces.join('') === '') return values.length > 0
  const asksForAbsence = !value.quoted && value.pieces.length === 1 && value.pieces[0] === 'null'
  const isText = ['keyword', 'enum', 'keywords', 'keywordLists', 'text', 'hits'].includes(field.kind)
  if (asksForAbsence && !isText) return values.length === 0
  return values.some((found) => equals(field, found, value, now))
}

const caseless = (field: Field, text: string) => {
  if (field.fold === 'upper') return text.toUpperCase()
  return field.fold === 'name' ? text.toLowerCase() : text
}

function folded(field: Field, { pieces }: Literal): readonly string[] {
  const same = pieces.map((piece) => caseless(field, piece))
  if (field.fold !== 'name' || (same.length === 1 && same[0] === '.')) return same
  return [...same.slice(0, -1), same.at(-1)!.replace(/\.$/, '')]
}

function equals(field: Field, found: Scalar, value: Literal, now: number): boolean {
  const [text = ''] = value.pieces
  const isWild = value.pieces.length > 1
  switch (field.kind) {
    case 'keyword':
    case 'enum':
    case 'keywords':
    case 'keywordLists':
      return pattern({ ...value, pieces: folded(field, value) }).test(String(found))
    case 'text':
      return matchesText(String(found), value)
    case 'hits':
      return isWild ? pattern(value).test(String(found)) : isPartOfHit(String(found), text)
    case 'ip':
    case 'ips':
      return isWild ? pattern(value, 'i').test(String(found)) : isInBlock(String(found), text)
    case 'bool':
      return pattern(value, 'i').test(String(found))
    case 'timestamp':
      return !isWild && compareTime(Number(found), text, now) === 0
    case 'port':
    case 'ports':
    case 'count':
    case 'bytes':
    case 'duration':
      return isWild ? pattern(value).test(String(found)) : compareDecimal(BigInt(found), text) === 0
  }
}

function matchesText(found: string, value: Literal): boolean {
  const lower = found.toLowerCase()
  if (value.pieces.length > 1)
    return pattern({ ...value, pieces: value.pieces.map((piece) => piece.toLowerCase()) }).test(lower)
  const text = value.pieces[0]!.toLowerCase()
  return value.quoted ? lower.includes(text) : text.split(/\s+/).every((word) => lower.includes(word))
}

/** Whether a text, stars and bars cut at its ends, is among the parts of a hit. */
function isPartOfHit(hit: string, written: string): boolean {
  let text = written
  while (/^[*|]/.test(text)) text = text.slice(1)
  while (/[*|]$/.test(text)) text = text.slice(0, -1)
  if (text === '') return true
  const parts = hit.split('|')
  const runs = parts.flatMap((_, from) =>
    parts.slice(from).map((__, count) => parts.slice(from, from + count + 1).join('|')),
  )
  const withoutNamespace = parts[2]!.replace(/^[^/]*\//, '')
  const unstaged = withoutNamespace.replace('staged:', '')
  const kubernetes = unstaged.startsWith('knp.') ? unstaged.slice(4) : unstaged
  const bare = kubernetes.startsWith(`${parts[1]}.`) ? kubernetes.slice(parts[1]!.length + 1) : unstaged
  return [...runs, bare].includes(text)
}

const asInteger = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)

function isInBlock(found: string, written: string): boolean {
  const [address = '', bits] = written.split('/')
  const [a, b] = [parseIp(found), parseIp(address)]
  if (!a || !b) return false
  const all = address.includes(':') ? 128 : 32
  const free = BigInt(bits === undefined ? 0 : all - Number(bits))
  return asInteger(a) >> free === asInteger(b) >> free
}

/** Negative, zero or positive as a whole number is below, equal to or above a decimal text; NaN if the text is none. */
function compareDecimal(found: bigint, text: string): number {
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:e(\d+))?$/i.exec(text)
  if (!match || `${match[2]}${match[3] ?? ''}` === '') return Number.NaN
  const fraction = match[3] ?? ''
  const scale = 10n ** BigInt(fraction.length)
  const written = BigInt(`${match[1]}${match[2]}${fraction}`) * 10n ** BigInt(match[4] ?? '0')
  const difference = found * scale - written
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** A time against a date: the parts that the date leaves out do not count. */
function compareTime(found: number, text: string, now: number): number {
  const maths = /^now(?:-(\d+)([mh]))?$/.exec(text)
  if (maths) return found - (now - Number(maths[1] ?? 0) * (maths[2] === 'h' ? 3600 : 60))
  if (/^\d{5,11}$/.test(text)) return found - Number(text)
  if (!/^\d{4}(-\d\d){0,2}(T\d\d(:\d\d){0,2}Z?)?$/.test(text)) return Number.NaN
  const date = text.replace('Z', '')
  const parts = new Date(found * 1000).toISOString().slice(0, date.length)
  return parts < date ? -1 : parts > date ? 1 : 0
}

function compareBytes(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)]
  const at = x.findIndex((byte, index) => byte !== y[index])
  return at < 0 ? x.length - y.length : x[at]! - (y[at] ?? -1)
}

function isInRange(field: Field, found: Scalar, comparison: Comparison, text: string, now: number): boolean {
  const order = orderOf(field, found, text, now)
  if (Number.isNaN(order)) return false
  if (comparison === '<') return order < 0
  if (comparison === '<=') return order <= 0
  return comparison === '>' ? order > 0 : order >= 0
}

function orderOf(field: Field, found: Scalar, text: string, now: number): number {
  if (field.kind === 'text' || field.kind === 'bool') return Number.NaN
  if (field.kind === 'timestamp') return compareTime(Number(found), text, now)
  if (field.kind === 'ip' || field.kind === 'ips') {
    const bound = parseIp(text)
    if (!bound) return Number.NaN
    const difference = asInteger(parseIp(String(found))!) - asInteger(bound)
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  if (typeof found === 'string') return compareBytes(found, folded(field, { pieces: [text], quoted: true })[0]!)
  return compareDecimal(BigInt(found), text)
}

function isAnywhere(type: LogType, value: Literal, reading: Reading, now: number): boolean {
  const isStar = !value.quoted && !value.gaps && value.pieces.length > 1 && value.pieces.join('') === ''
  return reading.names.some((name) => {
    const field = type.fields[name]!
    const values = reading.values(name)
    if (isStar) return values.length > 0
    const isName = ['keyword', 'enum', 'keywords', 'keywordLists', 'ip', 'ips'].includes(field.kind)
    if (field.kind === 'hits' && !reading.isElement) return values.some((found) => pattern(value).test(String(found)))
    const isNumber = ['port', 'ports', 'count', 'bytes', 'duration'].includes(field.kind)
    const isAsked =
      isName || field.kind === 'hits' || (isNumber && field.role === 'dimension' && value.pieces.length === 1)
    return isAsked && values.some((found) => equals(field, found, value, now))
  })
}

/** The names that a filter asks for within `prefix: { … }`; a value without a field asks for all. */
function asked(filter: Filter, names: readonly string[], prefix: string): readonly string[] {
  switch (filter.kind) {
    case 'all':
      return []
    case 'and':
    case 'or':
      return filter.filters.flatMap((inner) => asked(inner, names, prefix))
    case 'not':
      return asked(filter.filter, names, prefix)
    case 'nested':
      return asked(filter.filter, names, prefix)
    case 'exists':
    case 'range':
      return named(filter.field, { names, prefix, isElement: true, values: () => [] })
    case 'is':
      return filter.field ? named(filter.field, { names, prefix, isElement: true, values: () => [] }) : names
  }
}

/** Every element that `prefix: { … }` speaks of: of the lists that it asks for, or of all if it asks for none. */
function elements(type: LogType, row: Row, prefix: string, inner: Filter): readonly Reading[] {
  const names = Object.keys(type.fields).filter((name) => name.startsWith(`${prefix}.`))
  if (names.length === 0) return []
  const wanted = asked(inner, names, `${prefix}.`)
  const shared = names.filter((name) => type.fields[name]!.nested === prefix)
  const plain = names.filter((name) => !listKinds.has(type.fields[name]!.kind))
  const alone = names.filter(
    (name) => !shared.includes(name) && !plain.includes(name) && (wanted.length === 0 || wanted.includes(name)),
  )
  const make = (members: { readonly [name: string]: readonly Scalar[] }): Reading => ({
    names,
    prefix: `${prefix}.`,
    isElement: true,
    values: (name) => members[name] ?? [],
  })
  const length = Math.max(0, ...shared.map((name) => ((row[name] as readonly Value[] | undefined) ?? []).length))
  const together = Array.from({ length }, (_, index) =>
    make(
      Object.fromEntries(
        shared.map((name) => {
          const element = (row[name] as readonly (Scalar | readonly Scalar[])[] | undefined)?.[index]
          return [name, element === undefined ? [] : [element].flat()]
        }),
      ),
    ),
  )
  const object = make(Object.fromEntries(plain.map((name) => [name, readList(type, row, name)])))
  const hasObject = plain.some((name) => object.values(name).length > 0)
  const isObjectAsked = wanted.length === 0 || wanted.some((name) => plain.includes(name))
  return [
    ...together,
    ...(hasObject && isObjectAsked ? [object] : []),
    ...alone.flatMap((name) => readList(type, row, name).map((element) => make({ [name]: [element] }))),
  ]
}
