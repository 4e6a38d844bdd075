// The fields of a log at the left of the table: found by name or documentation, shown as columns with one click, and each
// opens to its commonest values.
import type { LogType } from '@margay/model'
import { useMemo, useState } from 'react'
import type { Scope } from '../../api/question.ts'
import { Icon } from '../../ui/Icon.tsx'
import type { Pill } from '../../view/pill.ts'
import { fieldGroups, kindSign, searchFields, type FieldGroup } from './field-groups.ts'
import { FieldValues } from './FieldValues.tsx'
import css from './Fields.module.css'

interface Props {
  readonly type: LogType
  readonly scope: Scope
  readonly enabled: boolean
  readonly columns: readonly string[]
  readonly onToggleColumn: (name: string) => void
  readonly onFilter: (pill: Pill) => void
}

export function FieldList(props: Props) {
  const { type } = props
  const [text, setText] = useState('')
  const groups = useMemo(() => fieldGroups(type), [type])
  const shown = searchFields(type, groups, text)
  return (
    <>
      <label className={css.find}>
        <Icon name="explore" />
        <input
          value={text}
          placeholder={`Search ${Object.keys(type.fields).length} fields`}
          aria-label="Search fields"
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <div className={css.scroll}>
        {shown.map((group, at) => (
          <Group
            key={`${type.name} ${group.title} ${text !== '' ? 'found' : ''}`}
            group={group}
            startsOpen={at === 0 || text !== ''}
            {...props}
          />
        ))}
        {shown.length === 0 && <p className={css.none}>No field has “{text}” in its name or documentation.</p>}
      </div>
    </>
  )
}

function Group({ group, startsOpen, ...props }: Props & { readonly group: FieldGroup; readonly startsOpen: boolean }) {
  const [open, setOpen] = useState(startsOpen)
  const isOpen = open
  return (
    <section>
      <button type="button" className={css.group} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name="caret" size={10} />
        {group.title}
        <span>{group.fields.length}</span>
      </button>
      {isOpen && group.fields.map((name) => <FieldItem key={name} name={name} {...props} />)}
    </section>
  )
}

function FieldItem({ name, ...props }: Props & { readonly name: string }) {
  const { type, columns, onToggleColumn } = props
  const [open, setOpen] = useState(false)
  const field = type.fields[name]!
  const isColumn = columns.includes(name)
  return (
    <>
      <div className={css.field} data-open={open}>
        <button
          type="button"
          className={css.name}
          aria-expanded={open}
          title={field.doc}
          onClick={() => setOpen(!open)}
        >
          <i aria-hidden="true">{kindSign[field.kind]}</i>
          <span>{name}</span>
        </button>
        <button
          type="button"
          className={css.column}
          aria-pressed={isColumn}
          aria-label={`${name} as a column`}
          title={isColumn ? 'Take the column away' : 'Show as a column'}
          onClick={() => onToggleColumn(name)}
        >
          <Icon name={isColumn ? 'check' : 'plus'} size={12} />
        </button>
      </div>
      {open && <FieldValues name={name} {...props} />}
    </>
  )
}
