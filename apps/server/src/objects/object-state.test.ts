import { expect, it } from 'vitest'
import type { ClusterObject, ObjectChangeKind } from './object.ts'
import { createObjectState } from './object-state.ts'

const object = (uid: string): ClusterObject => ({
  uid,
  apiVersion: 'v1',
  kind: 'Pod',
  name: uid,
  labels: {},
  document: {},
})
const version = (uid: string, change: ObjectChangeKind, time: number) =>
  ({ object: object(uid), origin: 'kubernetes', change, time, sequence: time * 1_000_000 }) as const

it('hides a deleted object also from its own older versions, and forgets it after a while', () => {
  const state = createObjectState()
  state.apply(version('a', 'added', 1000))
  state.apply(version('a', 'deleted', 1010))
  expect(state.apply(version('a', 'modified', 1005))).toBe(false)
  expect(state.list()).toEqual([])
  state.apply(version('b', 'deleted', 1620))
  // Only where nothing of the first is kept is an old version of it news.
  expect(state.apply(version('a', 'modified', 1005))).toBe(true)
})
