// What an explanation is worth where kinds of objects were never read: where one of them could have decided otherwise, nobody can
// tell, and the explanation says which and what to do. Pure.
import type { Flow, FlowEnd, Mode } from '@margay/policy'
import type { ExplainedDirection, PolicyExplanation } from '@margay/wire'
import type { Unseen } from '../../kubernetes/index.ts'
import { unseenWords } from '../../kubernetes/index.ts'
import type { ClusterState } from './state.ts'

/** What a flow is to the kinds of objects. */
interface Question {
  readonly mode: Mode
  /** Both ends are pods that are known, on networks of their own. */
  readonly isBetweenPods: boolean
}

/** Kinds that speak of other ends than pods: between pods they decide nothing. */
const ofOtherEnds: ReadonlySet<string> = new Set(['Pod', 'HostEndpoint', 'NetworkSet', 'GlobalNetworkSet'])

function matters({ kind = '' }: Unseen, { mode, isBetweenPods }: Question): boolean {
  if (kind.startsWith('Staged')) return mode === 'pending'
  return !(isBetweenPods && ofOtherEnds.has(kind))
}

function isPod({ pod, address }: FlowEnd, { prepared: { lookup } }: ClusterState): boolean {
  const found = pod === undefined ? address && lookup.podAt(address) : lookup.pod(pod)
  return found !== undefined && !found.hostNetwork
}

/** Those of the kinds that could have decided a flow. */
export function unseenOf(flow: Flow, mode: Mode, state: ClusterState, unseen: readonly Unseen[]): readonly Unseen[] {
  const isBetweenPods = isPod(flow.source, state) && isPod(flow.destination, state)
  return unseen.filter((each) => matters(each, { mode, isBetweenPods }))
}

function blindDirection(told: ExplainedDirection, missing: ExplainedDirection['missing']): ExplainedDirection {
  const { fix: _untried, ...rest } = told
  const what = missing.map(({ text }) => text).join('; ')
  return {
    ...rest,
    verdict: 'unknown',
    sentence: `${told.direction} cannot be told (${what}); by what was read: ${told.sentence}`,
    decision: { by: 'missing-fact', policies: [] },
    missing: [...told.missing, ...missing],
  }
}

/** The verdict stands last in a headline. */
const withoutVerdict = (headline: string) => headline.slice(0, headline.lastIndexOf(': '))

/** The explanation as it is with what nobody read; itself where that is nothing. */
export function withUnseen(explanation: PolicyExplanation, unseen: readonly Unseen[]): PolicyExplanation {
  if (unseen.length === 0) return explanation
  const missing = unseen.map((each) => ({ kind: 'objects', text: unseenWords(each) }))
  const directions = explanation.directions.map((each) => blindDirection(each, missing))
  const headline = `${withoutVerdict(explanation.headline)}: cannot tell`
  const lines = [...directions.map(({ sentence }) => sentence), ...unseen.flatMap(({ hint }) => hint ?? [])]
  return {
    ...explanation,
    verdict: 'unknown',
    evidence: 'unknown',
    headline,
    text: [headline, ...lines].join('\n'),
    directions,
    missing: [...explanation.missing, ...missing],
  }
}
