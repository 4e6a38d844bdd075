// Rows that come through the interner are judged as the reference evaluator judges them on the objects of their moment: for
// random clusters, before and after every object may have changed, in time and late.
import type { PolicyHit, Row } from '@margay/model'
import { printEnterpriseHit } from '@margay/model'
import type { Address, Evaluation, Flow, FlowEnd, Snapshot } from '@margay/policy'
import { evaluate, parseSnapshot, podKey, printAddress, protocolName } from '@margay/policy'
import { anyDocuments, anyFlow, type Dialect, runs } from '@margay/policy/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createJudgedCluster } from '../testing/judged-cluster.ts'

const now = 1_793_000_000

interface Document {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace?: string; readonly name: string }
}

const uidOf = (document: unknown) => {
  const { apiVersion, kind, metadata } = document as Document
  return `${apiVersion}/${kind}/${metadata.namespace ?? ''}/${metadata.name}`
}
const withUid = (document: unknown) => {
  const object = document as Document
  return { ...object, metadata: { ...object.metadata, uid: uidOf(document) } }
}
const yamlOf = (documents: readonly unknown[]) => documents.map((one) => stringify(withUid(one))).join('---\n')

const addressesOf = (end: FlowEnd, snapshot: Snapshot): readonly Address[] => {
  if (end.address) return [end.address]
  return snapshot.pods.find((pod) => podKey(pod) === end.pod)?.addresses ?? []
}

/** A flow as an agent sees it: with addresses of one family. Undefined where the ends have none in common. */
function seen({ source, destination, protocol, port }: Flow, snapshot: Snapshot): Flow | undefined {
  for (const from of addressesOf(source, snapshot))
    for (const to of addressesOf(destination, snapshot))
      if (from.family === to.family)
        return {
          source: { ...source, address: from },
          destination: { ...destination, address: to },
          protocol,
          ...(port !== undefined && { port }),
        }
  return undefined
}

interface Expected {
  readonly verdict: string
  readonly trace: readonly string[]
}

function expectedOf(evaluation: Evaluation, reporter: 'src' | 'dst'): Expected {
  const own = reporter === 'src' ? evaluation.source : evaluation.destination
  const trace = (own?.trace ?? []).map((hit: PolicyHit) => printEnterpriseHit(hit))
  const verdict = own?.verdict ?? 'allow'
  return { verdict, trace: verdict === 'unknown' ? [] : trace }
}

let series = 0

/** What the agent at one end sends of the flow: it got no answer at the source, and was dropped at the destination. */
const sentOf = (flow: Flow, reporter: 'src' | 'dst', at: number) => ({
  agent: 'n1',
  series: {
    reporter,
    proto: protocolName(flow.protocol),
    ...(flow.port !== undefined && { dest_port: flow.port }),
    ...(reporter === 'src'
      ? { action: 'allow', outcome: 'unanswered' }
      : { action: 'deny', outcome: 'dropped', drop_reason: 'NETFILTER_DROP' }),
    process_name: `p${++series}`,
  },
  rest: {
    source_ip: printAddress(flow.source.address!),
    dest_ip: printAddress(flow.destination.address!),
    start_time: at - 10,
    end_time: at,
    num_flows: 1,
    num_flows_started: 1,
  } satisfies Row,
})

function expectJudged(row: Row, flow: Flow, reporter: 'src' | 'dst', then: Snapshot, present: Snapshot): void {
  const { verdict, trace } = expectedOf(evaluate(flow, then), reporter)
  const pending = expectedOf(evaluate(flow, present, 'pending'), reporter)
  expect(row['policies.pending_policies']).toEqual(pending.trace)
  if (verdict === 'unknown') return expect(row['evidence_missing']).not.toEqual([])
  if (reporter === 'dst' && verdict === 'allow')
    return expect(row['evidence_conflict']).toContain(trace.length > 0 ? trace.join(', ') : 'under no policy')
  expect([row['action'], row['policies.enforced_policies']]).toEqual([verdict, trace])
}

const story = (dialect: Dialect) =>
  fc
    .tuple(anyDocuments(dialect, true), anyDocuments(dialect, true))
    .chain(([first, second]) =>
      fc
        .tuple(
          fc.array(anyFlow(parseSnapshot(first).snapshot, true), { minLength: 1, maxLength: 4 }),
          fc.array(anyFlow(parseSnapshot(second).snapshot, true), { minLength: 1, maxLength: 4 }),
        )
        .map(([one, two]) => ({ first, second, one, two })),
    )

describe.each<Dialect>(['kubernetes', 'calico'])('rows under %s policies', (dialect) => {
  it('are judged as the reference does, at their moment', () => {
    let compared = 0
    fc.assert(
      fc.property(story(dialect), ({ first, second, one, two }) => {
        const before = parseSnapshot(first).snapshot
        const after = parseSnapshot(second).snapshot
        const cluster = createJudgedCluster(yamlOf(first), now)
        const judgeAll = (questions: readonly Flow[], at: number, then: Snapshot, present: Snapshot) => {
          for (const question of questions)
            for (const reporter of ['src', 'dst'] as const) {
              const flow = seen(question, then)
              if (!flow) continue
              expectJudged(cluster.row(sentOf(flow, reporter, at)), flow, reporter, then, present)
              compared++
            }
        }
        judgeAll(one, now, before, before)
        const kept = new Set(second.map(uidOf))
        for (const document of first) if (!kept.has(uidOf(document))) cluster.remove(uidOf(document), now + 100)
        cluster.put(yamlOf(second), now + 100)
        cluster.setNow(now + 3600)
        cluster.trim()
        judgeAll(two, now + 200, after, after)
        // An hour late: as it was then.
        judgeAll(one, now + 50, before, after)
      }),
      runs(20),
    )
    expect(compared).toBeGreaterThan(0)
  })
})
