// Which of a conversation's two reports counts in a search. In the whole log that is said by the row. A search by something
// of which each end tells its own (its node, its process, its policies) may hold one report and leave the other out; then
// the row's word is about a record that is not there, and the reports that are there have to be asked.
import type { LogType } from '@margay/model'
import { fieldsIn } from './bind/bind.ts'
import type { BoundFilter } from './bound.ts'

/** Whether a search may hold one report of a conversation without the other: false only where no field of it could do that. */
export function maySplitReports(type: LogType, filter: BoundFilter): boolean {
  return type.conversation !== undefined && fieldsIn(filter).some((name) => type.fields[name]?.shared !== true)
}
