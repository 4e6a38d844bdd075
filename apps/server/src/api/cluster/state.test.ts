// The cluster of a moment.
import { expect, it } from 'vitest'
import { createTestVersions } from '../../testing/versions.ts'
import { createClusterStates } from './state.ts'

const group = 'projectcalico.org'

it('finds an object by the group of its kind: two groups may have kinds of one name', async () => {
  const versions = createTestVersions()
  const metadata = 'kind: NetworkPolicy, metadata: { namespace: shop, name: web }'
  versions.apply(`{ apiVersion: networking.k8s.io/v1, ${metadata}, spec: { podSelector: {} } }`, 0)
  versions.apply(`{ apiVersion: ${group}/v3, ${metadata}, spec: { selector: all() } }`, 0)
  const { find } = await createClusterStates(versions).of()
  const found = ['networking.k8s.io', group, ''].map((each) =>
    find({ group: each, kind: 'NetworkPolicy', namespace: 'shop', name: 'web' }),
  )
  expect(found.map((object) => object?.apiVersion)).toEqual(['networking.k8s.io/v1', `${group}/v3`, undefined])
})
