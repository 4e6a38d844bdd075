// GET /changes: what changed in a range, numbered in the order of time: the marks of the ribbon.
import type { Change } from '@margay/wire'
import { parseSnapshot } from '@margay/policy'
import type { ObjectChange, StoredObject } from '../objects/index.ts'
import { askAgentGaps } from './changes/agent-gaps.ts'
import type { Finding } from './changes/finding.ts'
import { nodeFinding, policyFinding } from './changes/object-changes.ts'
import { rolloutsIn } from './changes/rollout.ts'
import { checkMoment, noObjects } from './cluster/as-of.ts'
import { policyId } from './cluster/policy-id.ts'
import { orUnknown } from './cluster/traffic.ts'
import type { JsonHandler } from './context.ts'
import { ApiError } from './problem.ts'

const findingsOf = (changes: readonly ObjectChange[]): readonly Finding[] => [
  ...changes.flatMap((change) => policyFinding(change) ?? nodeFinding(change) ?? []),
  ...rolloutsIn(changes),
]

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

export const changes: JsonHandler<'changes'> = async ({ search, signal }, { store, objects, now }) => {
  const { from, to, namespace, limit } = search
  if (from >= to) throw new ApiError('bad_request', `from ${from} is not before to ${to}`)
  checkMoment(from, now())
  const [changed, gaps] = await Promise.all([
    orUnknown('changes of objects', signal, objects.changes({ from, to })),
    orUnknown('agents that said nothing', signal, askAgentGaps({ from, to }, { store, now, signal })),
  ])
  const found = [...findingsOf(changed.value ?? []), ...(gaps.value ?? [])]
    .filter(concerns(namespace))
    .sort((a, b) => a.time - b.time)
  const isBlind = objects.now().length === 0 && changed.value?.length === 0
  return {
    from,
    to,
    changes: found.map((finding, index) => changeJson(finding, index + 1)).slice(-limit),
    total: found.length,
    unknown: [...(isBlind ? [noObjects(to)] : []), ...changed.unknown, ...gaps.unknown],
  }
}
