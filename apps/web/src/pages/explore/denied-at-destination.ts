// The switch for questions such as `bytes_in: 0`: a source's allowed record without an answer may be one half of a
// conversation whose destination denied it. The switch asks which conversations destinations denied in the range, and
// becomes a filter like any other, which leaves their sources' allowed records out. Pure but for the asking.
import { combineAll, combineAny, filterForCell, printKql } from '@margay/query'
import { askGroups, type Group, type Scope } from '../../api/question.ts'
import { pill, type Pill } from '../../view/pill.ts'

/** What names a conversation in both ends' records. */
const ends = ['source_namespace', 'source_name_aggr', 'dest_namespace', 'dest_name_aggr', 'dest_port', 'proto'] as const

/** More conversations would make a filter that nobody can read; the filter then covers those denied most. */
export const conversationsAtMost = 60

/** The filter that leaves out the sources' allowed records of these conversations; undefined where there are none. */
export function hidingPill(groups: readonly Group[]): Pill | undefined {
  if (groups.length === 0) return undefined
  const conversations = groups.map(({ key }) => combineAll(...ends.map((field, at) => filterForCell(field, key[at]))))
  const reported = [filterForCell('reporter', 'src'), filterForCell('action', 'allow')]
  return pill(printKql(combineAll(...reported, combineAny(...conversations))), true)
}

export interface Hiding {
  readonly pill: Pill | undefined
  /** Some conversations are not covered. */
  readonly truncated: boolean
}

export async function askHiding(scope: Scope, signal?: AbortSignal): Promise<Hiding> {
  const select = {
    by: ends.map((field) => ({ field })),
    measures: { rows: { rows: true as const } },
    sort: { measure: 'rows', descending: true },
    limit: conversationsAtMost,
  }
  const denied = { ...scope, query: 'reporter: dst and action: deny' }
  const { groups, truncated } = await askGroups('flows', denied, 'every', select, signal)
  return { pill: hidingPill(groups), truncated }
}
