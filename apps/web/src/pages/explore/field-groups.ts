// The fields of a log type in groups for the sidebar, by the first part of their names. Pure.
import type { FieldKind, LogType } from '@margay/model'
import { capital } from '../../format/sentence.ts'

export interface FieldGroup {
  readonly title: string
  readonly fields: readonly string[]
}

/** Where fields stand that belong to no group. */
const other = 'Record'

/** Parts of names that need another word, or that belong together. */
const titles: Readonly<Record<string, string>> = {
  dest: 'Destination',
  num: 'Counts',
  packets: 'Volume',
  bytes: 'Volume',
  rrsets: 'Answers',
  tcp: 'TCP',
  http: 'HTTP',
  policies: 'Policy',
}

/** `counts` says that a record counts; it is no count. */
const titleOf = (name: string): string => {
  if (name === 'counts') return other
  const word = name.split(/[._]/)[0] ?? name
  return titles[word] ?? capital(word)
}

/** Fewer fields than this are no group of their own. */
const leastFields = 3

/** The columns that the log starts with, then the groups in the order of the catalogue, then what belongs to none. */
export function fieldGroups(type: LogType): readonly FieldGroup[] {
  const byTitle = Map.groupBy(Object.keys(type.fields), titleOf)
  const isGroup = ([title, fields]: [string, string[]]) => title !== other && fields.length >= leastFields
  const large = [...byTitle].filter(isGroup)
  const rest = [...byTitle].filter((group) => !isGroup(group)).flatMap(([, fields]) => fields)
  return [
    { title: 'Popular', fields: type.columns.filter((name) => type.fields[name]?.role !== 'time') },
    ...large.map(([title, fields]) => ({ title, fields })),
    { title: other, fields: rest },
  ]
}

/** Groups with only the fields whose name, label or documentation holds the text. */
export function searchFields(type: LogType, groups: readonly FieldGroup[], text: string): readonly FieldGroup[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return groups
  const holds = (name: string) => {
    const { label = '', doc } = type.fields[name]!
    return `${name} ${label} ${doc}`.toLowerCase().includes(wanted)
  }
  const found = groups.slice(1).map(({ title, fields }) => ({ title, fields: fields.filter(holds) }))
  return found.filter(({ fields }) => fields.length > 0)
}

/** A sign for the kind of a field's values. */
export const kindSign: { readonly [K in FieldKind]: string } = {
  timestamp: '◷',
  keyword: 't',
  enum: 't',
  text: 't',
  ip: 'ip',
  port: '#',
  count: '#',
  bytes: '#',
  duration: '#',
  bool: '?',
  keywords: '[]',
  ips: '[]',
  ports: '[]',
  hits: '[]',
  keywordLists: '[]',
}
