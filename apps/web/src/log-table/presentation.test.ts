import { logTypes } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { breakdownOf, ruleWords } from './presentation.tsx'

it.each(logTypes.map((type) => [type.name, type] as const))(
  'splits the histogram of %s by a field that it has',
  (_, type) => expect(Object.keys(type.fields)).toContain(breakdownOf(type.name)),
)

describe('the rule of an activity record', () => {
  it.each([
    ['2-ingress-4', 'ingress, rule 4, generation 2 of the policy'],
    ['1-egress--1', 'egress, no rule matched, tier default, generation 1 of the policy'],
    ['0-egress--2', 'egress, rule unknown'],
    ['something', 'something'],
  ])('%s is said in words', (rule, words) => expect(ruleWords(rule)).toBe(words))
})
