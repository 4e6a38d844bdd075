import { flowLog, logTypes } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { fieldGroups, searchFields } from './field-groups.ts'

describe.each(logTypes.map((type) => [type.name, type] as const))('the fields of %s', (_, type) => {
  it('are each in one group, and the common ones once more at the top', () => {
    const [popular, ...groups] = fieldGroups(type)
    expect(groups.flatMap(({ fields }) => fields).sort()).toEqual(Object.keys(type.fields).sort())
    expect(popular?.fields.length).toBeGreaterThan(3)
  })
})

it('are found by what their documentation says', () => {
  const found = searchFields(flowLog, fieldGroups(flowLog), 'round-trip').flatMap(({ fields }) => fields)
  expect(found).toContain('tcp_mean_smooth_rtt')
  expect(found).not.toContain('proto')
})
