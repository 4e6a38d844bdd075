// What rules of the node said of a series, as the judge takes it: resolved to policies of the cluster, in the texts of the log.
// The names of what there is are made ready once for each change of policies, and only where marks come at all.
import type { Row } from '@margay/model'
import { printEnterpriseHit } from '@margay/model'
import type { Direction } from '@margay/policy'
import type { KnownPolicies } from '../evidence/index.ts'
import { createKnownPolicies, resolveMarks } from '../evidence/index.ts'
import type { Marks } from './decide.ts'
import { creditsOfHits } from './finding.ts'
import type { World } from './world.ts'

export type ReadMarks = (own: Row, direction: Direction | undefined) => Marks | undefined

/** `onUnknown` is told of marks that nobody understands, as they were sent. */
export function createMarkReader(world: World, onUnknown: (marks: readonly string[]) => void): ReadMarks {
  let known: { readonly policies: KnownPolicies; readonly names: number } | undefined
  const knownPolicies = (): KnownPolicies => {
    if (known?.names === world.namesChanged) return known.policies
    const { policies, profiles, tiers } = world.names()
    known = { policies: createKnownPolicies({ policies, profiles, tiers }), names: world.namesChanged }
    return known.policies
  }
  return (own, direction) => {
    const texts = own['marks'] as readonly string[] | undefined
    if (!texts || texts.length === 0) return undefined
    const resolved = resolveMarks(texts, { known: knownPolicies(), direction })
    if (!resolved) return undefined
    if (resolved.unknown.length > 0) onUnknown(resolved.unknown)
    const { hits, verdict, source } = resolved
    return {
      source,
      verdict,
      trace: hits.map(printEnterpriseHit),
      credits: creditsOfHits(hits, direction ?? 'ingress', world.generationOf),
    }
  }
}
