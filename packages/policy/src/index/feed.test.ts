// What a feed makes of single documents, one line a case.
import { describe, expect, it } from 'vitest'
import { createFeed } from './feed.ts'

const pod = (uid: string, address: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'web-0', uid, labels: { app: 'web' } },
  spec: { containers: [] },
  status: { podIP: address, phase: 'Running', ...more },
})
const policy = (generation: number, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'shop', name: 'p', generation },
  spec,
})

describe('a feed', () => {
  it('says nothing of a document that says nothing new', () => {
    const feed = createFeed()
    expect(feed.put('u1', pod('u1', '10.0.0.1')).steps).toHaveLength(1)
    expect(feed.put('u1', pod('u1', '10.0.0.1', { conditions: [{ type: 'Ready' }] })).steps).toEqual([])
    expect(feed.put('u1', pod('u1', '10.0.0.2')).steps).toHaveLength(1)
  })
  it('takes a finished pod away, and says nothing more when its object goes', () => {
    const feed = createFeed()
    feed.put('u1', pod('u1', '10.0.0.1'))
    const [step] = feed.put('u1', pod('u1', '10.0.0.1', { phase: 'Succeeded' })).steps
    expect(step?.forward).toEqual({ remove: 'pod', key: 'shop/web-0' })
    expect(feed.remove('u1')).toEqual([])
  })
  it('does not let the late removal of an old uid touch the pod that has its name now', () => {
    const feed = createFeed()
    feed.put('u1', pod('u1', '10.0.0.1'))
    feed.put('u2', pod('u2', '10.0.0.2'))
    expect(feed.remove('u1')).toEqual([])
    expect(feed.remove('u2').map(({ forward }) => forward)).toEqual([{ remove: 'pod', key: 'shop/web-0' }])
  })
  it('falls back to who spoke before, where two documents are one object', () => {
    const feed = createFeed()
    feed.put('a', policy(1, { podSelector: {} }))
    feed.put('b', policy(2, { podSelector: {} }))
    expect(feed.remove('b')[0]?.forward).toMatchObject({
      put: 'policy',
      value: { source: { metadata: { generation: 1 } } },
    })
  })
  it('gives the change that undoes each change', () => {
    const feed = createFeed()
    const [made] = feed.put('a', policy(1, { podSelector: {} })).steps
    const [edited] = feed.put('a', policy(2, { podSelector: {}, ingress: [{}] })).steps
    expect(made?.backward).toMatchObject({ remove: 'policy' })
    expect(edited?.backward).toMatchObject({ put: 'policy', value: { source: { metadata: { generation: 1 } } } })
  })
  it('tells what is wrong with a document and keeps nothing of it that is unsound', () => {
    const feed = createFeed()
    const { steps, issues } = feed.put('a', {
      ...policy(1, { podSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } }),
    })
    expect(steps).toEqual([])
    expect(issues[0]).toMatchObject({ severity: 'error', object: 'NetworkPolicy shop/p' })
  })
})
