// GET /changes: what changed in a range, numbered in the order of time: the marks of the ribbon.
import type { Change, Unknown } from '@margay/wire'
import { parseSnapshot } from '@margay/policy'
import type { ObjectChange, StoredObject } from '../objects/index.ts'
import { askAgentGaps } from './changes/agent-gaps.ts'
import type { Finding } from './changes/finding.ts'
import { nodeFinding, policyFinding, toldPolicyKinds } from './changes/object-changes.ts'
import { rolloutsIn, workloadKinds } from './changes/rollout.ts'
import { checkMoment, checkOrder, noObjects } from './cluster/as-of.ts'
import { policyId } from './cluster/policy-id.ts'
import { orUnknown } from './cluster/traffic.ts'
import type { JsonHandler } from './context.ts'
import { inTurns } from './turns.ts'

/** Versions of objects that are read for one answer: more than a day of a large cluster has, some megabytes. */
const mostVersions = 10_000

/** Kinds of which every change may be told; of pods it is counted how many came and went. */
const toldKinds = [...toldPolicyKinds, 'Node', ...workloadKinds]

async function findingsOf(changes: readonly ObjectChange[]): Promise<readonly Finding[]> {
  const single = await inTurns(changes, (change) => policyFinding(change) ?? nodeFinding(change) ?? [])
  return [...single.flat(), ...rolloutsIn(changes)]
}

function policyOf({ document }: StoredObject): string | undefined {
  const [policy] = parseSnapshot([document]).snapshot.policies
  return policy && policyId(policy)
}

function objectJson(object: StoredObject): Pick<Change, 'object' | 'policy' | 'generation'> {
  const { apiVersion, kind, namespace, name, generation } = object
  const policy = policyOf(object)
  return {
    object: { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) },
    ...(policy !== undefined && { policy }),
    ...(generation !== undefined && { generation }),
  }
}

const changeJson = ({ time, until, kind, phrase, object, details }: Finding, number: number): Change => ({
  number,
  time,
  kind,
  phrase,
  details: [...details],
  ...(until !== undefined && { until }),
  ...(object && objectJson(object)),
})

const concerns = (namespace: string | undefined) => (finding: Finding) =>
  namespace === undefined || finding.object?.namespace === undefined || finding.object.namespace === namespace

/** What of the range was not read, because too much changed in it. */
const leftOut = (from: number): Unknown => ({
  what: 'changes of objects at the beginning of the range',
  why: `more than ${mostVersions} versions of objects changed; those from ${new Date(from * 1000).toISOString()} on are told`,
  hint: 'ask for a shorter range, or for one namespace',
})

export const changes: JsonHandler<'changes'> = async ({ search, signal }, { store, cluster, objects, now }) => {
  const { from, to, namespace, limit } = search
  checkOrder({ from, to })
  checkMoment('from', from, now())
  const asked = { from, to, kinds: toldKinds, passing: ['Pod'], namespace, most: mostVersions }
  const [present, changed, gaps] = await Promise.all([
    orUnknown('objects of the cluster', signal, objects.present()),
    orUnknown('changes of objects', signal, objects.changes(asked)),
    orUnknown('agents that said nothing', signal, askAgentGaps({ from, to }, { store, cluster, now, signal })),
  ])
  const read = changed.value ?? { changes: [], from }
  const found = [...(await findingsOf(read.changes)), ...(gaps.value ?? [])]
    .filter(concerns(namespace))
    .sort((a, b) => a.time - b.time)
  const isBlind = present.value?.length === 0 && changed.value?.changes.length === 0
  const isCut = read.from > from
  return {
    from,
    to,
    changes: found.map((finding, index) => changeJson(finding, index + 1)).slice(-limit),
    total: found.length,
    truncated: isCut,
    unknown: [
      ...(isBlind ? [noObjects(to)] : []),
      ...(isCut ? [leftOut(read.from)] : []),
      ...present.unknown,
      ...changed.unknown,
      ...gaps.unknown,
    ],
  }
}
