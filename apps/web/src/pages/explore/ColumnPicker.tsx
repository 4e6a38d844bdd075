// Which columns the table has, in which order, with what each field means.
import { Popover } from '@mantine/core'
import type { LogType } from '@margay/model'
import { useState } from 'react'
import { plural } from '../../format/number.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import css from './ColumnPicker.module.css'

interface Props {
  readonly type: LogType
  readonly columns: readonly string[]
  readonly onChange: (columns: readonly string[]) => void
}

/** Moves a name one place up or down. */
export function moveColumn(columns: readonly string[], name: string, step: -1 | 1): readonly string[] {
  const at = columns.indexOf(name)
  const to = at + step
  return at < 0 || to < 0 || to >= columns.length ? columns : columns.toSpliced(at, 1).toSpliced(to, 0, name)
}

/** Takes a column away or adds it at the end; the last one stays, since a table without columns shows nothing. */
export function toggleColumn(columns: readonly string[], name: string): readonly string[] {
  if (!columns.includes(name)) return [...columns, name]
  return columns.length === 1 ? columns : columns.filter((column) => column !== name)
}

export function ColumnPicker({ type, columns, onChange }: Props) {
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const matches = (name: string) =>
    `${name} ${type.fields[name]!.label} ${type.fields[name]!.doc}`.toLowerCase().includes(wanted)
  const others = Object.keys(type.fields).filter((name) => !columns.includes(name) && matches(name))
  const isStart = columns.join() === type.columns.join()
  return (
    <Popover position="bottom-end" width="min(440px, calc(100vw - 16px))" trapFocus returnFocus>
      <Popover.Target>
        <Button small look="quiet" icon="columns">
          {plural(columns.length, 'column')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={css.panel ?? ''} aria-label="Columns">
        <div className={css.head}>
          <input
            value={text}
            placeholder="Search fields"
            aria-label="Search fields to show"
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {!isStart && (
            <Button small look="quiet" onClick={() => onChange(type.columns)}>
              As at first
            </Button>
          )}
        </div>
        <div className={css.scroll}>
          {columns.filter(matches).map((name) => (
            <Item key={name} {...{ type, name, columns, onChange }} />
          ))}
          {others.map((name) => (
            <Item key={name} {...{ type, name, columns, onChange }} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

function Item({ type, name, columns, onChange }: Props & { readonly name: string }) {
  const field = type.fields[name]!
  const at = columns.indexOf(name)
  return (
    <div className={css.item}>
      <label>
        <input type="checkbox" checked={at >= 0} onChange={() => onChange(toggleColumn(columns, name))} />
        <span>
          <span className="mono">{name}</span>
          {field.ours && <span className={css.ours}>Margay’s own</span>}
          <small>{field.deprecated ? `Old: ${field.deprecated}.` : field.doc}</small>
        </span>
      </label>
      {at >= 0 && (
        <span className={css.moves}>
          <IconButton
            icon="up"
            label={`${name} earlier`}
            disabled={at === 0}
            onClick={() => onChange(moveColumn(columns, name, -1))}
          />
          <IconButton
            icon="down"
            label={`${name} later`}
            disabled={at === columns.length - 1}
            onClick={() => onChange(moveColumn(columns, name, 1))}
          />
        </span>
      )}
    </div>
  )
}
