// What the palette finds: pages, fields (to start a filter with) and actions, by words in any order. Pure.
import { logTypes } from '@margay/model'
import { pages, type Page } from './pages.ts'

export type Command =
  | { readonly kind: 'page'; readonly title: string; readonly about: string; readonly path: Page['path'] }
  | { readonly kind: 'field'; readonly title: string; readonly about: string; readonly logType: string }
  | { readonly kind: 'action'; readonly title: string; readonly about: string; readonly action: Action }

export type Action = 'live' | 'scheme' | 'keys' | 'link' | 'clear'

const actions: readonly Command[] = [
  { kind: 'action', title: 'Live on or off', about: 'new records as they happen', action: 'live' },
  { kind: 'action', title: 'Dark or light', about: 'colours of the console', action: 'scheme' },
  {
    kind: 'action',
    title: 'Copy the address of this view',
    about: 'time, query, filters and selection',
    action: 'link',
  },
  { kind: 'action', title: 'Clear query and filters', about: 'pinned filters stay', action: 'clear' },
  { kind: 'action', title: 'Keys', about: 'everything the keyboard does', action: 'keys' },
]

const commands: readonly Command[] = [
  ...pages.map(({ label, question, path }): Command => ({ kind: 'page', title: label, about: question, path })),
  ...actions,
  ...logTypes.flatMap(({ name, title, fields }) =>
    Object.entries(fields).map(([field, { doc }]): Command => ({
      kind: 'field',
      title: field,
      about: `${title}: ${doc}`,
      logType: name,
    })),
  ),
]

const shownAtMost = 40

/** Commands that hold every word of the text, those whose title starts with it first. */
export function findCommands(text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return commands.filter(({ kind }) => kind !== 'field')
  const holds = ({ title, about }: Command) => {
    const all = `${title} ${about}`.toLowerCase()
    return words.every((word) => all.includes(word))
  }
  const rank = ({ title }: Command) => {
    const lower = title.toLowerCase()
    if (lower.startsWith(words[0]!)) return 0
    return words.every((word) => lower.includes(word)) ? 1 : 2
  }
  return commands
    .filter(holds)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, shownAtMost)
}
