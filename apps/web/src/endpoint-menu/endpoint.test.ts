import { describe, expect, it } from 'vitest'
import { endpointOfCell } from './endpoint.ts'

const row = {
  source_type: 'wep',
  source_namespace: 'shop',
  source_name_aggr: 'checkout-*',
  source_name: 'checkout-1',
  dest_type: 'net',
  dest_namespace: '-',
  dest_name_aggr: 'pub',
}

describe('the endpoint of a cell', () => {
  it.each([
    ['a workload', ['source_namespace', 'source_name_aggr'], 'workload/shop/checkout-*', 'shop / checkout'],
    ['a pod', ['source_namespace', 'source_name'], 'pod/shop/checkout-*/checkout-1', 'shop / checkout / checkout-1'],
    ['a namespace', ['source_namespace'], 'namespace/shop', 'shop'],
    ['a network', ['dest_name_aggr'], 'network/dest/pub', 'Internet'],
  ])('is %s by its fields', (_, fields, id, name) => expect(endpointOfCell(fields, row)).toMatchObject({ id, name }))

  it('says which boxes it is in', () =>
    expect(endpointOfCell(['source_name_aggr'], row)?.within).toEqual(['namespace/shop']))

  it('is a host without its processes', () => {
    const host = { source_type: 'hep', source_namespace: '-', source_name_aggr: 'n1', process_name: 'sshd' }
    expect(endpointOfCell(['source_name_aggr'], host)?.id).toBe('host/n1')
  })

  it('asks for records by the fields of their log', () => {
    expect(endpointOfCell(['source_name_aggr'], row)?.kql).toContain('dest_name_aggr')
    const lookup = { client_type: 'wep', client_namespace: 'shop', client_name_aggr: 'a-*' }
    expect(endpointOfCell(['client_namespace', 'client_name_aggr'], lookup)?.kql).toBe(
      'client_namespace: "shop" and client_name_aggr: "a-*"',
    )
  })

  it('is none where a cell names none', () => {
    expect(endpointOfCell(['dest_port'], row)).toBeUndefined()
    expect(endpointOfCell(['dest_namespace'], row)).toBeUndefined()
  })
})
