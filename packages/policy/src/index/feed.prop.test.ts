// An engine that is told of documents one by one, in any order and with any number of updates, judges as the reference does
// on all of them together; and what was done can be undone.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluatePrepared } from '../evaluate/evaluate.ts'
import type { Evaluation, Flow } from '../evaluate/flow.ts'
import { prepare } from '../evaluate/prepare.ts'
import { parseSnapshot } from '../objects/parse.ts'
import { emptySnapshot } from '../objects/snapshot.ts'
import { anyDocuments, anyFlow, type Dialect, runs } from '../testing/arbitrary.ts'
import { createEngine, type Engine } from './engine.ts'
import { createFeed, type Step } from './feed.ts'

interface Document {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace?: string; readonly name: string }
}

const uidOf = (document: unknown) => {
  const { apiVersion, kind, metadata } = document as Document
  return [apiVersion, kind, metadata.namespace, metadata.name].join('/')
}

function essence({ verdict, source, destination }: Evaluation): unknown {
  const side = (result: typeof source) => result && [result.verdict, result.trace, result.decision.by, result.missing]
  return [verdict, side(source), side(destination)]
}

function expectSame(engine: Engine, documents: readonly unknown[], questions: readonly Flow[]): void {
  const prepared = prepare(parseSnapshot(documents).snapshot)
  for (const flow of questions)
    for (const mode of ['enforced', 'pending'] as const)
      expect(essence(engine.evaluate(flow, mode))).toEqual(essence(evaluatePrepared(flow, prepared, mode)))
}

function createFed() {
  const engine = createEngine(emptySnapshot)
  const feed = createFeed()
  const steps: Step[] = []
  const take = (taken: readonly Step[]) => {
    for (const step of taken) engine.apply(step.forward)
    steps.push(...taken)
  }
  return {
    engine,
    feed,
    steps,
    become(before: readonly unknown[], after: readonly unknown[]) {
      const kept = new Set(after.map(uidOf))
      for (const document of before) if (!kept.has(uidOf(document))) take(feed.remove(uidOf(document)))
      for (const document of after) take(feed.put(uidOf(document), document).steps)
    },
  }
}

const story = (dialect: Dialect) =>
  fc.tuple(anyDocuments(dialect), anyDocuments(dialect), fc.integer()).chain(([first, second, seed]) =>
    fc
      .tuple(
        fc.array(anyFlow(parseSnapshot(first).snapshot), { minLength: 1, maxLength: 3 }),
        fc.array(anyFlow(parseSnapshot(second).snapshot), { minLength: 1, maxLength: 3 }),
      )
      .map(([one, two]) => ({
        first,
        second: second.toSorted((a, b) => hash(a, seed) - hash(b, seed)),
        questions: [...one, ...two],
      })),
  )

/** Any order that a seed gives; documents of one name keep theirs, because the last of them stands. */
function hash(document: unknown, seed: number): number {
  let state = seed
  for (const character of uidOf(document)) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193)
  return state
}

describe.each<Dialect>(['kubernetes', 'calico', 'cilium'])('an engine fed with %s documents', (dialect) => {
  it('answers as the reference does, and as before when all is undone', () => {
    fc.assert(
      fc.property(story(dialect), ({ first, second, questions }) => {
        const fed = createFed()
        fed.become([], first)
        expectSame(fed.engine, first, questions)
        fed.steps.length = 0
        fed.become(first, second)
        expectSame(fed.engine, second, questions)
        for (const { backward } of fed.steps.toReversed()) fed.engine.apply(backward)
        expectSame(fed.engine, first, questions)
      }),
      runs(60),
    )
  })

  it('can be made anew from what is present', () => {
    fc.assert(
      fc.property(story(dialect), ({ first, second, questions }) => {
        const fed = createFed()
        fed.become([], first)
        fed.become(first, second)
        const engine = createEngine(emptySnapshot)
        for (const change of fed.feed.present()) engine.apply(change)
        expectSame(engine, second, questions)
      }),
      runs(30),
    )
  })
})
