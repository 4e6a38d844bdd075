import { expect, it } from 'vitest'
import { isFailed, isWorthExplaining } from './failed.ts'

it.each([
  [{ outcome: 'unanswered' }, true, true],
  [{ outcome: 'reset', action: 'allow' }, true, true],
  [{ outcome: 'established', action: 'deny' }, true, true],
  [{ outcome: 'established', exemplars: ['…'] }, false, true],
  [{ outcome: 'established', action: 'allow', exemplars: [] }, false, false],
  [{}, false, false],
])('%j failed: %s, and leaves something to explain: %s', (record, failed, worth) => {
  expect([isFailed(record), isWorthExplaining(record)]).toEqual([failed, worth])
})
