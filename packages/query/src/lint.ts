// Remarks on a filter that binds but may not mean what its writer thinks. Nothing here changes an answer.
import type { Field, LogType } from '@margay/model'
import { indexField, resolveNames } from './bind/fields.ts'
import { readDecimal } from './bind/numbers.ts'
import { shapeOf } from './bind/values.ts'
import type { Filter, Literal } from './filter.ts'
import { hasWildcard } from './filter.ts'
import { printLiteral } from './kql/literal.ts'
import type { Positions, Problem } from './problem.ts'
import { spellValue } from './spell.ts'

/** One clause of a filter, with its field resolved. */
interface Clause {
  /** As written, for hints. */
  readonly written: string
  readonly field: Field
  readonly filter: Extract<Filter, { kind: 'is' | 'range' | 'exists' }>
}

type Remark = (clause: Clause) => Problem | undefined

/** Remarks in the order of the filter, at the value or field that they are about. */
export function lint(filter: Filter, type: LogType, positions?: Positions): readonly Problem[] {
  const found: Problem[] = []
  const at = (node: object, problem: Problem) => found.push({ ...problem, ...positions?.get(node) })
  visit(filter, undefined, (leaf, prefix) => {
    if (!leaf.field) {
      const problem = leaf.kind === 'is' && (dangling(leaf.value) ?? fieldAsValue(leaf.value, type))
      if (problem) at(leaf.value, problem)
      return
    }
    if (leaf.kind === 'is' && leaf.field.pieces.join('') === indexField) remarkOnIndex(leaf.value, at)
    const [name] = hasWildcard(leaf.field) ? [] : resolveNames(type, leaf.field, prefix)
    const field = name === undefined ? undefined : type.fields[name]
    if (!field) return
    const clause: Clause = { written: printLiteral(leaf.field), field, filter: leaf }
    const place = leaf.kind === 'exists' ? leaf.field : leaf.value
    for (const remark of remarks) {
      const problem = remark(clause)
      if (problem) at(place, problem)
    }
    if (field.deprecated) at(leaf.field, { message: `${clause.written} is deprecated`, hint: field.deprecated })
  })
  return found
}

type Leaf = Extract<Filter, { kind: 'is' | 'range' | 'exists' }>

function visit(
  filter: Filter,
  prefix: string | undefined,
  onLeaf: (leaf: Leaf, prefix: string | undefined) => void,
): void {
  switch (filter.kind) {
    case 'all':
      return
    case 'and':
    case 'or':
      for (const inner of filter.filters) visit(inner, prefix, onLeaf)
      return
    case 'not':
      return visit(filter.filter, prefix, onLeaf)
    case 'nested':
      return visit(filter.filter, filter.field.pieces[0], onLeaf)
    case 'is':
    case 'range':
    case 'exists':
      return onLeaf(filter, prefix)
  }
}

function remarkOnIndex(value: Literal, at: (node: object, problem: Problem) => void): void {
  if (!/\d{4}[.-]?\d{2}[.-]?\d{2}/.test(value.pieces.at(-1)!)) return
  at(value, { message: 'the date of an index is not compared', hint: 'choose the time range instead' })
}

const textOf = (value: Literal) => value.pieces[0]!

/** The text of a value as it was written, where nothing in it is quoted or stands for other characters. */
const plainText = (value: Literal) => (value.quoted || hasWildcard(value) ? undefined : textOf(value))

/** `process_name: curl and`, `NOT` */
function dangling(value: Literal): Problem | undefined {
  const word = /(?:^| )(and|or|not)$/i.exec(plainText(value) ?? '')?.[1]
  if (word === undefined) return undefined
  return {
    message: `"${word}" is part of the value here`,
    hint: 'a clause is missing after it; to search for the word, quote it',
  }
}

/** `action deny`, `action` */
function fieldAsValue(value: Literal, type: LogType): Problem | undefined {
  const [name, ...rest] = (plainText(value) ?? '').split(' ')
  if (name === undefined || !Object.hasOwn(type.fields, name)) return undefined
  const asked = rest.length > 0 ? spellValue(rest.join(' ')) : '*'
  return { message: `"${name}" is searched as a value here`, hint: `to ask for the field write ${name}: ${asked}` }
}

/** The same for the value of a field. */
const danglingWord: Remark = ({ filter }) => (filter.kind === 'is' ? dangling(filter.value) : undefined)

