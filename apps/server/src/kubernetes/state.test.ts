import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { ApiStatusError } from './client.ts'
import type { Resource } from './discovery.ts'
import type { FollowState } from './follow.ts'
import { remedyOf } from './follow.ts'
import { missingRules } from './refusal.ts'
import type { Standing } from './state.ts'
import { stageOf, unseenKinds, unseenWords } from './state.ts'

const resource = (group: string, name: string): Resource => ({ group, version: 'v1', kind: name, resource: name })
const pods = resource('', 'pods')
const nodes = resource('', 'nodes')
const policies = resource('networking.k8s.io', 'networkpolicies')

const standing = (kinds: readonly (readonly [Resource, FollowState | undefined])[], more: Partial<Standing> = {}) =>
  stageOf({ server: 'https://api.test', lost: undefined, discovery: undefined, kinds, ...more })

describe('the stage of the Kubernetes API', () => {
  it('starts until every kind is known, and is well then', () => {
    expect(standing([]).state).toBe('starting')
    expect(
      standing([
        [pods, { state: 'following' }],
        [nodes, undefined],
      ]).state,
    ).toBe('starting')
    expect(standing([[pods, { state: 'following' }]])).toEqual({ state: 'ok' })
  })

  it('names what is refused, and the rule that would allow it', () => {
    const { state, detail, hint } = standing([
      [pods, { state: 'following' }],
      [nodes, { state: 'refused', verb: 'list' }],
      [policies, { state: 'refused', verb: 'watch' }],
    ])
    expect(state).toBe('degraded')
    expect(detail).toBe(
      'the API server does not allow this server to list nodes in the core API group, watch networkpolicies in API group networking.k8s.io',
    )
    expect(parse(hint!.slice(hint!.indexOf('\n')))).toEqual([
      { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list', 'watch'] },
    ])
  })

  it('says since when the API server is away, before anything that follows from it', () => {
    const { detail } = standing([[pods, { state: 'failing', detail: 'connect ECONNREFUSED' }]], {
      lost: { since: Date.UTC(2026, 10, 25, 12), detail: 'no answer within 5 s' },
    })
    expect(detail).toBe(
      'the API server at https://api.test has not answered since 2026-11-25T12:00:00.000Z: no answer within 5 s',
    )
  })

  it('says what fails while the API server answers', () => {
    expect(standing([[pods, { state: 'failing', detail: 'too many requests' }]]).detail).toBe(
      'reading from https://api.test fails: pods: too many requests',
    )
    expect(standing([], { discovery: 'no route' }).detail).toContain('discovery: no route')
  })
})

it('gathers the resources of one group in one rule', () => {
  const rules = missingRules([
    { resource: pods, verb: 'list' },
    { resource: nodes, verb: 'watch' },
    { resource: pods, verb: 'watch' },
  ])
  expect(parse(rules)).toEqual([{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list', 'watch'] }])
})

it.each([
  [new ApiStatusError(410, 'Expired', 'too old resource version'), 'list again'],
  [new ApiStatusError(500, 'Expired', 'in an ERROR event without a code'), 'list again'],
  [new ApiStatusError(403, 'Forbidden', 'pods is forbidden'), 'refused'],
  [new ApiStatusError(404, 'NotFound', 'page not found'), 'absent'],
  [new ApiStatusError(401, 'Unauthorized', 'token expired'), 'wait'],
  [new ApiStatusError(429, 'TooManyRequests', 'later', 1000), 'wait'],
  [new ApiStatusError(503, 'ServiceUnavailable', 'starting'), 'wait'],
  [new Error('socket hang up'), 'wait'],
] as const)('%s means %s', (error, remedy) => {
  expect(remedyOf(error)).toBe(remedy)
})

describe('what verdicts would rest on', () => {
  const of = (group: string, kind: string, name: string): Resource => ({ group, version: 'v1', kind, resource: name })
  it('and was never read is named, with why', () => {
    const unread = [
      { resource: of('networking.k8s.io', 'NetworkPolicy', 'networkpolicies'), refused: true },
      { resource: of('', 'Pod', 'pods'), refused: false },
    ]
    expect(unseenKinds(unread).map(unseenWords)).toEqual([
      'networkpolicies.networking.k8s.io: this server is not allowed to read them',
      'pods: not read yet',
    ])
  })
  it('leaves out kinds that no verdict needs, and those whose absence is a missing fact by itself', () => {
    const unread = [of('apps', 'Deployment', 'deployments'), of('', 'ServiceAccount', 'serviceaccounts')]
    expect(unseenKinds(unread.map((resource) => ({ resource, refused: true })))).toEqual([])
  })
})
