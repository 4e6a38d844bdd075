// The filters made by clicking. Each can be negated, switched off, pinned, edited and removed; the bar is not there while
// there are none.
import { Menu, Popover } from '@mantine/core'
import { useState } from 'react'
import { Button } from '../ui/Button.tsx'
import { Icon } from '../ui/Icon.tsx'
import { useAsOf, useZone } from '../view/as-of.tsx'
import { toggleNegated, toggleOff, togglePinned, type Pill } from '../view/pill.ts'
import { useView } from '../view/use-view.ts'
import { queryProblem } from './kql.ts'
import { LazyQueryEditor } from './LazyQueryEditor.tsx'
import { useLanguageContext } from './use-language-context.ts'
import { useLogType } from './use-log-type.ts'
import css from './PillBar.module.css'

export function PillBar() {
  const { view, changeView } = useView()
  if (view.pills.length === 0) return null
  const replace = (at: number, by: readonly Pill[]) =>
    changeView(({ pills }) => ({ pills: pills.toSpliced(at, 1, ...by) }))
  const unpinned = view.pills.filter(({ pinned }) => !pinned).length
  return (
    <section className={css.pills} aria-label="Filters">
      {view.pills.map((pill, at) => (
        <PillView
          key={pill.kql}
          pill={pill}
          onChange={(changed) => replace(at, [changed])}
          onRemove={() => replace(at, [])}
        />
      ))}
      {unpinned > 1 && (
        <Button
          small
          look="quiet"
          className={css.clear}
          onClick={() => changeView(({ pills }) => ({ pills: pills.filter(({ pinned }) => pinned) }))}
        >
          Clear all
        </Button>
      )}
    </section>
  )
}

interface PillProps {
  readonly pill: Pill
  readonly onChange: (pill: Pill) => void
  readonly onRemove: () => void
}

function PillView({ pill, onChange, onRemove }: PillProps) {
  const [editing, setEditing] = useState(false)
  const looks = [css.pill, pill.pinned && css.pinned, pill.off && css.off].filter(Boolean).join(' ')
  return (
    <Popover opened={editing} onChange={setEditing} position="bottom-start" withRoles={false} trapFocus returnFocus>
      <Popover.Target>
        <span className={looks}>
          <Menu position="bottom-start">
            <Menu.Target>
              <button type="button" className={css.text} title={`Filter ${describe(pill)}`}>
                {pill.pinned && <Icon name="pin" size={12} />}
                {pill.negated && <span className={css.not}>not</span>}
                <Clause kql={pill.kql} />
                {pill.off && <span className={css.state}>off</span>}
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<Icon name="negate" />} onClick={() => onChange(toggleNegated(pill))}>
                {pill.negated ? 'Keep these instead' : 'Leave these out instead'}
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="off" />} onClick={() => onChange(toggleOff(pill))}>
                {pill.off ? 'Switch on' : 'Switch off'}
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="pin" />} onClick={() => onChange(togglePinned(pill))}>
                {pill.pinned ? 'Unpin' : 'Pin: stays when all are cleared'}
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="edit" />} onClick={() => setEditing(true)}>
                Edit
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="close" />} onClick={onRemove}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <button
            type="button"
            className={css.remove}
            aria-label={`Remove filter ${describe(pill)}`}
            onClick={onRemove}
          >
            <Icon name="close" size={10} />
          </button>
        </span>
      </Popover.Target>
      <Popover.Dropdown className={css.editor ?? ''} role="dialog" aria-label="Edit the filter">
        <PillEditor
          pill={pill}
          onDone={(kql) => {
            setEditing(false)
            onChange({ ...pill, kql })
          }}
          onCancel={() => setEditing(false)}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

const describe = ({ kql, negated, off }: Pill): string => `${negated ? 'not ' : ''}${kql}${off ? ', off' : ''}`

/** A clause with its field in colour, as far as it begins with one. */
function Clause({ kql }: { readonly kql: string }) {
  const match = /^([\w.*]+)(\s*(?::|<=?|>=?)[^]*)$/.exec(kql)
  return (
    <span className={css.clause}>
      {match ? (
        <>
          <span className={css.field}>{match[1]}</span>
          {match[2]}
        </>
      ) : (
        kql
      )}
    </span>
  )
}

interface EditorProps {
  readonly pill: Pill
  readonly onDone: (kql: string) => void
  readonly onCancel: () => void
}

function PillEditor({ pill, onDone, onCancel }: EditorProps) {
  const [text, setText] = useState(pill.kql)
  const context = useLanguageContext()
  const logType = useLogType()
  const zone = useZone()
  const { now } = useAsOf()
  const problem = queryProblem(logType, text, [], zone, now)
  const usable = text.trim() !== '' && !problem
  return (
    <>
      <div className={css.input}>
        <LazyQueryEditor
          value={pill.kql}
          label="Clause of the filter, in KQL"
          hint="field: value"
          context={context}
          autoFocus
          onChange={setText}
          onRun={(text) => usable && onDone(text)}
          onEscape={onCancel}
        />
      </div>
      {problem && (
        <p className={css.wrong} role="alert">
          {problem.message}. {problem.hint}
        </p>
      )}
      <div className={css.actions}>
        <Button look="primary" small disabled={!usable} onClick={() => onDone(text)}>
          Apply
        </Button>
        <Button small onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </>
  )
}
