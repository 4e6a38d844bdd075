// Changes as marks of the ribbon: where each stands, which stand so near each other that they are one mark, and which one a
// moment follows. Pure. A change is never said to have caused what follows it.
import type { Change } from '@margay/wire'
import { plural } from '../format/number.ts'
import type { FixedRange } from '../view/moment.ts'

export interface ChangeMark {
  /** Share of the ribbon's width, 0 to 1. */
  readonly at: number
  readonly changes: readonly Change[]
}

/** Marks from left to right; those nearer to the mark before than `apart`, a share of the width, are part of it. */
export function marksOf(changes: readonly Change[], { from, to }: FixedRange, apart: number): readonly ChangeMark[] {
  const marks: { at: number; changes: Change[] }[] = []
  for (const change of changes.toSorted((a, b) => a.time - b.time || a.number - b.number)) {
    const at = (change.time - from) / (to - from)
    if (at < 0 || at > 1) continue
    const last = marks.at(-1)
    if (last && at - last.at < apart) last.changes.push(change)
    else marks.push({ at, changes: [change] })
  }
  return marks
}

/** What was not read is at the beginning of the range, so that is where its mark stands. It has no changes. */
const unread: ChangeMark = { at: 0, changes: [] }

/** The marks of an answer that was cut: what is not told has one too, unless it would cover the first of the others. */
export const withUnread = (marks: readonly ChangeMark[], apart: number): readonly ChangeMark[] =>
  marks[0] && marks[0].at < apart ? marks : [unread, ...marks]

/** `5 changes`, or `at least 5 changes`. */
export const totalWords = (total: number, truncated: boolean): string =>
  truncated ? `at least ${plural(total, 'change')}` : plural(total, 'change')

/** `3`, `3-5`, `3+2`: the numbers on a mark; `?` on that of what was not read. */
export function numbersOf({ changes }: ChangeMark): string {
  const numbers = changes.map(({ number }) => number)
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)]
  if (numbers.length === 0) return '?'
  if (numbers.length === 1) return String(first)
  return last - first === numbers.length - 1 ? `${first}–${last}` : `${first}+${numbers.length - 1}`
}

/** A change this long before is no news of what happens now, seconds. */
const followsWithin = 300

/** The newest change that a moment follows; undefined where none is near. Records are of intervals, so it may begin a little before. */
export function followed(changes: readonly Change[], moment: number, intervalSeconds = 15): Change | undefined {
  return changes
    .filter(({ time }) => time <= moment + intervalSeconds && moment - time <= followsWithin)
    .reduce<Change | undefined>((best, each) => (best && best.time > each.time ? best : each), undefined)
}

/** Changes that may concern who is in these namespaces: of objects there, and of policies that stand above all of them. */
export function concerning(changes: readonly Change[], namespaces: readonly string[]): readonly Change[] {
  return changes.filter(({ object, kind }) =>
    object?.namespace === undefined ? kind === 'policy' : namespaces.includes(object.namespace),
  )
}

/** What changed, without how: `policy payments/app.payments-ingress`. */
export const subjectOf = ({ phrase }: Change): string => phrase.split(': ', 1)[0]!

/** Marks that are drawn dashed: times in which somebody did not tell. */
export const isAway = ({ kind }: Change): boolean => kind === 'agent'
