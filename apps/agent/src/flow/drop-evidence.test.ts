import { expect, it } from 'vitest'
import { createDropEvidence } from './drop-evidence.ts'

const timesAt = (seconds: readonly number[]) => {
  const evidence = createDropEvidence()
  return seconds.map((second) => evidence.note('tuple', 'NETFILTER_DROP', second * 1000).times)
}

it('what is sent again, ever later, is one connection', () =>
  expect(timesAt([0, 1, 3, 7, 15, 31, 63, 127])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]))

it('a client port that comes again is another connection', () => {
  expect(timesAt([0, 1, 3, 82, 83])).toEqual([1, 2, 3, 1, 2])
  const evidence = createDropEvidence()
  evidence.note('tuple', 'NETFILTER_DROP', 1000)
  expect(evidence.note('tuple', 'NETFILTER_DROP', 60_000)).toMatchObject({ first: 60_000, last: 60_000 })
})

it('what was dropped of a connection is found for as long as it may ask again', () => {
  const evidence = createDropEvidence()
  evidence.note('tuple', 'NETFILTER_DROP', 1000)
  expect(evidence.find('tuple', 140_000)?.reason).toBe('NETFILTER_DROP')
  expect(evidence.find('tuple', 160_000)).toBeUndefined()
})
