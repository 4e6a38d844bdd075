import { story } from '@margay/traffic'
import { describe, expect, it } from 'vitest'
import { demoObjectRows } from './demo-objects.ts'
import { createObjectState } from './objects/object-state.ts'
import { versionOfRow } from './objects/object-row.ts'
import { readClusterObject } from './objects/read-object.ts'

const opened = 1_793_000_000
const told = story({ opened })
const rows = demoObjectRows(told, opened - 86_400)

const stateAt = (moment: number) => {
  const state = createObjectState()
  for (const row of rows) if (row.time! <= moment) state.apply(versionOfRow(row)!)
  return state.list().map(({ uid, document }) => [uid, JSON.stringify(document)])
}
const storyAt = (moment: number) =>
  told.objectsAt(moment).map((document) => {
    const read = readClusterObject(document)
    if (read.kind !== 'object') throw new Error('an object is expected')
    return [read.object.uid, JSON.stringify(read.object.document)]
  })

describe('the objects of the demo', () => {
  it.each([-86_400, -3600, -2000, -900, 0])('are those of the story, %i seconds from its opening', (since) =>
    expect(new Map(stateAt(opened + since) as [string, string][])).toEqual(
      new Map(storyAt(opened + since) as [string, string][]),
    ),
  )

  it('change where the story says so: a rollout, which replaces a pod, and a policy', () => {
    const changes = rows.filter(({ change }) => change !== 'present')
    expect(changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`)).toEqual([
      'deleted Pod redis-0',
      'modified StatefulSet redis',
      'added Pod redis-0',
      'modified EndpointSlice redis-1',
      'modified NetworkPolicy app.payments-ingress',
    ])
    expect(changes.at(-1)).toMatchObject({ generation: 7, origin: 'demo', namespace: 'payments' })
  })

  it('have an order of their own within a second', () => {
    const sequences = rows.map(({ sequence }) => Number(sequence))
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    expect(new Set(sequences).size).toBe(rows.length)
  })
})
