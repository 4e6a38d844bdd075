// What the generators give: rows in two parts, because whoever stores them thinks once about a set of dimensions and
// copies the rest. The same set of dimensions is the same object every time, so it can be a key of a Map.
import type { Row } from '@margay/model'

export interface Emission {
  readonly logType: 'flows' | 'dns'
  /** Fields of role `dimension`, as one object for ever. */
  readonly dimensions: Row
  /** Times, details and measures of this row. */
  readonly rest: Row
}

/** The whole row, as a log shows it. */
export function rowOf({ dimensions, rest }: Emission): Row {
  return { ...dimensions, ...rest }
}
