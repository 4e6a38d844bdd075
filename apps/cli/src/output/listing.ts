// Lists of objects as kubectl prints them: a table, a wider one, names alone, JSON and YAML.
import { printJsonExact } from '@margay/model'
import { Option } from 'commander'
import { stringify } from 'yaml'
import type { Context } from '../context.ts'
import { safeText } from './safe-text.ts'
import type { Column } from './table.ts'
import { tableLines } from './table.ts'

export const listForms = ['table', 'wide', 'name', 'json', 'yaml'] as const
export type ListForm = (typeof listForms)[number]

export const listOption = () => new Option('-o, --output <form>', 'form').choices([...listForms]).default('table')

export interface ListColumn<T> extends Column {
  readonly text: (item: T) => string
  /** Only in the wide table. */
  readonly isWide?: boolean
}

export interface Listing<T> {
  readonly columns: readonly ListColumn<T>[]
  /** What kubectl takes as the object's name. */
  readonly nameOf: (item: T) => string
}

/** What is absent. */
export const none = '–'

/** The items of a list in a form. */
export function listText<T>(
  items: readonly T[],
  { columns, nameOf }: Listing<T>,
  form: ListForm,
  { paint }: Pick<Context, 'paint'>,
): string {
  if (form === 'json') return `${printJsonExact(items)}\n`
  if (form === 'yaml') return stringify(items, { aliasDuplicateObjects: false, lineWidth: 0 })
  if (form === 'name') return items.map((item) => `${safeText(nameOf(item))}\n`).join('')
  const shown = columns.filter(({ isWide }) => form === 'wide' || !isWide)
  const rows = items.map((item) => shown.map(({ text }) => safeText(text(item))))
  return tableLines(shown, rows, paint)
    .map((line) => `${line}\n`)
    .join('')
}

/** Prints the list; nothing found is said on standard error, as kubectl does. */
export async function printList<T>(
  context: Context,
  items: readonly T[],
  listing: Listing<T>,
  form: ListForm,
): Promise<void> {
  if (items.length > 0 || form === 'json' || form === 'yaml') {
    await context.output.out(listText(items, listing, form, context))
  } else context.output.err('nothing found\n')
}
