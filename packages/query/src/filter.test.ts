import { expect, it } from 'vitest'
import { allOf, anyOf, fieldIs, fieldIsOneOf } from './filter.ts'
import { printKql } from './kql/print.ts'

it('takes a value for itself, whatever the query language would make of it', () => {
  const filter = allOf(fieldIs('source_name', 'web-*'), fieldIsOneOf('action', ['deny', 'or']))
  expect(printKql(filter)).toBe('source_name: "web-*" and (action: "deny" or action: "or")')
})

it('takes one filter alone for itself', () => {
  const alone = fieldIs('action', 'deny')
  expect([allOf(alone), anyOf(alone), fieldIsOneOf('action', ['deny'])]).toEqual([alone, alone, alone])
})
