// One record in the side panel: in sentences with the trace and the evidence, as a table of all its fields, as JSON.
import { writeRow, type LogType, type Row } from '@margay/model'
import { useState } from 'react'
import { exactValue, formatValue } from '../format/value.ts'
import { Button } from '../ui/Button.tsx'
import type { Pill } from '../view/pill.ts'
import { presentationOf } from '../log-table/presentation.tsx'
import { InOut } from './InOut.tsx'
import { prettyJson } from './pretty-json.ts'
import { summaries } from './summaries.tsx'
import css from './Record.module.css'

interface Props {
  readonly type: LogType
  readonly row: Row
  readonly zone: string
  readonly onFilter: (pill: Pill) => void
}

const tabs = [
  ['summary', 'Summary'],
  ['fields', 'Fields'],
  ['json', 'JSON'],
] as const

type Tab = (typeof tabs)[number][0]

export function Record(props: Props) {
  const [tab, setTab] = useState<Tab>('summary')
  const Summary = summaries[props.type.name]
  const shown = tab === 'summary' && !Summary ? 'fields' : tab
  return (
    <div className={css.record}>
      <div className={css.tabs} role="tablist" aria-label="Ways to read the record">
        {tabs.map(([name, label]) => (
          <button key={name} type="button" role="tab" aria-selected={shown === name} onClick={() => setTab(name)}>
            {label}
          </button>
        ))}
      </div>
      {shown === 'summary' && Summary && <Summary {...props} />}
      {shown === 'fields' && <FieldTable {...props} />}
      {shown === 'json' && <Json {...props} />}
    </div>
  )
}

function FieldTable({ type, row, zone, onFilter }: Props) {
  const present = Object.entries(type.fields).filter(([name]) => row[name] !== undefined)
  return (
    <dl className={css.fields}>
      {present.map(([name, field]) => {
        const value = row[name]!
        const draw = presentationOf(type.name, name)
        const text = formatValue(field, value, zone)
        return (
          <div key={name} className={css.field}>
            <dt title={field.doc}>{name}</dt>
            <dd title={exactValue(field, value)}>{draw && !Array.isArray(value) ? draw(value, row) : text}</dd>
            <dd>
              <InOut field={name} value={value} onFilter={onFilter} />
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

function Json({ type, row }: Props) {
  const text = prettyJson(writeRow(type, row))
  return (
    <>
      <div>
        <Button small icon="copy" onClick={() => void navigator.clipboard.writeText(text)}>
          Copy
        </Button>
      </div>
      <pre className={css.json} tabIndex={0} aria-label="The record as JSON">
        {text}
      </pre>
    </>
  )
}
