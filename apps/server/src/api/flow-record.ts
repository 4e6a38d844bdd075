// A flow record that a request holds.
import type { Row } from '@margay/model'
import { flowLog, readRow } from '@margay/model'
import { ApiError } from '../http/problem.ts'

/** The row of a record as answers give it. Throws `bad_request` with every field that cannot be read. */
export function readFlowRecord(record: Readonly<Record<string, unknown>>, now: number): Row {
  const read = readRow(flowLog, record, now)
  if (read.ok) return read.row
  const problems = read.problems.map(({ field, value, problem }) => `${field} ${problem}, got ${value}`)
  throw new ApiError('bad_request', `record: ${problems.join('; ')}`, { hint: 'send a flow record as /query gives it' })
}
