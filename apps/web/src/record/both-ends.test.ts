import { describe, expect, it } from 'vitest'
import { endsOf, exactClock, groupsOf, mayChange, moreWords } from './both-ends.ts'

const connection = {
  start: 1_000_000,
  proto: 'tcp',
  source: { name: 'shop/checkout', ip: '10.0.0.1', port: 40_000 },
  dest: { name: 'pay/api', ip: 'fd00::2', port: 80 },
  sure: false,
}

describe('both ends', () => {
  it('are written as they are searched for', () =>
    expect(endsOf(connection as never)).toBe('tcp 10.0.0.1:40000 → [fd00::2]:80'))

  it('have times to the millisecond in the zone of the page', () =>
    expect(exactClock(Date.UTC(2026, 10, 25, 13, 2, 11, 7), 'Europe/Madrid')).toBe('14:02:11.007'))

  it('say a sentence once over all connections that it is about', () => {
    const said = (start: number, sentence: string, sure = true) => ({ ...connection, start, sentence, sure }) as never
    const [one, two, three, four] = [said(1, 'refused'), said(2, 'slow'), said(3, 'refused'), said(4, 'refused', false)]
    expect(groupsOf([one, two, three, four])).toEqual([[one, three], [two], [four]])
  })

  it('say that there are at least so many more where they could not all be counted', () => {
    expect(moreWords({ more: 1200, exact: true })).toBe('And 1,200 more that failed or were slow.')
    expect(moreWords({ more: 1200, exact: false })).toBe('And at least 1,200 more that failed or were slow.')
  })

  it('are asked again while an unsure answer is young', () => {
    const answer = { connections: [connection], more: 0 } as never
    expect(mayChange(answer, 1_000_000 + 20_000)).toBe(true)
    expect(mayChange(answer, 1_000_000 + 90_000)).toBe(false)
    expect(mayChange({ connections: [{ ...connection, sure: true }], more: 0 } as never, 1_000_000)).toBe(false)
  })
})
