// Random rows of a small world, so that ends meet, names repeat over namespaces and kinds, and reporters disagree.
import type { Row } from '@margay/model'
import * as fc from 'fast-check'

export const propertyRuns = Number(process.env['MARGAY_PROPERTY_RUNS'] ?? 60)

const hostile = ['a"b', 'x > y', 'ns/web', '-', '*', 'é%', 'kube-system', 'shop', 'data', '{"}']
const name = fc.constantFrom(...hostile, 'cart-7d9fc4b6d5-*', 'cart', 'pub', 'pvt')
const amount = fc.integer({ min: 0, max: 50 })

const end = (side: 'source' | 'dest') =>
  fc.record({
    [`${side}_type`]: fc.constantFrom('wep', 'wep', 'wep', 'hep', 'ns', 'net'),
    [`${side}_namespace`]: name,
    [`${side}_name_aggr`]: name,
    [`${side}_name`]: fc.constantFrom('', '-', 'p-1', 'p-2'),
  })

export const anyRow: fc.Arbitrary<Row> = fc
  .tuple(
    end('source'),
    end('dest'),
    fc.record({
      reporter: fc.constantFrom('src', 'dst', 'fwd'),
      action: fc.constantFrom('allow', 'allow', 'deny'),
      counts: fc.boolean(),
      origin: fc.constantFrom('agent', 'felix'),
      proto: fc.constantFrom('tcp', 'udp'),
      dest_port: fc.constantFrom(53, 80),
      process_name: fc.constantFrom('', '-', 'curl', 'nginx'),
      dest_service_namespace: fc.constantFrom('', '-', 'shop'),
      dest_service_name: fc.constantFrom('', '-', 'cart', 'a"b', 'x,y'),
      dest_domains: fc.constantFrom<string[]>([], ['x.test'], ['x.test', 'a.test']),
      num_flows: amount,
      packets_in: amount,
      packets_out: amount,
      bytes_in: amount,
      bytes_out: amount,
    }),
  )
  .map(([source, dest, rest]) => ({ ...source, ...dest, ...rest }))

export const anyRows = fc.array(anyRow, { maxLength: 60 })
