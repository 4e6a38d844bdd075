// The panel of one record under the graph: the verdict, why, and every field that it has.
import type { LogType, Row } from '@margay/model'
import { formatValue } from '../../format/value.ts'
import { readTrace, VerdictChip } from '../../log-table/presentation.tsx'
import { Button } from '../../ui/Button.tsx'
import { Trace } from './EdgePanel.tsx'
import css from './Panel.module.css'

interface Props {
  readonly type: LogType
  readonly row: Row | undefined
  readonly zone: string
  /** Goes back to the edge or vertex that the record was found under. */
  readonly onBack: (() => void) | undefined
}

export function RecordPanel({ type, row, zone, onBack }: Props) {
  if (!row) {
    return (
      <div className={css.panel}>
        <p>The record is not among the newest ones that are loaded. Explore finds it by its time.</p>
      </div>
    )
  }
  const present = Object.entries(row).filter(([name, value]) => value !== undefined && type.fields[name])
  return (
    <div className={css.panel}>
      {onBack && (
        <Button small look="quiet" icon="back" onClick={onBack}>
          Back to the selection
        </Button>
      )}
      {type.name === 'flows' && (
        <>
          <div className={css.chips}>
            <VerdictChip row={row} />
          </div>
          <Traces row={row} />
        </>
      )}
      <dl className={css.fields}>
        {present.map(([name, value]) => (
          <div key={name}>
            <dt title={type.fields[name]!.doc}>{name}</dt>
            <dd className="mono">{formatValue(type.fields[name]!, value!, zone)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

const traces = [
  ['policies.enforced_policies', 'Enforced'],
  ['policies.pending_policies', 'Pending'],
] as const

function Traces({ row }: { readonly row: Row }) {
  return traces.map(([field, title]) => {
    const trace = readTrace(row[field])
    if (trace.length === 0) return null
    return (
      <section key={field}>
        <h3>{title} policies, in order</h3>
        <Trace trace={trace} />
      </section>
    )
  })
}
