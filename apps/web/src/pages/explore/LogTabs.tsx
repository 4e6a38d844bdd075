// The logs there are with how many records of each match, and what can be done with a search.
import { Menu } from '@mantine/core'
import { logTypes, type LogType } from '@margay/model'
import { exportAddress, type ExportFormat } from '../../api/resources.ts'
import type { Effort, Scope } from '../../api/question.ts'
import { formatCount, formatDuration } from '../../format/number.ts'
import { capital } from '../../format/sentence.ts'
import { usePhone } from '../../shell/SidePanel.tsx'
import { Button, IconButton } from '../../ui/Button.tsx'
import { useScope } from '../../view/as-of.tsx'
import type { ExploreView } from './explore-view.ts'
import { useRecordCount } from './use-totals.ts'
import css from './Explore.module.css'

interface Props {
  readonly explore: ExploreView
  readonly scope: Scope
  readonly enabled: boolean
  readonly effort: Effort | undefined
  readonly histogramShown: boolean
  readonly onHistogram: () => void
  readonly onType: (type: LogType) => void
}

export function LogTabs({ explore, scope, enabled, effort, histogramShown, onHistogram, onType }: Props) {
  const phone = usePhone()
  return (
    <div className={css.tabs}>
      <div role="tablist" aria-label="Log" style={{ display: 'flex' }}>
        {logTypes.map((type) => (
          <Tab key={type.name} type={type} selected={type === explore.type} onSelect={() => onType(type)} />
        ))}
      </div>
      <div className={css.tools}>
        {effort && !phone && <span className={css.effort}>{effortText(effort)}</span>}
        {phone ? (
          <IconButton icon="histogram" label="Histogram" aria-pressed={histogramShown} onClick={onHistogram} />
        ) : (
          <Button small look="quiet" icon="histogram" aria-pressed={histogramShown} onClick={onHistogram}>
            Histogram
          </Button>
        )}
        <Export explore={explore} scope={scope} enabled={enabled} />
      </div>
    </div>
  )
}

/** `42 ms, 8,100,000 rows read, exact`. */
export const effortText = ({ elapsedMs, rowsRead, exact }: Effort): string =>
  `${formatDuration(elapsedMs, 'ms')}, ${formatCount(rowsRead)} rows read, ${exact ? '= exact' : '≈ estimated'}`

function Tab({ type, selected, onSelect }: { type: LogType; selected: boolean; onSelect: () => void }) {
  const { scope, problem } = useScope(type.name)
  const { data } = useRecordCount(type, scope, !problem)
  return (
    <button type="button" role="tab" className={css.tab} aria-selected={selected} onClick={onSelect} title={type.doc}>
      {shortTitle(type)}
      <span title={problem && `The query does not fit this log: ${problem.message}`}>
        {problem ? '–' : data && formatCount(data.rows)}
      </span>
    </button>
  )
}

/** `flows` is `Flows` here, `dns` is `DNS`, `policy_activity` is `Policy activity`. */
const shortTitle = ({ name }: LogType): string =>
  name.length <= 3 ? name.toUpperCase() : capital(name).replaceAll('_', ' ')

function Export({ explore: { type, columns, sort }, scope, enabled }: Pick<Props, 'explore' | 'scope' | 'enabled'>) {
  const link = (format: ExportFormat) => exportAddress({ logType: type.name, scope, fields: columns, sort, format })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button small look="quiet" icon="export" disabled={!enabled}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={link('csv')} download={`margay-${type.name}.csv`}>
          CSV: the columns shown, all records
        </Menu.Item>
        <Menu.Item component="a" href={link('ndjson')} download={`margay-${type.name}.ndjson`}>
          NDJSON: every field, all records
        </Menu.Item>
        <Menu.Label>In CSV, text that a spreadsheet would run gets an apostrophe.</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  )
}
