// A flow explained by the policies of a state, as the API tells it.
import type { Flow, FlowEnd, Issue, Mode } from '@margay/policy'
import { explain, printExplanation, protocolName } from '@margay/policy'
import type { PolicyExplanation } from '@margay/wire'
import type { AsOfState } from './as-of.ts'
import { directionsJson, endJson, policyFinder } from './explanation.ts'
import type { ClusterState } from './state.ts'
import { unseenOf, withUnseen } from './unseen.ts'

/** What was asked about, read against the cluster of its moment. */
export interface AskedFlow {
  readonly flow: Flow
  readonly notes: readonly string[]
}

const isPolicy = ({ object }: Issue) => /^\S*NetworkPolicy /.test(object)

/** The namespace of a title such as `NetworkPolicy shop/web`. */
const namespaceOf = ({ object }: Issue) => /^\S+ ([^/]+)\//.exec(object)?.[1]

const endNamespace = (end: FlowEnd, { prepared: { lookup } }: ClusterState) =>
  (end.pod === undefined ? end.address && lookup.podAt(end.address) : lookup.pod(end.pod))?.namespace ??
  end.pod?.split('/')[0]

/** Policies that cannot be read and may select an end of the flow: it is judged without them, as the cluster's own engine does. */
function leftOut({ source, destination }: Flow, state: ClusterState): readonly string[] {
  const namespaces = [source, destination].map((end) => endNamespace(end, state))
  return state.issues
    .filter((issue) => issue.severity === 'error' && isPolicy(issue))
    .filter((issue) => namespaceOf(issue) === undefined || namespaces.includes(namespaceOf(issue)))
    .map(
      ({ object, path, message }) =>
        `${object} cannot be read and is left out (${path}: ${message}); whether it selects an end is not known`,
    )
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
    notes: [...notes, ...leftOut(flow, state)],
  }
  return withUnseen(told, unseenOf(flow, mode, state, unseen))
}

export const modeOf = (pending: boolean): Mode => (pending ? 'pending' : 'enforced')
