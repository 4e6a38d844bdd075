// Objects that are found all at once, each with the moment at which it was made, leave the same past as if somebody had watched
// them come one by one; whatever was asked in between, and whatever came and went after the look.
import { parseSnapshot } from '@margay/policy'
import { anyDocuments, anyFlow, type Dialect, runs } from '@margay/policy/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWorld } from './world.ts'

interface Document {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace?: string; readonly name: string }
}

const now = 1_793_000_000
const config = { keepSeconds: 7200, maxChanges: 1000 }
const waiting = new Set(['Pod', 'Namespace', 'ServiceAccount', 'Node', 'Tier'])

/** Policies, sets and host endpoints with moments of the last hour; everything else always was. */
const story = (dialect: Dialect) =>
  anyDocuments(dialect).chain((documents) => {
    const { snapshot } = parseSnapshot(documents)
    // Of one name and kind the last stands, and it is one object.
    const objects = [
      ...new Map(
        (documents as readonly Document[]).map((one) => [
          [one.apiVersion, one.kind, one.metadata.namespace, one.metadata.name].join('/'),
          one,
        ]),
      ),
    ]
    return fc.record({
      objects: fc.constant(objects),
      ages: fc.array(fc.integer({ min: 1, max: 3600 }), { minLength: objects.length, maxLength: objects.length }),
      flows: fc.array(anyFlow(snapshot), { minLength: 1, maxLength: 4 }),
      moments: fc.array(fc.integer({ min: 0, max: 3700 }), { minLength: 1, maxLength: 6 }),
      /** After how many objects of the look somebody asks for the first time. */
      askedAfter: fc.nat(objects.length),
      removed: fc.nat(objects.length - 1),
    })
  })

describe.each<Dialect>(['calico', 'hosts', 'cilium'])('what a look finds of %s objects', (dialect) => {
  it('leaves the past that watching them come leaves', () => {
    fc.assert(
      fc.property(story(dialect), ({ objects, ages, flows, moments, askedAfter, removed }) => {
        const [watched, found] = [createWorld(config), createWorld(config)]
        const dated = objects.map(([uid, one], index) => {
          const since = waiting.has(one.kind) ? undefined : now - ages[index]!
          const creationTimestamp = since !== undefined && new Date(since * 1000).toISOString()
          const metadata = { ...one.metadata, ...(creationTimestamp && { creationTimestamp }) }
          return { since: since ?? 0, object: { uid, kind: one.kind, document: { ...one, metadata } } }
        })
        const verdicts = (world: typeof found) =>
          moments.flatMap((ago) => flows.map((flow) => world.evaluateAt(flow, now - ago)?.verdict))
        for (const { object, since } of dated.toSorted((a, b) => a.since - b.since)) watched.put(object, since)
        for (const [index, { object }] of dated.entries()) {
          if (index === askedAfter) verdicts(found)
          found.put(object, 0, undefined, now)
        }
        expect(verdicts(found)).toEqual(verdicts(watched))
        for (const world of [watched, found]) world.remove(objects[removed]![0], now + 10)
        expect(verdicts(found)).toEqual(verdicts(watched))
      }),
      runs(60),
    )
  })
})
