import { vertexId } from '@margay/graph'
import { parseKql } from '@margay/query'
import { describe, expect, it } from 'vitest'
import { both, lookupsWithin, namesAskedOf, subjectKql, subjectOf, within } from './subject.ts'

const scope = { from: 0, to: 1, query: 'action: deny', zone: 'UTC' }

describe('the records behind a selection', () => {
  it.each(['plain', 'say "hi"', 'C:\\dir\\', 'a) or (b', 'checkout-*', 'é & #+%'])(
    'are asked for by a query that parses: %s',
    (name) => {
      const kql = subjectKql(vertexId('workload', ['shop', name]))
      expect(parseKql(kql).ok).toBe(true)
      expect(kql).toContain('source_name_aggr')
    },
  )

  it('narrow the query of the bar', () => {
    const edge = `${vertexId('workload', ['shop', 'cart'])} > ${vertexId('network', ['dest', 'pub'])}`
    expect(within(scope, edge).query).toBe(
      '(action: deny) and (source_type: "wep" and source_namespace: "shop" and source_name_aggr: "cart" and dest_type: "net" and dest_name_aggr: "pub")',
    )
  })

  it('are all records where nothing, or nothing that is known, is selected', () => {
    expect(within(scope, undefined).query).toBe('action: deny')
    expect(within(scope, 'nonsense').query).toBe('action: deny')
    expect(both('', '')).toBe('')
  })

  it('have lookups only where the client is named', () => {
    expect(lookupsWithin({ ...scope, query: '' }, vertexId('namespace', ['shop']))?.query).toBe(
      'client_namespace: "shop"',
    )
    expect(lookupsWithin(scope, vertexId('network', ['dest', 'pub']))).toBeUndefined()
  })

  it('of a vertex that serves names are those that it answered as well', () => {
    const coredns = vertexId('workload', ['kube-system', 'coredns-7c-*'])
    const query = lookupsWithin({ ...scope, query: '' }, coredns, undefined, [
      { namespace: 'kube-system', name: 'kube-dns' },
    ])?.query
    expect(query).toBe(
      'client_namespace: "kube-system" and client_name_aggr: "coredns-7c-*" or servers.namespace: "kube-system" and (servers.name_aggr: "coredns-7c-*" or servers.name_aggr: "kube-dns")',
    )
    expect(namesAskedOf(coredns)).toContain('dest_port: 53')
    expect(namesAskedOf(`${coredns} > ${coredns}`)).toBeUndefined()
  })
})

it('stay those of the edge while one of its records is selected', () => {
  expect(subjectOf({ kind: 'row', id: '1-abc' }, 'namespace/a')).toBe('namespace/a')
  expect(subjectOf({ kind: 'edge', id: 'a > b' }, 'namespace/a')).toBe('a > b')
  expect(subjectOf(undefined, 'namespace/a')).toBeUndefined()
})
