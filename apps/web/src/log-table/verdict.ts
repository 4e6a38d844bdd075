// The verdict of one flow record in the console's words, and how it looks. A record says what its reporter saw: a record
// of the source that allows may stand beside one of the destination that denies.
import type { Row } from '@margay/model'

export type VerdictKind = 'allow' | 'source' | 'destination' | 'unknown'

export interface Verdict {
  readonly kind: VerdictKind
  readonly label: string
}

export function verdictOf({ action, reporter }: Row): Verdict {
  if (action === 'allow') return { kind: 'allow', label: 'allow' }
  if (action !== 'deny') return { kind: 'unknown', label: '–' }
  if (reporter === 'dst') return { kind: 'destination', label: '✕ destination' }
  return { kind: 'source', label: reporter === 'fwd' ? '✕ on the way' : '✕ source' }
}

/** Whether the record says that the source sent and nothing came back, though policy allowed it. */
export function isUnanswered({ action, reporter, bytes_in: bytesIn, bytes_out: bytesOut }: Row): boolean {
  const sent = bytesOut === undefined || Number(bytesOut) > 0
  return action === 'allow' && reporter !== 'dst' && Number(bytesIn ?? -1) === 0 && sent
}

/** Whether the destination is no endpoint of the cluster: a network or a set of networks. */
export const leavesCluster = ({ dest_type: type }: Row): boolean => type === 'net' || type === 'ns'
