// Gives a filter the types of one log type: names become fields, texts become tests. Everything that a query means is
// decided here, once for both engines; what cannot mean anything is an error at its place, never zero rows in silence.
import type { Field, LogType } from '@margay/model'
import { listKinds } from '@margay/model'
import type { BoundFilter, Test } from '../bound.ts'
import { always, every, negated, never, some, test } from '../bound.ts'
import type { Comparison, Filter, Literal } from '../filter.ts'
import { hasWildcard, isStar } from '../filter.ts'
import { printLiteral } from '../kql/literal.ts'
import type { Positions, Problem } from '../problem.ts'
import type { DateContext } from './dates.ts'
import { indexField, membersOf, resolveNames } from './fields.ts'
import { hintForField, notAList, slipAnywhere } from './hints.ts'
import { bindIndex } from './index-name.ts'
import { readDecimal } from './numbers.ts'
import { slipOfValue } from './slips.ts'
import type { Meaning } from './values.ts'
import { bindEqual, bindRange, shapeOf, shown } from './values.ts'
import type { Zone } from './zone.ts'

export interface BindOptions {
  /** Unix seconds that `now` stands for. */
  readonly now: number
  /** The viewer's zone, for dates without one; UTC unless given. Throws a RangeError if it does not exist. */
  readonly zone?: Zone
  /** Where the parts of the filter stand in its text, as the parser gave it. */
  readonly positions?: Positions
  /** Other log types that are asked the same: a field that only they have matches nothing here and is no error. */
  readonly alongside?: readonly LogType[]
}

export type Bound =
  | { readonly ok: true; readonly filter: BoundFilter }
  | { readonly ok: false; readonly errors: readonly [Problem, ...Problem[]] }

/** Binds a filter to a log type. All errors are given, in the order of the filter. */
export function bind(filter: Filter, type: LogType, options: BindOptions): Bound {
  const binder = new Binder(type, options)
  const bound = binder.filter(filter, rowScope)
  const [first, ...others] = binder.errors.values()
  return first ? { ok: false, errors: [first, ...others] } : { ok: true, filter: bound }
}

/** What names mean at a place of the filter. */
interface Scope {
  /** `policies` within `policies: { … }`. */
  readonly prefix?: string
  /** The list itself, where `field: { … }` is about one: a value without a field means its element. */
  readonly self?: string
  /** Within an element: the field that is read for each member that belongs to the element; others match nothing. */
  readonly members?: ReadonlyMap<string, string>
  /** Within an element: called for each of its members that the filter asks for. */
  readonly onAsked?: () => void
}

const rowScope: Scope = {}

/** Tests in one bound filter. A value without a field costs one for each field, and both engines pay for each test. */
export const maxTests = 20_000

const tooManyTests: Problem = {
  message: `the filter asks for more than ${maxTests} comparisons`,
  hint: 'name the fields of values, or write lists and blocks shorter',
}

/** Errors that get a hint by the nearest names; a text with more of them is not a query. */
const mostHints = 20

class Binder {
  readonly #type: LogType
  readonly #options: BindOptions
  readonly #context: DateContext
  #tests = 0
  /** By place and message: parts of `field: { … }` are bound once for each list, and say the same each time. */
  readonly errors = new Map<string, Problem>()

  constructor(type: LogType, options: BindOptions) {
    this.#type = type
    this.#options = options
    this.#context = { now: options.now, zone: options.zone ?? 'UTC' }
  }

  filter(filter: Filter, scope: Scope): BoundFilter {
    if (this.#tests > maxTests) return this.#fail(this, tooManyTests)
    switch (filter.kind) {
      case 'all':
        return always
      case 'and':
        return every(...filter.filters.map((inner) => this.filter(inner, scope)))
      case 'or':
        return some(...filter.filters.map((inner) => this.filter(inner, scope)))
      case 'not':
        return negated(this.filter(filter.filter, scope))
      case 'exists':
        return this.#exists(filter.field, scope)
      case 'is':
        return filter.field ? this.#is(filter.field, filter.value, scope) : this.#anywhere(filter.value, scope)
      case 'range':
        return this.#range(filter.field, filter.comparison, filter.value, scope)
      case 'nested':
        return this.#nested(filter.field, filter.filter, scope)
    }
  }

  #fail(at: object, problem: Problem): BoundFilter {
    const located = { ...problem, ...this.#options.positions?.get(at) }
    const key = `${located.from} ${located.message}`
    if (!this.errors.has(key)) this.errors.set(key, located)
    return never
  }

  #field(name: string): Field {
    return this.#type.fields[name]!
  }

