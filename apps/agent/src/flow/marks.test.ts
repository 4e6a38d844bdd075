import { describe, expect, it } from 'vitest'
import type { MarkSet } from './mark-table.ts'
import { judgeByMarks } from './marks.ts'
import { established } from './flow.ts'
import type { Verdict } from './flow.ts'

const set = (denies: boolean): MarkSet => ({ id: denies ? 1 : 2, said: [], texts: ['x'], denies })
const dropped: Verdict = { outcome: 'dropped', action: 'deny', dropReason: 'NETFILTER_DROP' }
const unanswered: Verdict = { outcome: 'unanswered', action: 'allow' }
const refused: Verdict = { outcome: 'refused', action: 'allow' }
const words = ({ action, outcome, marks }: Verdict) => [action, outcome, marks?.denies]

describe('a verdict and what rules said', () => {
  it.each([
    ['its own rules allowed', established, set(false), undefined, ['allow', 'established', false]],
    ['nothing is its own', established, undefined, set(false), ['allow', 'established', undefined]],
    ['the other end refused', dropped, set(false), set(true), ['allow', 'dropped', false]],
    ['it refused itself', dropped, set(true), undefined, ['deny', 'dropped', true]],
    ['rules of either end refused', dropped, set(true), set(true), ['deny', 'dropped', true]],
    ['nobody saw the drop', unanswered, set(true), undefined, ['deny', 'dropped', true]],
    ['a rule refused it aloud', refused, set(true), undefined, ['deny', 'refused', true]],
    ['nobody listened', refused, set(false), undefined, ['allow', 'refused', false]],
    ['an earlier packet was refused', established, set(true), undefined, ['allow', 'established', true]],
  ])('where %s', (_, verdict, own, other, expected) => {
    expect(words(judgeByMarks(verdict, { own, other }))).toEqual(expected)
  })
})
