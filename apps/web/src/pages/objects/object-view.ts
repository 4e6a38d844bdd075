// The objects' part of the address: which of them are listed, in which order. The traffic's query and filters stand beside it
// and are not about objects. Whatever is not understood is left out, and the rest is kept. Pure.
import { oneOf, type Search } from '../../view/address.ts'
import type { ObjectSort } from '../../object-table/ObjectTable.tsx'

export interface ObjectView {
  /** Part of a name. */
  readonly name: string
  readonly namespace: string
  readonly node: string
  readonly policy: string
  /** Label selector. */
  readonly labels: string
  readonly unlabelled: boolean
  readonly unprotected: boolean
  readonly denied: boolean
  readonly sort: ObjectSort
}

/** Texts of a list that are typed, and switches that are on or off. */
export const textFilters = ['name', 'namespace', 'node', 'policy', 'labels'] as const
export const flagFilters = ['unlabelled', 'unprotected', 'denied'] as const
export type TextFilter = (typeof textFilters)[number]
export type FlagFilter = (typeof flagFilters)[number]

/** The names in the address. A list of objects knows no query of records, so none of them means another page's. */
const names = {
  name: 'name',
  namespace: 'ns',
  node: 'node',
  policy: 'policy',
  labels: 'labels',
  unlabelled: 'unlabelled',
  unprotected: 'open',
  denied: 'denied',
  sort: 'by',
} as const

export const firstSort: ObjectSort = { column: 'namespace', descending: false }

const printSort = ({ column, descending }: ObjectSort): string => `${descending ? '-' : ''}${column}`

function parseSort(text: string, columns: readonly string[]): ObjectSort {
  const sort = text.startsWith('-') ? { column: text.slice(1), descending: true } : { column: text, descending: false }
  return columns.includes(sort.column) ? sort : firstSort
}

/** `columns` are those that a list can be sorted by. */
export function readObjectView(search: Search, columns: readonly string[]): ObjectView {
  const text = (filter: TextFilter) => oneOf(search[names[filter]]) ?? ''
  const flag = (filter: FlagFilter) => oneOf(search[names[filter]]) === '1'
  return {
    name: text('name'),
    namespace: text('namespace'),
    node: text('node'),
    policy: text('policy'),
    labels: text('labels'),
    unlabelled: flag('unlabelled'),
    unprotected: flag('unprotected'),
    denied: flag('denied'),
    sort: parseSort(oneOf(search[names.sort]) ?? '', columns),
  }
}

export function writeObjectView(view: ObjectView): Search {
  const sort = printSort(view.sort)
  return {
    ...Object.fromEntries(textFilters.map((filter) => [names[filter], view[filter] || undefined])),
    ...Object.fromEntries(flagFilters.map((filter) => [names[filter], view[filter] ? '1' : undefined])),
    [names.sort]: sort === printSort(firstSort) ? undefined : sort,
  }
}

export const isFiltered = (view: ObjectView): boolean =>
  textFilters.some((filter) => view[filter] !== '') || flagFilters.some((filter) => view[filter])
