// The record that is selected. It is among the rows that are shown, or it is asked for by its time and found by its
// content: so an address with a selection works in another browser, and after newer rows have pushed the record away.
import type { LogType, Row } from '@margay/model'
import { useQuery } from '@tanstack/react-query'
import { askRows, type Scope } from '../../api/question.ts'
import { asProblem } from '../../api/problem.ts'
import { contentOfId, rowId, timeOfId } from '../../log-table/row-id.ts'
import { Record } from '../../record/Record.tsx'
import { Empty, Failed } from '../../ui/Message.tsx'
import type { Pill } from '../../view/pill.ts'
import { RecordActions } from './RecordActions.tsx'

interface Props {
  readonly type: LogType
  readonly id: string
  /** The row, where it is among those that are shown. */
  readonly row: Row | undefined
  readonly scope: Scope
  readonly onFilter: (pill: Pill) => void
}

/** Rows of one second that are searched for the record. */
const searched = 10_000

async function findRow(type: LogType, id: string, scope: Scope, signal: AbortSignal): Promise<Row | null> {
  const time = timeOfId(id)
  if (!Number.isInteger(time)) return null
  const second = { ...scope, from: time, to: time + 1, query: '' }
  const { rows } = await askRows(
    type,
    second,
    { sort: { field: type.time, descending: true }, limit: searched },
    signal,
  )
  return rows.find((row) => rowId(row, type.time) === contentOfId(id)) ?? null
}

export function RecordPanel({ type, id, row, scope, onFilter }: Props) {
  const { data, error, isPending } = useQuery({
    queryKey: ['row', type.name, id],
    queryFn: ({ signal }) => findRow(type, id, scope, signal),
    enabled: row === undefined,
  })
  const found = row ?? data
  if (found)
    return (
      <>
        <Record key={id} type={type} row={found} zone={scope.zone} onFilter={onFilter} />
        <RecordActions type={type} row={found} />
      </>
    )
  if (error) return <Failed failure={asProblem(error)} />
  if (isPending) return <p className="dim">Looking for the record…</p>
  return (
    <Empty title="This record is not there any more">
      <p>It is older than what is kept, or it was a provisional one. Choose another in the table.</p>
    </Empty>
  )
}
