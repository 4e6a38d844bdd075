import { expect, it } from 'vitest'
import { goTo, noHistory, visit } from './panel-history.ts'

const select = (id: string) => ({ kind: 'row', id })

it('goes back and forward through what was selected', () => {
  const history = ['a', 'b', 'c'].reduce((history, id) => visit(history, select(id)), noHistory)
  const back = goTo(history, history.at - 1)
  expect(back.entries[back.at]?.id).toBe('b')
  expect(visit(back, select('b'))).toBe(back)
  expect(goTo(back, back.at + 1).entries[2]?.id).toBe('c')
})

it('forgets what came after when something else is selected', () => {
  const history = ['a', 'b', 'c'].reduce((history, id) => visit(history, select(id)), noHistory)
  const other = visit(goTo(history, 0), select('d'))
  expect(other.entries.map(({ id }) => id)).toEqual(['a', 'd'])
})

it('stays within itself and ignores that nothing is selected', () => {
  expect(visit(noHistory, undefined)).toBe(noHistory)
  expect(goTo(visit(noHistory, select('a')), 9).at).toBe(0)
})
