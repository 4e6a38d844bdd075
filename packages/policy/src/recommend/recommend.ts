// From flows that were seen to the policies that allow them and nothing else, by workload or by namespace. What is allowed
// beyond the seen flows is said. The result is judged against its own input: a recommendation that denies what it was
// made from would be worse than none.
import type { Flow } from '../evaluate/flow.ts'
import { createLookup } from '../evaluate/lookup.ts'
import { createEngine } from '../index/engine.ts'
import { parseSnapshot } from '../objects/parse.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { renderCalico } from './calico.ts'
import { renderKubernetes } from './kubernetes.ts'
import { gatherNeeds, type LeftOut, type Need } from './need.ts'
import { createWorkloads, type Scope, type Workload } from './workload.ts'

export interface RecommendOptions {
  readonly kind: 'kubernetes' | 'calico'
  readonly scope: Scope
}

export interface Recommendation {
  /** Objects to apply, in order of namespace and name. */
  readonly documents: readonly unknown[]
  /** What is allowed beyond what was seen, one sentence each. */
  readonly generalisations: readonly string[]
  /** Flows that nothing could be made from. */
  readonly leftOut: readonly LeftOut[]
  /** Flows of the input that the recommended policies would not allow: always empty, and checked. */
  readonly denied: readonly Flow[]
}

function seenPods(flows: readonly Flow[], snapshot: Snapshot): ReadonlySet<string> {
  const lookup = createLookup(snapshot)
  return new Set(
    flows.flatMap(({ source, destination }) =>
      [source, destination].flatMap((end) => {
        const pod = end.pod === undefined ? end.address && lookup.podAt(end.address) : lookup.pod(end.pod)
        return pod ? [`${pod.namespace}/${pod.name}`] : []
      }),
    ),
  )
}

function replicaWords(workload: Workload, seen: ReadonlySet<string>): readonly string[] {
  const unseen = workload.pods.filter((pod) => !seen.has(`${pod.namespace}/${pod.name}`)).length
  if (unseen === 0) return []
  return [
    `${workload.namespace}/${workload.name}: holds for ${workload.pods.length} pods, ${unseen} of which were not seen`,
  ]
}

const byName = (a: Workload, b: Workload) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1)

function workloadsOf(needs: readonly Need[]): readonly Workload[] {
  return [...new Set(needs.map((need) => need.workload))].sort(byName)
}

/** Judges the input under the recommended policies alone. */
function deniedBy(documents: readonly unknown[], flows: readonly Flow[], snapshot: Snapshot): readonly Flow[] {
  const { snapshot: recommended } = parseSnapshot(documents)
  const engine = createEngine({
    ...snapshot,
    policies: recommended.policies,
    networkSets: [...snapshot.networkSets, ...recommended.networkSets],
  })
  return flows.filter((flow) => engine.evaluate(flow).verdict !== 'allow')
}

/**
 * Recommends policies for the workloads that occur in the flows. Give it allowed flows only: a denied one would be allowed
 * by the result.
 */
export function recommend(flows: readonly Flow[], snapshot: Snapshot, options: RecommendOptions): Recommendation {
  const workloadOf = createWorkloads(snapshot, options.scope)
  const { needs, leftOut } = gatherNeeds(flows, createLookup(snapshot), workloadOf)
  const render = options.kind === 'kubernetes' ? renderKubernetes : renderCalico
  const seen = seenPods(flows, snapshot)
  const workloads = workloadsOf(needs)
  const rendered = workloads.map((workload) =>
    render(
      workload,
      needs.filter((need) => need.workload === workload),
    ),
  )
  const documents = rendered.flatMap((each) => each.documents)
  const skipped = new Set(leftOut.map((each) => each.flow))
  return {
    documents,
    generalisations: [
      ...rendered.flatMap((each) => each.generalisations),
      ...workloads.flatMap((workload) => replicaWords(workload, seen)),
    ],
    leftOut,
    denied: deniedBy(
      documents,
      flows.filter((flow) => !skipped.has(flow)),
      snapshot,
    ),
  }
}

/** What people should know about a recommendation, as lines of text: what it allows beyond what was seen, what it lacks. */
export function printRecommendationNotes({ documents, generalisations, leftOut, denied }: Recommendation): string {
  const reasons = Map.groupBy(leftOut, (each) => each.reason)
  return [
    `${documents.length} objects; ${denied.length} of the flows given would be denied`,
    ...generalisations.map((text) => `allows more than was seen: ${text}`),
    ...[...reasons].map(
      ([reason, flows]) => `left out: ${flows.length} ${flows.length === 1 ? 'flow' : 'flows'}, ${reason}`,
    ),
  ].join('\n')
}
