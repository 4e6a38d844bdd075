// A flow explained by the policies of a state, as the API tells it.
import type { Flow, Mode } from '@margay/policy'
import { explain, printExplanation, protocolName } from '@margay/policy'
import type { PolicyExplanation } from '@margay/wire'
import type { AsOfState } from './as-of.ts'
import { directionsJson, endJson, policyFinder } from './explanation.ts'
import { unseenOf, withUnseen } from './unseen.ts'

/** What was asked about, read against the cluster of its moment. */
export interface AskedFlow {
  readonly flow: Flow
  readonly notes: readonly string[]
}

/** The policies' own answer to a flow. */
export function explainFlow(
  { state, asOf, unseen }: AsOfState,
  { flow, notes }: AskedFlow,
  mode: Mode,
): PolicyExplanation {
  const explanation = explain(flow, state.snapshot, mode, state.prepared)
  const { verdict, missing } = explanation.evaluation
  const told: PolicyExplanation = {
    ...asOf,
    verdict,
    evidence: verdict === 'unknown' ? 'unknown' : 'evaluated',
    mode,
    headline: explanation.headline,
    text: printExplanation(explanation),
    source: endJson(flow.source, state),
    destination: endJson(flow.destination, state),
    protocol: protocolName(flow.protocol),
    ...(flow.port !== undefined && { port: flow.port }),
    directions: directionsJson(explanation, policyFinder(state)),
    missing: missing.map(({ kind, text }) => ({ kind, text })),
    notes: [...notes],
  }
  return withUnseen(told, unseenOf(flow, mode, state, unseen))
}

export const modeOf = (pending: boolean): Mode => (pending ? 'pending' : 'enforced')
