import type { Picture } from '@margay/graph'
import { describe, expect, it } from 'vitest'
import { labelsOf } from './labels.ts'

const vertex = (id: string, label: string, box?: string) => ({ id, label, box })
const picture = {
  boxes: [
    { id: 'namespace/court', label: 'court' },
    { id: 'namespace/payments', label: 'payments' },
  ],
  vertices: [
    vertex('workload/court/ledger', 'ledger', 'namespace/court'),
    vertex('workload/payments/ledger-*', 'ledger', 'namespace/payments'),
    vertex('workload/court/vault', 'vault', 'namespace/court'),
    vertex('network/source/pvt', 'Private network'),
    vertex('network/dest/pvt', 'Private network'),
  ],
} as unknown as Picture

describe('names in a list', () => {
  const labels = labelsOf(picture)
  it('of equal ones say in which namespace', () => {
    expect(labels('workload/court/ledger')).toBe('court / ledger')
    expect(labels('workload/payments/ledger-*')).toBe('payments / ledger')
  })
  it('are short where there is one', () => expect(labels('workload/court/vault')).toBe('vault'))
  it('of both sides of a network are its own', () => expect(labels('network/dest/pvt')).toBe('Private network'))
})
