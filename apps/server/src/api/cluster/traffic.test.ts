// What stands beside objects where the store cannot give all of it: nothing, and why.
import type { Answer, Question } from '@margay/query'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../../http/problem.ts'
import { readActivity } from '../../policy-use/index.ts'
import { askAgentGaps } from '../changes/agent-gaps.ts'
import { askDenied } from './denied.ts'
import { askNodeRates } from './node-rates.ts'
import type { TrafficDeps } from './traffic.ts'
import { orUnknown } from './traffic.ts'

const effort = { rowsRead: 0, elapsedMs: 0, source: 'flows', from: 0, to: 0, exact: true }
const { signal } = new AbortController()

/** A store that answers as it is told; a real one would want a hundred thousand groups first. */
function answering(answerTo: (question: Question) => Omit<Extract<Answer, { kind: 'groups' }>, 'kind'>): TrafficDeps {
  const ask = (question: Question) =>
    Promise.resolve({ answer: { kind: 'groups' as const, ...answerTo(question) }, effort })
  return { store: { ask }, cluster: 'c', now: () => 100_000, signal }
}

const range = { from: 0, to: 100_000 }

describe('figures of an answer that was cut', () => {
  it.each([
    ['what was denied', askDenied],
    ['rates of nodes', askNodeRates],
  ] as const)('are not known: %s', async (what, ask) => {
    const cut = answering(() => ({ groups: [], truncated: true }))
    expect(await orUnknown<unknown>(what, signal, ask(range, cut))).toEqual({
      value: undefined,
      unknown: [{ what, why: 'more than 100000 groups of flows', hint: 'ask for a shorter time of the traffic' }],
    })
  })

  it('are not known: what policies did', async () => {
    const { store } = answering(() => ({ groups: [], truncated: true }))
    const asked = () => readActivity(store, { cluster: 'c', ...range }, { now: range.to, signal })
    const why = 'more than 200000 rules decided something'
    const hint = 'ask for a shorter time of the traffic, or for one policy'
    expect(await orUnknown('use', signal, asked())).toEqual({ value: undefined, unknown: [{ what: 'use', why, hint }] })
    const { problem, told } = problemOf(await asked().catch((error: unknown) => error))
    expect({ ...problem, told }).toMatchObject({ code: 'too_much', status: 422, detail: why, hint, told: true })
  })

  it('are asked for more coarsely where many agents report', async () => {
    const buckets: number[] = []
    const many = answering(({ select }) => {
      const by = select.kind === 'groups' ? select.by : []
      if (by.length === 0) return { groups: [{ key: [], measures: { hosts: 5_000 } }], truncated: false }
      buckets.push(...by.flatMap((key) => ('timeBucket' in key ? key.timeBucket : [])))
      return { groups: [], truncated: false }
    })
    await askAgentGaps(range, many)
    // Ten buckets of each of five thousand agents.
    expect(buckets).toEqual([10_020])
  })
})
