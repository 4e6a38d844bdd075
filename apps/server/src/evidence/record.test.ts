import { describe, expect, it } from 'vitest'
import { takeOverTrace } from './record.ts'

const trace = { 'policies.enforced_policies': ['0|default|shop/default.p1|allow|0'] }

describe('a record that came finished', () => {
  it('says that its trace came with it', () => {
    expect(takeOverTrace({ ...trace, action: 'allow' })).toEqual({
      ...trace,
      action: 'allow',
      evidence: 'observed',
      evidence_source: 'record',
    })
    expect(takeOverTrace({ 'policies.all_policies': ['x'] })).toMatchObject({ evidence_source: 'record' })
  })

  it.each([
    { action: 'deny' },
    { 'policies.enforced_policies': [] },
    { ...trace, evidence: 'evaluated', evidence_source: 'evaluated' },
    { ...trace, evidence: 'evaluated' },
  ])('is left as it is: %j', (row) => {
    expect(takeOverTrace(row)).toBe(row)
  })
})
