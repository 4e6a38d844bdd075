// POST /policies/simulate: recorded traffic under the policies as they are and as they would be.
import type { ChangedVerdict, Simulation } from '@margay/policy'
import { changeReason, protocolName, simulateInSteps } from '@margay/policy'
import { flowLog } from '@margay/model'
import type { PolicySimulation, SimulatedFlow } from '@margay/wire'
import { checkOrder, knownStateAsOf, resolveRange } from './cluster/as-of.ts'
import { modeOf } from './cluster/explain-flow.ts'
import { addCounters } from './cluster/traffic.ts'
import type { JsonHandler } from './context.ts'
import { readFilter } from './filter.ts'
import { inTurns, runSteps } from './turns.ts'
import { snapshotAfter } from './simulation/after.ts'
import type { SeenFlow } from './simulation/seen-flows.ts'
import { asksForNames, askSeenFlows } from './simulation/seen-flows.ts'

type Weight = PolicySimulation['totals']['same']

const weightOf = (flows: readonly SeenFlow[]): Weight => ({
  flows: flows.length,
  connections: flows.map(({ seen }) => seen.connections).reduce(addCounters, 0),
  bytes: flows.map(({ seen }) => seen.bytes).reduce(addCounters, 0),
})

/** What a pair of verdicts means: certain on both sides it is a change, else it cannot be told. */
function changeOf({ before, after }: ChangedVerdict): SimulatedFlow['change'] {
  if (before.verdict === 'unknown' || after.verdict === 'unknown') return 'uncertain'
  return after.verdict === 'allow' ? 'newly-allowed' : 'newly-denied'
}

function changeJson(changed: ChangedVerdict<SeenFlow>): SimulatedFlow {
  const { flow, before, after } = changed
  return {
    change: changeOf(changed),
    ...flow.seen,
    protocol: protocolName(flow.protocol),
    ...(flow.port !== undefined && { port: flow.port }),
    before: before.verdict,
    after: after.verdict,
    reason: changeReason(changed),
  }
}

function totalsOf(flows: readonly SeenFlow[], { changed, untold }: Simulation<SeenFlow>): PolicySimulation['totals'] {
  const of = (change: SimulatedFlow['change']) =>
    changed.filter((each) => changeOf(each) === change).map(({ flow }) => flow)
  const other = new Set([...changed.map(({ flow }) => flow), ...untold])
  return {
    newlyAllowed: weightOf(of('newly-allowed')),
    newlyDenied: weightOf(of('newly-denied')),
    uncertain: weightOf([...of('uncertain'), ...untold]),
    same: weightOf(flows.filter((flow) => !other.has(flow))),
  }
}

/** Changes that are worded in one turn: a reason is some lines. */
const stepChanges = 200

const byWeight = (a: ChangedVerdict<SeenFlow>, b: ChangedVerdict<SeenFlow>) =>
  Number(b.flow.seen.connections) - Number(a.flow.seen.connections)

export const policySimulate: JsonHandler<'policySimulate'> = async (
  { body, signal },
  { store, cluster, states, now },
) => {
  const moment = now()
  const { state, asOf } = await knownStateAsOf(states, body.at, moment)
  const after = snapshotAfter(state.snapshot, body.documents, body.remove)
  const { filter } = readFilter(flowLog, { query: body.query, zone: 'UTC' }, moment)
  const traffic = resolveRange(body.range, moment)
  checkOrder(traffic, 'range')
  const withNames = [state.snapshot, after.snapshot].some(asksForNames)
  const { flows, incomplete } = await askSeenFlows(state, traffic, filter, withNames, { store, cluster, now, signal })
  const mode = modeOf(body.pending)
  const simulation = await runSteps(simulateInSteps(state.snapshot, after.snapshot, flows, mode), signal)
  const changed = simulation.changed.toSorted(byWeight)
  return {
    ...asOf,
    traffic,
    mode,
    judged: simulation.judged,
    totals: totalsOf(flows, simulation),
    changes: await inTurns(changed.slice(0, body.limit), changeJson, { step: stepChanges, signal }),
    truncated: changed.length > body.limit,
    incomplete,
    policies: after.policies,
    issues: after.issues,
  }
}
