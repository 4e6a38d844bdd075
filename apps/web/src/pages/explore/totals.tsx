// The foot of the table: sums over the whole search, and what they are sums of. They are of the records that count, so
// that a conversation which both ends reported is in them once; the foot says so.
import type { LogType } from '@margay/model'
import { formatCount, plural } from '../../format/number.ts'
import { formatValue } from '../../format/value.ts'
import type { Totals } from './use-totals.ts'

/** The text of each sum by field. */
export function totalTexts(
  type: LogType,
  fields: readonly string[],
  totals: Totals | undefined,
  zone: string,
): Readonly<Record<string, string>> {
  if (!totals) return {}
  const sums = fields.flatMap((name) => {
    const sum = totals.sums[name]
    return sum === undefined ? [] : [[name, formatValue(type.fields[name]!, sum, zone)] as const]
  })
  return Object.fromEntries(sums)
}

interface Props {
  readonly type: LogType
  readonly totals: Totals | undefined
  readonly records: number | undefined
  readonly live: boolean
}

/** `Total of 1,203 records that count, of 2,406: a conversation that both ends reported counts once.` */
export function TotalsLabel({ type, totals, records, live }: Props) {
  if (!totals) return <span className="faint">Adding up…</span>
  const counted = 'counts' in type.fields && records !== undefined && records !== totals.rows
  const about = counted
    ? `Total of the ${formatCount(totals.rows)} records that count, of ${formatCount(records)}`
    : `Total of ${plural(totals.rows, 'record')}`
  const why = counted
    ? "A conversation that both ends reported counts once: by its source's record, or by its destination's where the source's is not in the search."
    : undefined
  return (
    <span title={why}>
      {about}
      {live && <span className="faint">, as of a few seconds ago</span>}
    </span>
  )
}