  /** A test of a field where it stands: of the row, or of the element. */
  #leaf(name: string, leaf: Test, scope: Scope): BoundFilter {
    if (scope.members) {
      const read = scope.members.get(name)
      if (read === undefined) return never
      scope.onAsked?.()
      return this.#test(read, leaf)
    }
    return this.#withFallback(name, (read) => this.#test(read, leaf))
  }

  #test(field: string, leaf: Test): BoundFilter {
    this.#tests++
    return test(field, leaf)
  }

  /** A list that reads as the union of others where the source sent none. */
  #withFallback(name: string, read: (field: string) => BoundFilter): BoundFilter {
    const { readsAs } = this.#field(name)
    if (!readsAs) return read(name)
    const isSent = test(name, { kind: 'present' })
    return some(read(name), every(negated(isSent), some(...readsAs.map(read))))
  }

  #meaning(name: string, meaning: Exclude<Meaning, { kind: 'refused' }>, scope: Scope): BoundFilter {
    if (meaning.kind === 'absent') return negated(this.#leaf(name, { kind: 'present' }, scope))
    return joined(meaning, (leaf) => this.#leaf(name, leaf, scope))
  }

  /** Calls `bindOne` for every field that the name means; refusals count only if no field takes the value. */
  #each(field: Literal, value: Literal, scope: Scope, bindOne: (name: string) => Meaning): BoundFilter {
    const names = this.#names(field, scope)
    if (!names) return never
    const bound: BoundFilter[] = []
    let refusal: Problem | undefined
    for (const name of names) {
      const meaning = bindOne(name)
      if (meaning.kind === 'refused') refusal ??= meaning.problem
      else bound.push(this.#meaning(name, meaning, scope))
    }
    if (bound.length === 0 && refusal) return this.#fail(value, refusal)
    return some(...bound)
  }

  #exists(field: Literal, scope: Scope): BoundFilter {
    if (isIndex(field, scope)) return always
    const names = this.#names(field, scope)
    return some(...(names ?? []).map((name) => this.#leaf(name, { kind: 'present' }, scope)))
  }

  #is(field: Literal, value: Literal, scope: Scope): BoundFilter {
    if (isStar(value)) return this.#exists(field, scope)
    if (isIndex(field, scope)) return bindIndex(this.#type, value)
    return this.#each(field, value, scope, (name) => {
      const slip = slipOfValue(printLiteral(field), this.#field(name), value)
      return slip ? { kind: 'refused', problem: slip } : bindEqual(this.#field(name), value, this.#context)
    })
  }

  #range(field: Literal, comparison: Comparison, value: Literal, scope: Scope): BoundFilter {
    if (isIndex(field, scope)) {
      return this.#fail(value, { message: 'an index has no order', hint: 'write _index: *name*' })
    }
    return this.#each(field, value, scope, (name) => bindRange(this.#field(name), comparison, value, this.#context))
  }

  /** A value without a field. */
  #anywhere(value: Literal, scope: Scope): BoundFilter {
    const slip = scope.self === undefined ? slipAnywhere(this.#type, value, scope.prefix) : undefined
    if (slip) return this.#fail(value, slip)
    if (scope.self !== undefined) return this.#is({ pieces: [scope.self], quoted: true }, value, scope)
    const names = scope.members ? [...scope.members.keys()] : Object.keys(this.#type.fields)
    // Every row has its time.
    if (isStar(value))
      return scope.members ? some(...names.map((name) => this.#leaf(name, { kind: 'present' }, scope))) : always
    return some(...names.map((name) => this.#anywhereIn(name, value, scope)))
  }

  #anywhereIn(name: string, value: Literal, scope: Scope): BoundFilter {
    const field = this.#field(name)
    const shape = shapeOf(field)
    const isNumber = shape === 'number' && field.role === 'dimension' && !hasWildcard(value)
    const isAsked =
      shape === 'keyword' || shape === 'ip' || shape === 'hit' || (isNumber && readDecimal(value.pieces[0]!))
    // Anything may be missing somewhere; a search everywhere is for what is there.
    const isNothing = !value.quoted && value.pieces[0] === 'null' && shape !== 'keyword'
    if (!isAsked || isNothing) return never
    // Outside `policies: { … }` a hit is searched as the text that it is.
    const asText = shape === 'hit' && !scope.members ? { ...field, kind: 'keywords' as const } : field
    const meaning = bindEqual(asText, value, this.#context)
    if (meaning.kind !== 'tests') return never
    return joined(meaning, (leaf) => (scope.members ? this.#leaf(name, leaf, scope) : this.#test(name, leaf)))
  }

  /** The fields that a name means, or undefined once an error or the right to match nothing is noted. */
  #names(field: Literal, scope: Scope): readonly string[] | undefined {
    if (scope.self !== undefined && field.pieces.length === 1 && field.pieces[0] === scope.self) return [scope.self]
    const names = scope.self === undefined ? resolveNames(this.#type, field, scope.prefix) : []
    if (names.length > 0) return names
    const isKnownElsewhere = this.#options.alongside?.some((type) => resolveNames(type, field, scope.prefix).length > 0)
    if (!isKnownElsewhere) this.#fail(field, this.#unknownField(field, scope))
    return undefined
  }

  #unknownField(field: Literal, scope: Scope): Problem {
    const written = shown(field)
    const message = `unknown field "${written}" on log type "${this.#type.name}"`
    if (scope.self !== undefined) return { message, hint: `within ${scope.self}: { … } write values only` }
    const hint = this.errors.size < mostHints ? hintForField(this.#type, written, scope.prefix) : undefined
    return hint === undefined ? { message } : { message, hint }
  }

  /** `field: { … }` */
  #nested(field: Literal, inner: Filter, scope: Scope): BoundFilter {
    const [name = ''] = field.pieces
    if (hasWildcard(field)) return this.#fail(field, { message: 'the field before "{" takes no wildcard' })
    if (scope.members) return this.#nestedInElement(field, name, inner, scope)
    const own = resolveNames(this.#type, field)[0]
    const members = membersOf(this.#type, name)
    // `dest_labels` is an object of one list: names within it are members, and values are its elements.
    if (members.length > 0) return this.#someElement(groupsOf(this.#type, members), inner, { prefix: name })
    if (own === undefined) {
      this.#names(field, scope)
      return never
    }
    if (!listKinds.has(this.#field(own).kind)) return this.#fail(field, notAList(own, inner))
    return this.#someElement([[own]], inner, { self: own })
  }

  #nestedInElement(field: Literal, name: string, inner: Filter, scope: Scope): BoundFilter {
    const member = scope.self === undefined ? resolveNames(this.#type, field, scope.prefix)[0] : undefined
    if (member === undefined || this.#field(member).kind === 'keywordLists') {
      return this.#fail(field, { message: `"${name}" is no list whose elements can be asked for here` })
    }
    return this.filter(inner, { ...scope, self: member })
  }

  /** One element of one of these groups of parallel lists meets the inner filter. */
  #someElement(groups: readonly (readonly string[])[], inner: Filter, scope: Scope): BoundFilter {
    const bound = groups.map((group) => this.#element(group, inner, scope))
    const asked = bound.filter(({ isAsked }) => isAsked)
    return some(...(asked.length > 0 ? asked : bound).map(({ filter }) => filter))
  }

  #element(
    group: readonly string[],
    inner: Filter,
    scope: Scope,
  ): { readonly filter: BoundFilter; readonly isAsked: boolean } {
    let isAsked = false
    // Members that are no lists are the one element of their object, which is there where any of them is.
    const isPlain = !listKinds.has(this.#field(group[0]!).kind)
    const read = (rename: (name: string) => string): BoundFilter => {
      const members = new Map(group.map((name) => [name, rename(name)]))
      const onAsked = () => {
        isAsked = true
      }
      const filter = this.filter(inner, { ...scope, members, onAsked })
      if (isPlain) return every(some(...group.map((name) => test(name, { kind: 'present' }))), filter)
      const fields = new Set(fieldsIn(filter))
      const lists = fields.size > 0 ? [...fields] : [...members.values()]
      return filter.kind === 'constant' && !filter.value ? never : { kind: 'element', fields: lists, filter }
    }
    const [only] = group
    const isSingle = group.length === 1
    const filter = isSingle ? this.#withFallback(only!, (list) => read(() => list)) : read((name) => name)
    return { filter, isAsked }
  }
}

function joined(
  { joined, tests }: Extract<Meaning, { kind: 'tests' }>,
  bindOne: (test: Test) => BoundFilter,
): BoundFilter {
  return joined === 'and' ? every(...tests.map(bindOne)) : some(...tests.map(bindOne))
}

const isIndex = ({ pieces }: Literal, scope: Scope) => !scope.members && pieces.length === 1 && pieces[0] === indexField

/** Lists that are members of one object stand side by side, and so do members that are no lists; every other list stands alone. */
function groupsOf(type: LogType, members: readonly string[]): readonly (readonly string[])[] {
  const groups = Map.groupBy(members, (name) => {
    const { kind, nested } = type.fields[name]!
    return listKinds.has(kind) ? (nested ?? name) : ''
  })
  return [...groups.values()]
}

/** The fields that a filter's tests name. */
export function fieldsIn(filter: BoundFilter): readonly string[] {
  switch (filter.kind) {
    case 'constant':
      return []
    case 'and':
    case 'or':
      return filter.filters.flatMap(fieldsIn)
    case 'not':
      return fieldsIn(filter.filter)
    case 'test':
      return [filter.field]
    case 'element':
      return [...filter.fields]
  }
}
