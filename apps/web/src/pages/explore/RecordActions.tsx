// What can be done with a record: see its two ends in the graph, hand on the address of this view.
import { Link } from '@tanstack/react-router'
import type { LogType, Row } from '@margay/model'
import { combineAll, filterForCell, printKql } from '@margay/query'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { addPill, pill } from '../../view/pill.ts'
import { useView } from '../../view/use-view.ts'
import { writeView } from '../../view/view.ts'
import css from '../../record/Record.module.css'

/** The fields that name the two ends of a flow. */
const ends = ['source_namespace', 'source_name_aggr', 'dest_namespace', 'dest_name_aggr'] as const

export function RecordActions({ type, row }: { readonly type: LogType; readonly row: Row }) {
  const { view } = useView()
  const hasEnds = ends.every((name) => Object.hasOwn(type.fields, name))
  const between = pill(printKql(combineAll(...ends.map((name) => filterForCell(name, row[name])))))
  return (
    <div className={css.actions} style={{ marginTop: 16 }}>
      {hasEnds && (
        <Link
          to="/graph"
          search={writeView({ ...view, pills: addPill(view.pills, between), selection: undefined })}
          className={buttonClass({ small: true })}
        >
          Show in graph
        </Link>
      )}
      <Button small icon="link" onClick={() => void navigator.clipboard.writeText(location.href)}>
        Copy link
      </Button>
    </div>
  )
}
