import type { Change } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { concerning, followed, marksOf, numbersOf, totalWords, withUnread } from './change-marks.ts'

const change = (number: number, time: number, more: Partial<Change> = {}): Change => ({
  number,
  time,
  kind: 'policy',
  phrase: `change ${number}`,
  details: [],
  ...more,
})
const range = { from: 1000, to: 2000 }

describe('marks', () => {
  it('stand where their time is, in its order, with the numbers that they have', () => {
    const marks = marksOf([change(2, 1500), change(1, 1100)], range, 0.02)
    expect(marks.map((mark) => [mark.at, numbersOf(mark)])).toEqual([
      [0.1, '1'],
      [0.5, '2'],
    ])
  })

  it('are one where they would cover each other, and say which they are', () => {
    const near = [change(1, 1100), change(2, 1110), change(3, 1115)]
    expect(marksOf(near, range, 0.02).map(numbersOf)).toEqual(['1–3'])
    expect(marksOf([change(1, 1100), change(4, 1110)], range, 0.02).map(numbersOf)).toEqual(['1+1'])
  })

  it('are left out where they lie outside of the range', () =>
    expect(marksOf([change(1, 900), change(2, 2100)], range, 0.02)).toEqual([]))
})

describe('what may concern who is in some namespaces', () => {
  const of = (namespace: string | undefined, more: Partial<Change> = {}) =>
    change(1, 1100, { object: { apiVersion: 'v1', kind: 'K', name: 'n', ...(namespace && { namespace }) }, ...more })
  it.each([
    ['an object of one of them', of('shop', { kind: 'rollout' }), true],
    ['an object of another', of('monitoring', { kind: 'rollout' }), false],
    ['a policy of none', of(undefined), true],
    ['a node', of(undefined, { kind: 'node' }), false],
    ['an agent', change(1, 1100, { kind: 'agent' }), false],
  ])('%s', (_, each, isOne) => expect(concerning([each], ['shop', 'data'])).toEqual(isOne ? [each] : []))
})

describe('an answer that was cut', () => {
  it('has a mark of its own at the beginning, with or without others', () => {
    const marks = marksOf([change(1, 1500)], range, 0.02)
    expect(withUnread(marks, 0.02).map((mark) => [mark.at, numbersOf(mark)])).toEqual([
      [0, '?'],
      [0.5, '1'],
    ])
    expect(withUnread([], 0.02).map(numbersOf)).toEqual(['?'])
  })

  it('has none where it would cover the first', () => {
    const marks = marksOf([change(1, 1010)], range, 0.02)
    expect(withUnread(marks, 0.02)).toEqual(marks)
  })

  it('has at least so many changes', () => {
    expect(totalWords(1, false)).toBe('1 change')
    expect(totalWords(1200, true)).toBe('at least 1,200 changes')
  })
})

describe('what a moment follows', () => {
  const changes = [change(1, 1100), change(2, 1200), change(3, 1900)]
  it.each([
    [1210, 2],
    [1195, 2],
    [1150, 1],
    [1501, undefined],
    [900, undefined],
  ])('at %i is change %s', (moment, number) => expect(followed(changes, moment)?.number).toBe(number))
})
