import { expect, it } from 'vitest'
import { histogramData, noValue, otherValues } from './histogram-data.ts'

const group = (at: number, name: string | undefined, rows: number) => ({ key: [at, name], measures: { rows } })

it('gives each word a series over all buckets, the largest first', () =>
  expect(
    histogramData([group(10, 'deny', 1), group(0, 'allow', 5), group(10, 'allow', 2)], { from: 0, to: 30 }, 10),
  ).toEqual({
    times: [0, 10, 20],
    width: 10,
    series: [
      { name: 'allow', counts: [5, 2, 0] },
      { name: 'deny', counts: [0, 1, 0] },
    ],
  }))

it('loses no record when there are too many words, or none', () => {
  const groups = 'abcdefghij'
    .split('')
    .map((name, at) => group(0, name, at + 1))
    .concat(group(10, undefined, 100))
  const { series } = histogramData(groups, { from: 0, to: 20 }, 10)
  expect(series.map(({ name }) => name)).toContain(otherValues)
  expect(series[0]?.name).toBe(noValue)
  expect(series.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0)).toBe(155)
})
