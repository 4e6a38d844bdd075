// What one mark says of policies, as the readers of marks give it.
import type { PolicyHit } from '@margay/model'
import type { Direction } from '@margay/policy'

export interface MarkHit {
  /** Undefined where the rule does not say which way it looks. */
  readonly direction: Direction | undefined
  /** Its place among the others is the order of the marks. */
  readonly hit: Omit<PolicyHit, 'index'>
}
