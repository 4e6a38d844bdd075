// Where a connection was denied, when only the words of the node's rules tell: an agent knows of a drop on the way, not
// whose rules made it. Done once per series, before anything is named. Pure.
import type { Row } from '@margay/model'
import { noPolicies } from './known-policies.ts'
import { refusedBy } from './resolve-marks.ts'

/**
 * Dimensions of an agent's series with the refusal at its right end: a drop on the way by the destination's rules is the
 * destination's report, and then the source's own rules let it go.
 */
export function placeRefusal(dimensions: Row): Row {
  const { action, marks, reporter } = dimensions
  if (action !== 'deny' || marks === undefined || reporter === 'dst') return dimensions
  if (refusedBy(marks as readonly string[], noPolicies) !== 'ingress') return dimensions
  return reporter === 'src'
    ? { ...dimensions, action: 'allow' }
    : { ...dimensions, reporter: 'dst', direction: 'ingress' }
}
