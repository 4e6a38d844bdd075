// What the policies of a record's moment say of its flow, as far as it matters here: whether and at which end they deny it,
// by which hit, and what would admit it.
import type { Row } from '@margay/model'
import { flowLog, writeRow } from '@margay/model'
import { protocolNumber } from '@margay/policy'
import type { PolicyExplanation } from '@margay/wire'
import type { HandlerDeps } from '../api/context.ts'
import { explainRecord } from '../api/policy-explain-record.ts'
import type { PolicyOpinion } from './joined.ts'

/** Undefined where there are no policies to ask, or not enough is known to tell. */
export function opinionOf({ directions, missing }: PolicyExplanation): PolicyOpinion | undefined {
  const denied = directions.find(({ verdict }) => verdict === 'deny')
  const sentences = directions.map(({ sentence }) => sentence)
  if (!denied) {
    const isKnown = directions.length > 0 && missing.length === 0
    return isKnown ? { verdict: 'allow', sentences } : undefined
  }
  const hit = denied.trace.findLast(({ action }) => action === 'deny')
  return {
    verdict: 'deny',
    where: denied.direction === 'egress' ? 'source' : 'destination',
    ...(hit && { hit: hit.text }),
    sentences,
    ...(denied.fix && { fix: denied.fix.text }),
  }
}

export async function policyOf(row: Row, deps: HandlerDeps): Promise<PolicyOpinion | undefined> {
  if (!protocolNumber(row.proto)) return undefined
  return opinionOf(await explainRecord({ record: writeRow(flowLog, row), pending: false }, deps))
}
