// The tools over the graph: its twins, the path to what is selected, layers, search, level and width.
import {
  edgeMeasures,
  pathTo,
  search,
  viewLevels,
  type Conversations,
  type EdgeMeasure,
  type Picture,
  type ViewLevel,
} from '@margay/graph'
import { useId, useState } from 'react'
import { formatCount } from '../../format/number.ts'
import { Icon } from '../../ui/Icon.tsx'
import { Button } from '../../ui/Button.tsx'
import { plainName } from './labels.ts'
import { twins, type GraphView, type Twin } from './graph-address.ts'
import type { ChangeGraphView } from './use-graph-view.ts'
import css from './Graph.module.css'

interface Props {
  readonly conversations: Conversations | undefined
  readonly picture: Picture | undefined
  readonly graphView: GraphView
  readonly twin: Twin
  readonly subject: string | undefined
  readonly changeGraphView: ChangeGraphView
  readonly onSelect: (id: string | undefined) => void
  /** Shows a vertex that may be inside closed boxes. */
  readonly onFind: (id: string, within: readonly string[]) => void
}

const twinWords: { readonly [T in Twin]: string } = { graph: 'Graph', matrix: 'Matrix', list: 'List' }

export function Toolbar(props: Props) {
  const { graphView, changeGraphView, twin } = props
  return (
    <div className={css.tools}>
      <div className={css.group} role="group" aria-label="Shown as">
        {twins.map((each) => (
          <Button
            key={each}
            small
            look="quiet"
            aria-pressed={each === twin}
            onClick={() => changeGraphView(() => ({ twin: each }))}
          >
            {twinWords[each]}
          </Button>
        ))}
      </div>
      <Path {...props} />
      <Infrastructure {...props} />
      <Choice
        label="Open"
        value={graphView.view.level}
        options={viewLevels.map((level) => [level, levelWords[level]] as const)}
        onChange={(level) =>
          changeGraphView(({ view }) => ({ view: { ...view, level, opened: new Set(), closed: new Set() } }))
        }
      />
      <Choice
        label="Outside"
        value={graphView.view.domains ? 'names' : 'networks'}
        options={outsideWords}
        onChange={(outside) => changeGraphView(({ view }) => ({ view: { ...view, domains: outside === 'names' } }))}
      />
      <Choice
        label="Width"
        value={graphView.measure}
        options={edgeMeasures.map((measure) => [measure, measureWords[measure]] as const)}
        onChange={(measure) => changeGraphView(() => ({ measure }))}
      />
      <Search {...props} />
    </div>
  )
}

const levelWords: { readonly [L in ViewLevel]: string } = {
  auto: 'by size',
  namespace: 'namespaces',
  service: 'services',
  workload: 'workloads',
  pod: 'pods',
}

const outsideWords = [
  ['networks', 'networks'],
  ['names', 'domain names'],
] as const

export const measureWords: { readonly [M in EdgeMeasure]: string } = {
  bytes: 'bytes/s',
  packets: 'packets/s',
  connections: 'connections/s',
}

interface ChoiceProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: readonly (readonly [T, string])[]
  readonly onChange: (value: T) => void
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <label className={css.choice}>
      {label}
      <select aria-label={label} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as T)}>
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Namespaces / shop / checkout: every part selects, the first one shows everything as it was at first. */
function Path({ conversations, subject, changeGraphView, onSelect }: Props) {
  const path = conversations && subject !== undefined ? pathTo(conversations, subject) : []
  const reset = () => {
    const asAtFirst = { opened: new Set<string>(), closed: new Set<string>() }
    changeGraphView(({ view }) => ({ view: { ...view, ...asAtFirst } }), { selection: undefined })
  }
  return (
    <nav className={css.path} aria-label="Path">
      <button type="button" onClick={reset} title="Everything, opened as at first">
        Everything
      </button>
      {path.map((id) => (
        <span key={id}>
          /{' '}
          <button type="button" aria-current={id === subject} onClick={() => onSelect(id)}>
            {plainName(id)}
          </button>
        </span>
      ))}
    </nav>
  )
}

function Infrastructure({ picture, graphView, changeGraphView }: Props) {
  const { infrastructure } = graphView.view
  const hidden = picture?.hidden
  if (!infrastructure && (hidden?.namespaces ?? 0) === 0) return null
  const toggle = () => changeGraphView(({ view }) => ({ view: { ...view, infrastructure: !infrastructure } }))
  const connections = hidden ? formatCount(hidden.tally.total.connections) : ''
  return (
    <button
      type="button"
      className={css.layer}
      aria-pressed={!infrastructure}
      onClick={toggle}
      title={
        infrastructure
          ? 'Hide the namespaces of the platform'
          : `Namespaces of the platform and their ${connections} connections are not drawn; those where something is denied are`
      }
    >
      {infrastructure ? 'Infrastructure shown' : `Infrastructure hidden (${formatCount(hidden!.namespaces)})`}
      {!infrastructure && <Icon name="close" size={9} />}
    </button>
  )
}

function Search({ conversations, onFind }: Props) {
  const list = useId()
  const [text, setText] = useState('')
  const found = conversations ? search(conversations.hierarchy, text) : []
  const titleOf = ({ label, within }: (typeof found)[number]) => [...within.slice(1).map(plainName), label].join(' / ')
  const choose = (value: string) => {
    setText(value)
    const chosen = found.find((each) => titleOf(each) === value)
    if (chosen) onFind(chosen.id, chosen.within)
  }
  const first = () => {
    const [best] = found
    if (best) onFind(best.id, best.within)
  }
  return (
    <div className={css.search}>
      <Icon name="explore" size={12} />
      <input
        type="search"
        list={list}
        value={text}
        placeholder="Find"
        aria-label="Find a vertex by name"
        onChange={({ currentTarget }) => choose(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') first()
        }}
      />
      <datalist id={list}>
        {found.map((each) => (
          <option key={each.id} value={titleOf(each)} />
        ))}
      </datalist>
    </div>
  )
}
