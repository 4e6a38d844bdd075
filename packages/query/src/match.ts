// A bound filter compiled to a function of a row, for live streams. It says what the store's SQL says, always; the shapes
// of tests are explained in bound.ts.
import type { Cidr, Field, LogType, Row, Value } from '@margay/model'
import { cidrContains, compareIp, isPresent, parseIp } from '@margay/model'
import type { BoundFilter, Test } from './bound.ts'
import type { Comparison } from './filter.ts'
import { hitMatches } from './hit.ts'
import { compareUtf8, containsInOrder, likeGaps, likeText } from './text.ts'

/** Whether a row passes. */
export type Match = (row: Row) => boolean

/** Compiles a bound filter. The function keeps no row and may be called any number of times. */
export function compileMatch(filter: BoundFilter, type: LogType): Match {
  const matches = compile(filter, type, ofRow)
  return (row) => matches(row, 0)
}

/** Within an element, the second argument is the element's place in its lists; outside it is not read. */
type At = (row: Row, index: number) => boolean

/** How a test gets at its field's value. */
type Reach = (name: string, field: Field, passes: (value: Value) => boolean) => At

const ofRow: Reach = (name, field, passes) => {
  const any = anyElement(passes)
  return (row) => {
    const value = row[name]
    return isPresent(field, value) && any(value!)
  }
}

/** A member of an element is absent only if its list ends before; a list of names within it passes by any of its names. */
const ofElement: Reach = (name, _, passes) => {
  const any = anyElement(passes)
  return (row, index) => {
    const value = elementAt(row[name], index)
    return value !== undefined && any(value)
  }
}

function elementAt(list: Value | undefined, index: number): Value | undefined {
  return Array.isArray(list) ? (list as readonly Value[])[index] : undefined
}

/** A list passes if any element does; lists of lists by any of theirs. */
const anyElement =
  (passes: (value: Value) => boolean) =>
  (value: Value): boolean => {
    if (!Array.isArray(value)) return passes(value)
    const elements = value as readonly Value[]
    for (const element of elements) {
      if (Array.isArray(element) ? (element as readonly string[]).some(passes) : passes(element)) return true
    }
    return false
  }

function compile(filter: BoundFilter, type: LogType, reach: Reach): At {
  switch (filter.kind) {
    case 'constant':
      return () => filter.value
    case 'and': {
      const parts = filter.filters.map((inner) => compile(inner, type, reach))
      return (row, index) => parts.every((part) => part(row, index))
    }
    case 'or': {
      const parts = filter.filters.map((inner) => compile(inner, type, reach))
      return (row, index) => parts.some((part) => part(row, index))
    }
    case 'not': {
      const inner = compile(filter.filter, type, reach)
      return (row, index) => !inner(row, index)
    }
    case 'test': {
      const field = type.fields[filter.field]
      if (!field) throw new Error(`BUG: a bound filter names the unknown field ${filter.field} of ${type.name}`)
      return reach(filter.field, field, compileTest(filter.test))
    }
    case 'element':
      return compileElement(filter.fields, compile(filter.filter, type, ofElement))
  }
}

function compileElement(fields: readonly string[], inner: At): At {
  return (row) => {
    const length = Math.max(0, ...fields.map((name) => lengthOf(row[name])))
    for (let index = 0; index < length; index++) if (inner(row, index)) return true
    return false
  }
}

const lengthOf = (value: Value | undefined) => (Array.isArray(value) ? value.length : 0)

type Compile<K extends Test['kind']> = (test: Extract<Test, { kind: K }>) => (value: Value) => boolean

const compilers: { readonly [K in Test['kind']]: Compile<K> } = {
  present: () => () => true,
  equals:
    ({ text }) =>
    (value) =>
      value === text,
  like: ({ pieces, gaps, anyCase }) => {
    const fold = anyCase ? caseless : (text: string) => text
    const folded = pieces.map(fold)
    if (gaps) return (value) => likeGaps(folded, gaps, fold(String(value)))
    return (value) => likeText(folded, fold(String(value)))
  },
  compareText: ({ comparison, text }) => {
    const holds = ordered[comparison]
    return (value) => holds(compareUtf8(String(value), text))
  },
  compareNumber: ({ comparison, value: threshold }) => compileNumber(comparison, threshold),
  inBlock: ({ cidr }) => inBlock(cidr),
  compareIp: ({ comparison, bytes }) => {
    const holds = ordered[comparison]
    return (value) => {
      const address = parseIp(String(value))
      return address !== undefined && holds(compareIp(address, bytes))
    }
  },
  isTrue: () => (value) => value === true,
  isFalse: () => (value) => value === false,
  words: ({ words }) => {
    const folded = words.map(caseless)
    return (value) => {
      const text = caseless(String(value))
      return folded.every((word) => text.includes(word))
    }
  },
  phrase: ({ pieces }) => {
    const folded = pieces.map(caseless)
    return (value) => containsInOrder(folded, caseless(String(value)))
  },
  hit:
    ({ text }) =>
    (value) =>
      hitMatches(String(value), text),
}

const compileTest = <K extends Test['kind']>(test: Extract<Test, { kind: K }>): ((value: Value) => boolean) =>
  (compilers[test.kind] as Compile<K>)(test)

const caseless = (text: string) => text.toLowerCase()

const ordered: { readonly [C in Comparison]: (order: number) => boolean } = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

function compileNumber(comparison: Comparison | '=', threshold: bigint): (value: Value) => boolean {
  // JavaScript compares a number with a bigint by value, exactly.
  const compare: { readonly [C in Comparison | '=']: (value: number | bigint) => boolean } = {
    '=': (value) => !(value < threshold) && !(value > threshold),
    '<': (value) => value < threshold,
    '<=': (value) => value <= threshold,
    '>': (value) => value > threshold,
    '>=': (value) => value >= threshold,
  }
  const holds = compare[comparison]
  return (value) => (typeof value === 'number' || typeof value === 'bigint') && holds(value)
}

function inBlock(cidr: Cidr): (value: Value) => boolean {
  return (value) => {
    const address = parseIp(String(value))
    return address !== undefined && cidrContains(cidr, address)
  }
}
