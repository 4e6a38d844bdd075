import { describe, expect, it } from 'vitest'
import { createMarks } from './marks.ts'

const batch = (sequence: number, epoch = 'e', source = 'node-1') => ({ source, epoch, sequence })

describe('marks', () => {
  it('take each batch once and in order', () => {
    const marks = createMarks()
    expect([0, 1, 2].map((sequence) => marks.standing(batch(sequence)))).toEqual(['new', 'new', 'gap'])
    marks.take(batch(0))
    expect([0, 1, 2].map((sequence) => marks.standing(batch(sequence)))).toEqual(['open', 'new', 'gap'])
    marks.settle()
    expect(marks.standing(batch(0))).toBe('durable')
  })
  it('fall back when the segment was lost, so that a later batch is not taken for a proof of the earlier', () => {
    const marks = createMarks()
    marks.take(batch(0))
    marks.settle()
    marks.take(batch(1))
    marks.fallBack()
    expect([0, 1, 2].map((sequence) => marks.standing(batch(sequence)))).toEqual(['durable', 'new', 'gap'])
  })
  it('are kept apart by source and epoch, and survive being written and read', () => {
    const marks = createMarks()
    for (const one of [batch(0), batch(1), batch(0, 'f'), batch(0, 'e', 'node-2')]) marks.take(one)
    marks.settle()
    const again = createMarks()
    again.restore(marks.durable())
    again.restore([['node-1', 'e', 0]])
    expect(again.standing(batch(1))).toBe('durable')
    expect(again.standing(batch(1, 'f'))).toBe('new')
    expect(again.standing(batch(0, 'g'))).toBe('new')
  })
  it('are bounded for each source, by last use', () => {
    const marks = createMarks()
    for (let i = 0; i < 3000; i++) {
      marks.take(batch(0, `e${i}`))
      marks.settle()
    }
    expect(marks.durable().length).toBe(1024)
    expect(marks.standing(batch(0, 'e2999'))).toBe('durable')
  })
})
