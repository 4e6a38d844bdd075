// What a value means by the kind of its field. One table for equality and one for ranges; a kind without an entry does not
// compile. Nothing here knows a field by name.
import type { Field, FieldKind } from '@margay/model'
import { parseCidr, parseIp } from '@margay/model'
import type { Test } from '../bound.ts'
import type { Comparison, Gap, Literal } from '../filter.ts'
import { hasWildcard, writtenText } from '../filter.ts'
import type { Problem } from '../problem.ts'
import { likeGaps } from '../text.ts'
import type { DateContext } from './dates.ts'
import { readDate } from './dates.ts'
import { readDecimal, wholeComparison } from './numbers.ts'
import { foldPieces } from './fold.ts'

/** Tests of one value, joined; or that the field is absent; or why the value does not fit the field. */
export type Meaning =
  | { readonly kind: 'tests'; readonly joined: 'and' | 'or'; readonly tests: readonly Test[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly problem: Problem }

const one = (test: Test): Meaning => ({ kind: 'tests', joined: 'and', tests: [test] })
const both = (...tests: readonly Test[]): Meaning => ({ kind: 'tests', joined: 'and', tests })
const either = (...tests: readonly Test[]): Meaning => ({ kind: 'tests', joined: 'or', tests })
const absent: Meaning = { kind: 'absent' }
const refused = (message: string, hint?: string): Meaning => ({
  kind: 'refused',
  problem: hint === undefined ? { message } : { message, hint },
})

/** The shapes of value that filters tell apart. */
type Shape = 'keyword' | 'text' | 'ip' | 'number' | 'time' | 'bool' | 'hit'

const shapes: { readonly [K in FieldKind]: Shape } = {
  timestamp: 'time',
  keyword: 'keyword',
  enum: 'keyword',
  text: 'text',
  ip: 'ip',
  port: 'number',
  count: 'number',
  bytes: 'number',
  duration: 'number',
  bool: 'bool',
  keywords: 'keyword',
  ips: 'ip',
  ports: 'number',
  hits: 'hit',
  keywordLists: 'keyword',
}

export const shapeOf = (field: Field): Shape => shapes[field.kind]

/** The text of a literal as it was meant, stars and all, cut for a message. */
export function shown(value: Literal): string {
  const text = writtenText(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

type BindEqual = (field: Field, value: Literal, context: DateContext) => Meaning

const equalTo: { readonly [S in Shape]: BindEqual } = {
  keyword: (field, value) => {
    const pieces = foldPieces(field, tidy(value))
    if (pieces.length > 1) return like(pieces, value.gaps)
    // An absent text is stored empty, so that asking for the empty text is asking for its absence. Elements are not stored so.
    const isScalar = field.kind === 'keyword' || field.kind === 'enum'
    return pieces[0] === '' && isScalar ? absent : one({ kind: 'equals', text: pieces[0]! })
  },
  text: (_, value) => {
    const pieces = tidy(value)
    const meaning = like(pieces, value.gaps)
    if (pieces.length > 1) return meaning.kind === 'tests' ? both(...meaning.tests.map(inAnyCase)) : meaning
    if (pieces[0] === '') return absent
    if (value.quoted) return one({ kind: 'phrase', pieces })
    return one({ kind: 'words', words: pieces[0]!.split(/[ \t\r\n\u00a0]+/).filter((word) => word !== '') })
  },
  hit: (_, value) => {
    if (hasWildcard(value)) return like(tidy(value), value.gaps)
    const text = withoutEnds(value.pieces[0]!)
    return one(text === '' ? { kind: 'present' } : { kind: 'hit', text })
  },
  ip: (_, value) => {
    if (isNull(value)) return absent
    if (hasWildcard(value)) return ipLike(value)
    const [text = ''] = value.pieces
    const cidr = text.includes('/') ? parseCidr(text) : blockOf(text)
    if (cidr) return one({ kind: 'inBlock', cidr })
    return refused(`"${shown(value)}" is no address and no block`, 'write 10.0.0.1, 10.0.0.0/8, "fd77::/64" or 10.77.*')
  },
  number: (field, value) => {
    if (isNull(value)) return absent
    if (hasWildcard(value)) return numberLike(value)
    const decimal = readDecimal(value.pieces[0]!)
    if (!decimal) return noNumber(field, value)
    return decimal.isWhole ? one({ kind: 'compareNumber', comparison: '=', value: decimal.floor }) : either()
  },
  bool: (_, value) => {
    if (isNull(value)) return absent
    const pieces = value.pieces.map((piece) => piece.toLowerCase())
    if (pieces.length === 1 && pieces[0] !== 'true' && pieces[0] !== 'false') {
      return refused(`"${shown(value)}" is neither true nor false`, 'write true or false')
    }
    const tests: Test[] = []
    const gaps = value.gaps ?? pieces.slice(1).map(() => 'any' as const)
    if (likeGaps(pieces, gaps, 'true')) tests.push({ kind: 'isTrue' })
    if (likeGaps(pieces, gaps, 'false')) tests.push({ kind: 'isFalse' })
    return either(...tests)
  },
  time: (_, value, context) => {
    if (isNull(value)) return absent
    if (hasWildcard(value))
      return refused('a time takes no wildcard', 'leave out its small parts: 2026-11 is the month')
    const date = readDate(value.pieces[0]!, context)
    if (!date.ok) return refused(date.message, date.hint)
    return both(...bounds('>=', date.span.from, '<', date.span.to))
  },
}

/** What `field: value` means; the value is not the single star. */
export const bindEqual: BindEqual = (field, value, context) => equalTo[shapeOf(field)](field, value, context)

type BindRange = (field: Field, comparison: Comparison, value: Literal, context: DateContext) => Meaning

const byText: BindRange = (field, comparison, value) =>
  one({ kind: 'compareText', comparison, text: foldPieces(field, value.pieces)[0]! })

const rangeOf: { readonly [S in Shape]: BindRange } = {
  keyword: byText,
  hit: byText,
  text: () => refused('free text has no order', 'ask for words: field: word'),
  bool: () => refused('true and false have no order', 'write field: true'),
  ip: (_, comparison, value) => {
    const [text = ''] = value.pieces
    const bytes = parseIp(text)
    if (bytes) return one({ kind: 'compareIp', comparison, bytes })
    if (parseCidr(text)) return refused('a block has no place in the order of addresses', `write field: "${text}"`)
    return refused(`"${shown(value)}" is no address`, 'write 10.0.0.1 or "fd77::1"')
  },
  number: (field, comparison, value) => {
    const decimal = readDecimal(value.pieces[0]!)
    return decimal ? one({ kind: 'compareNumber', ...wholeComparison(comparison, decimal) }) : noNumber(field, value)
  },
  time: (_, comparison, value, context) => {
    const date = readDate(value.pieces[0]!, context)
    if (!date.ok) return refused(date.message, date.hint)
    const { from, to } = date.span
    // The whole span belongs to its date: `<= 2026-11-01` takes the day in, `> 2026-11-01` leaves it out.
    const bound = comparison === '<' || comparison === '>=' ? from : to
    return one(timeBound(comparison === '<' || comparison === '<=' ? '<' : '>=', bound))
  },
}

/** What `field < value` and its like mean. */
export const bindRange: BindRange = (field, comparison, value, context) => {
  if (hasWildcard(value)) {
    return refused('a range takes no wildcard', 'write the value out, or quote it if the star is part of it')
  }
  return rangeOf[shapeOf(field)](field, comparison, value, context)
}

/** Cuts stars and bars at both ends. */
function withoutEnds(text: string): string {
  const isCut = (at: number) => text[at] === '*' || text[at] === '|'
  let [from, to] = [0, text.length]
  while (from < to && isCut(from)) from++
  while (to > from && isCut(to - 1)) to--
  return text.slice(from, to)
}

/** Several stars in a row are one. */
function tidy({ pieces, gaps }: Literal): readonly string[] {
  if (pieces.length < 3 || gaps) return pieces
  return [pieces[0]!, ...pieces.slice(1, -1).filter((piece) => piece !== ''), pieces.at(-1)!]
}

function likeTest(pieces: readonly string[], gaps?: readonly Gap[]): Test {
  if (gaps) return { kind: 'like', pieces, gaps }
  return pieces.join('') === '' ? { kind: 'present' } : { kind: 'like', pieces }
}

const like = (pieces: readonly string[], gaps?: readonly Gap[]): Meaning => one(likeTest(pieces, gaps))
const inAnyCase = (test: Test): Test => (test.kind === 'like' ? { ...test, anyCase: true } : test)

const isNull = ({ pieces, quoted }: Literal) => !quoted && pieces.length === 1 && pieces[0] === 'null'

/** One address as a block, so that one test serves both. */
function blockOf(text: string) {
  const bytes = parseIp(text)
  return bytes && { bytes, bits: 128 }
}

function ipLike(value: Literal): Meaning {
  const pieces = tidy({ ...value, pieces: value.pieces.map((piece) => piece.toLowerCase()) })
  if (pieces.every((piece) => /^[0-9a-f.:]*$/.test(piece))) return like(pieces, value.gaps)
  return refused(`"${shown(value)}" fits no address`, 'write 10.77.*, or a block: 10.77.0.0/16')
}

function numberLike(value: Literal): Meaning {
  const pieces = tidy(value)
  if (pieces.every((piece) => /^\d*$/.test(piece))) return like(pieces, value.gaps)
  return refused(`"${shown(value)}" fits no number`, 'a wildcard stands for digits: 44*')
}

function noNumber(field: Field, value: Literal): Meaning {
  const unit = field.unit ? `, in ${field.unit}` : field.kind === 'bytes' ? ', in bytes' : ''
  return refused(`"${shown(value)}" is no number`, `the field takes whole numbers${unit}`)
}

const timeBound = (comparison: Comparison, ms: number): Test => ({
  kind: 'compareNumber',
  comparison,
  value: BigInt(Math.ceil(ms / 1000)),
})

const bounds = (low: Comparison, from: number, high: Comparison, to: number) => [
  timeBound(low, from),
  timeBound(high, to),
]
