import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { networkSetYaml, objectName } from './network-set.ts'

it('is an object that reads back, whatever the names hold', () => {
  const yaml = networkSetYaml('shop / cart → Internet', ['b.test', '*.a.test', 'yes'])
  expect(parse(yaml)).toEqual({
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkSet',
    metadata: { name: 'shop-cart-internet', labels: { 'network-set': 'shop-cart-internet' } },
    spec: { allowedEgressDomains: ['*.a.test', 'b.test', 'yes'] },
  })
})

it.each([
  ['', 'egress'],
  ['→', 'egress'],
  ['A'.repeat(80), 'a'.repeat(63)],
  [`${'a'.repeat(62)}-b`, 'a'.repeat(62)],
])('has a name that Kubernetes takes, of %j', (text, name) => expect(objectName(text)).toBe(name))
