import { describe, expect, it } from 'vitest'
import { createMarkTable } from './mark-table.ts'
import type { MarkDirection, Said } from './mark-table.ts'

const say = (text: string, direction?: MarkDirection, denies = false): Said => ({ texts: [text], direction, denies })
const setUp = ({ maxMarks = 4, maxTuples = 1000 } = {}) => {
  let unread = 0
  const table = createMarkTable({ maxMarks, maxTuples }, { onUnread: () => unread++ })
  const texts = (key: string, now: number) => {
    const found = table.find(key, now, false)
    return [found?.ingress?.texts, found?.egress?.texts]
  }
  return { table, texts, unread: () => unread }
}

describe('the table of marks', () => {
  it('keeps what each direction said, in order; what says no direction is for both', () => {
    const { table, texts } = setUp()
    for (const said of [say('out', 'egress'), say('pass', 'ingress'), say('in', 'ingress'), say('any')])
      table.note('k', said, 0)
    expect(texts('k', 100)).toEqual([
      ['pass', 'in', 'any'],
      ['out', 'any'],
    ])
    expect(texts('other', 100)).toEqual([undefined, undefined])
  })

  it('begins anew with the next packet of a tuple, which says the same again or comes later', () => {
    const { table, texts } = setUp()
    const [pass, deny] = [say('pass', 'ingress'), say('deny', 'ingress', true)]
    for (const said of [pass, deny, pass, deny]) table.note('k', said, 0)
    expect(texts('k', 0)[0]).toEqual(['pass', 'deny'])
    // The policy changed while the SYN was repeated.
    table.note('k', say('allow', 'ingress'), 1000)
    expect(texts('k', 1000)[0]).toEqual(['allow'])
  })

  it('gives equal marks as one object, and says whether a rule denies', () => {
    const { table } = setUp()
    const [a, b] = [say('a', 'ingress'), say('b', 'ingress', true)]
    for (const key of ['x', 'y']) for (const said of [a, b]) table.note(key, said, 0)
    const [x, y] = ['x', 'y'].map((key) => table.find(key, 0, false)?.ingress)
    expect(x).toBe(y)
    expect(x?.denies).toBe(true)
  })

  it('keeps the last marks of a long way, for they decide', () => {
    const { table, texts } = setUp({ maxMarks: 2 })
    for (const text of ['a', 'b', 'c']) table.note('k', say(text, 'ingress'), 0)
    expect(texts('k', 0)[0]).toEqual(['b', 'c'])
  })

  it('forgets what was used least recently: said again or asked for is used', () => {
    const { table, texts } = setUp({ maxTuples: 3 })
    for (const key of ['old', 'asked', 'repeated']) table.note(key, say('a', 'ingress'), 0)
    table.find('asked', 10, false)
    table.note('repeated', say('a', 'ingress'), 1000)
    table.note('new', say('a', 'ingress'), 1000)
    table.find('asked', 1000, false)
    table.note('newer', say('a', 'ingress'), 1000)
    expect(table.size).toBe(3)
    expect(['old', 'repeated', 'asked', 'new', 'newer'].map((key) => texts(key, 1000)[0])).toEqual([
      undefined,
      undefined,
      ['a'],
      ['a'],
      ['a'],
    ])
  })

  it('counts what it forgot before anybody asked, unless it was too old to be asked for', () => {
    const { table, unread } = setUp({ maxTuples: 2 })
    const note = (key: string, now: number) => table.note(key, say('a', 'ingress'), now)
    for (const key of ['a', 'b']) note(key, 0)
    table.find('a', 0, false)
    // What goes is b, which nobody has asked for, then a, which somebody has.
    note('c', 0)
    expect(unread()).toBe(1)
    note('d', 0)
    expect(unread()).toBe(1)
    for (const key of ['e', 'f']) note(key, 200_000)
    expect(unread()).toBe(1)
  })

  it('forgets what is older than any repeated SYN', () => {
    const { table, texts } = setUp()
    table.note('k', say('a', 'ingress'), 0)
    expect([texts('k', 149_999)[0], texts('k', 150_000)[0]]).toEqual([['a'], undefined])
  })

  it('reads what waits before it says that there is nothing: always of a refusal, else while rules log', () => {
    const { table } = setUp()
    let reads = 0
    table.readBeforeMissing(() => reads++)
    table.find('k', 0, false)
    expect([reads, table.isQuiet(0)]).toEqual([1, false])
    table.find('k', 100_000, false)
    expect([reads, table.isQuiet(100_000)]).toEqual([1, true])
    table.find('k', 100_000, true)
    expect(reads).toBe(2)
    table.note('k', say('a'), 100_000)
    table.find('k', 100_000, true)
    table.find('other', 100_000, false)
    expect(reads).toBe(3)
  })
})