/** `action: Deny`, `action: drop` */
const strangeWord: Remark = ({ field, filter, written }) => {
  if (filter.kind !== 'is' || hasWildcard(filter.value) || !field.values || field.fold) return undefined
  const text = textOf(filter.value)
  if (field.values.includes(text)) return undefined
  const sameWord = field.values.find((word) => word.toLowerCase() === text.toLowerCase())
  if (sameWord !== undefined) {
    return { message: `no row has "${text}": case counts`, hint: `write ${written}: ${spellValue(sameWord)}` }
  }
  if (field.kind !== 'enum' || text === '') return undefined
  return { message: `no row has "${text}"`, hint: `${written} is one of ${field.values.join(', ')}` }
}

/** `process_name: ""` */
const emptyText: Remark = ({ field, filter, written }) => {
  const isEmpty = filter.kind === 'is' && !hasWildcard(filter.value) && textOf(filter.value) === ''
  if (!isEmpty || field.kind !== 'keyword') return undefined
  return {
    message: 'an empty text is stored as no text, so this finds rows without the field',
    hint: `not ${written}: * says the same`,
  }
}

/** `dest_namespace: *` */
const dashIsAValue: Remark = ({ field, filter, written }) => {
  if (filter.kind !== 'exists' || field.kind !== 'keyword' || field.ours) return undefined
  return {
    message: 'rows with "-" (not applicable) have a value too',
    hint: `to leave them out, add and not ${written}: "-"`,
  }
}

/** `process_name: pyth?n`, `process_name: "*curl*"` */
const noWildcard: Remark = ({ field, filter, written }) => {
  if (filter.kind !== 'is' || hasWildcard(filter.value) || shapeOf(field) !== 'keyword') return undefined
  const text = textOf(filter.value)
  if (!filter.value.quoted && text.includes('?')) {
    return { message: '"?" stands for itself', hint: `the wildcard is *: ${written}: ${text.replaceAll('?', '*')}` }
  }
  // `web-*` is a name in Calico's logs.
  const hasStar = text.length > 1 && (text.startsWith('*') || (text.endsWith('*') && !text.endsWith('-*')))
  if (!filter.value.quoted || !hasStar) return undefined
  const pieces = text.split('*')
  const unquoted = printLiteral({ pieces, quoted: false })
  return { message: 'a star within quotes stands for itself', hint: `for a wildcard write ${written}: ${unquoted}` }
}

/** `dest_port: 70000`, `bytes_in < 0` */
const impossibleNumber: Remark = ({ field, filter, written }) => {
  if (filter.kind === 'exists' || shapeOf(field) !== 'number' || hasWildcard(filter.value)) return undefined
  const number = readDecimal(textOf(filter.value))
  if (!number) return undefined
  const isPort = field.kind === 'port' || field.kind === 'ports'
  const most = isPort ? 65_535n : field.width === 32 ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn
  if (number.floor > most || number.floor < 0n) {
    return { message: `${written} is from 0 to ${most}`, hint: 'every row or none passes this' }
  }
  if (filter.kind === 'is' && !number.isWhole) {
    return { message: `${written} holds whole numbers`, hint: 'no row passes this' }
  }
  const asksForZero = field.zeroIsAbsent && filter.kind === 'is' && number.floor === 0n
  return asksForZero ? { message: '0 means not measured, and is absent', hint: `write not ${written}: *` } : undefined
}

/** `process_id > 1000` */
const orderOfText: Remark = ({ field, filter, written }) => {
  const isNumber = filter.kind === 'range' && readDecimal(textOf(filter.value)) !== undefined
  if (!isNumber || shapeOf(field) !== 'keyword') return undefined
  return { message: `${written} is text and is compared as text`, hint: '"9" comes after "1000"' }
}

/** `action: (allow, deny)` */
const commaInAList: Remark = ({ filter, written }) => {
  if (filter.kind !== 'is' || filter.value.quoted || hasWildcard(filter.value)) return undefined
  const parts = textOf(filter.value).split(/, ?/, 3)
  if (parts.length < 2 || parts.some((part) => part === '')) return undefined
  return { message: 'the comma is part of the value', hint: `for a list write ${written}: (${parts.join(' or ')})` }
}

const remarks: readonly Remark[] = [
  danglingWord,
  commaInAList,
  strangeWord,
  emptyText,
  dashIsAValue,
  noWildcard,
  impossibleNumber,
  orderOfText,
]
