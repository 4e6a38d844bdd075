// What the policies of a record's moment say of its flow, as far as it matters here: whether and at which end they deny it,
// by which hit, and what would admit it.
import type { Row } from '@margay/model'
import { protocolNumber } from '@margay/policy'
import type { PolicyExplanation } from '@margay/wire'
import type { PolicyOpinion } from '../ends/joined.ts'
import { nameOfPolicyId } from './cluster/policy-id.ts'
import type { HandlerDeps } from './context.ts'
import { explainRow } from './policy-explain-record.ts'

/** Names of the policies that traces tell of, by their hits. */
function namesOf({ directions, recorded }: PolicyExplanation): ReadonlyMap<string, string> {
  const hits = [...directions, ...(recorded ? [recorded] : [])].flatMap(({ trace }) => trace)
  return new Map(hits.flatMap(({ text, policy }) => (policy === undefined ? [] : [[text, nameOfPolicyId(policy)]])))
}

/** Undefined where there are no objects to ask. */
function opinionOf(explained: PolicyExplanation): PolicyOpinion | undefined {
  const { objects, verdict, directions, missing, notes } = explained
  if (objects === 0) return undefined
  const denied = directions.find((each) => each.verdict === 'deny')
  const sentences = [...directions.map(({ sentence }) => sentence), ...notes]
  if (!denied) {
    const isKnown = verdict === 'allow' && missing.length === 0
    if (isKnown) return { verdict: 'allow', names: namesOf(explained), sentences }
    const isWhoUnknown = missing.some(({ kind }) => kind === 'endpoint')
    return { verdict: 'unknown', isWhoUnknown, names: namesOf(explained), sentences }
  }
  const { decision } = denied
  const hit = denied.trace.findLast(({ action }) => action === 'deny')
  return {
    verdict: 'deny',
    names: namesOf(explained),
    where: denied.direction === 'egress' ? 'source' : 'destination',
    ...(hit && { hit: hit.text }),
    ...(decision.by === 'end-of-tier' && { isolating: decision.policies.map(nameOfPolicyId) }),
    sentences,
    ...(denied.fix && { fix: denied.fix.text }),
  }
}

export async function policyOf(row: Row, deps: HandlerDeps): Promise<PolicyOpinion | undefined> {
  if (!protocolNumber(row.proto)) return undefined
  return opinionOf(await explainRow(row, { mode: 'enforced' }, deps))
}
