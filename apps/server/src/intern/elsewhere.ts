// Rows of an agent about pods and hosts that are on other nodes. No honest agent sees them, but for what a rule of its node
// refused on the way; a compromised node could write the history of all others with them. They are kept, for whoever looks
// into it, and are evidence of nothing.
import type { Row } from '@margay/model'
import { elsewhereConflict } from '@margay/model'
import type { Endpoint } from '../inventory/endpoint.ts'
import type { FrameSeries } from './frame-rows.ts'

/**
 * Whether the reporter claims to have seen its own end, and not only a packet on its way: a drop that nobody's end is told
 * of, or one that the node's rules made in the name of the destination, whose pod may be behind another node.
 */
export function isOwnEndSeen({ reporter, podUid, definition: { dimensions } }: FrameSeries): boolean {
  if (reporter === 'fwd') return false
  return reporter !== 'dst' || podUid !== undefined || dimensions.marks === undefined || dimensions.action !== 'deny'
}

const nameOf = ({ type, name, nameAggr, namespace }: Endpoint) =>
  type === 'wep' ? `pod ${namespace}/${name}` : `host ${nameAggr}`

/** What a row says of it. `host` is the reporter's. */
export const elsewhereFields = (host: string, own: Endpoint): Row => ({
  evidence_conflict: `${elsewhereConflict}${host}, ${nameOf(own)} is on ${own.node}`,
})
