// One line above the table: what it shows, how new that is, and what can be switched.
import { printJsonExact, writeRow, type Row } from '@margay/model'
import type { Scope } from '../../api/question.ts'
import type { StreamState } from '../../api/tail.ts'
import { formatCount, formatDuration, plural } from '../../format/number.ts'
import { Button } from '../../ui/Button.tsx'
import { useKeys } from '../../ui/keys.ts'
import type { Pill } from '../../view/pill.ts'
import { ColumnPicker } from './ColumnPicker.tsx'
import type { ExploreView } from './explore-view.ts'
import { HideDenied, isAboutAnswers } from './HideDenied.tsx'
import type { LiveRows } from './live-rows.ts'
import css from './Explore.module.css'

interface Props {
  readonly explore: ExploreView
  readonly scope: Scope
  readonly loaded: number
  readonly count: number | undefined
  /** The query cannot be asked. */
  readonly wrong: boolean
  /** Set in live mode. */
  readonly live: LiveRows | undefined
  /** Live mode is on and the order of the table does not allow it. */
  readonly liveOff: boolean
  readonly stream: StreamState | undefined
  readonly marked: readonly Row[]
  readonly onPause: () => void
  readonly onFields: () => void
  readonly onColumns: (columns: readonly string[]) => void
  readonly onFilter: (pill: Pill) => void
}

export function StateLine(props: Props) {
  const { explore, scope, live, liveOff, marked, onPause, onFields, onColumns, onFilter } = props
  useKeys({ ' ': () => (live ? onPause() : false) })
  return (
    <div className={css.state}>
      <Button small className={css.onPhone} icon="fields" onClick={onFields}>
        Fields
      </Button>
      <span>
        <Shown {...props} />
      </span>
      {live && (
        <Button small look="quiet" icon={live.paused ? 'play' : 'pause'} onClick={onPause}>
          {live.paused
            ? `Resume${live.waiting.length > 0 ? ` (${formatCount(live.waiting.length)} new)` : ''}`
            : 'Pause'}
        </Button>
      )}
      {scope.query !== '' && 'reporter' in explore.type.fields && isAboutAnswers(scope.query) && (
        <HideDenied scope={scope} onFilter={onFilter} />
      )}
      {liveOff && <span>Live rows need the newest first.</span>}
      {marked.length > 0 && (
        <Button small look="quiet" icon="copy" onClick={() => void copy(explore, marked)}>
          Copy {plural(marked.length, 'row')} as NDJSON
        </Button>
      )}
      <span className={css.push}>
        <ColumnPicker type={explore.type} columns={explore.columns} onChange={onColumns} />
      </span>
    </div>
  )
}

const copy = ({ type }: ExploreView, rows: readonly Row[]): Promise<void> =>
  navigator.clipboard.writeText(rows.map((row) => `${printJsonExact(writeRow(type, row))}\n`).join(''))

function Shown({ explore, loaded, count, wrong, live, stream }: Props) {
  const order =
    explore.sort.field === explore.type.time ? (explore.sort.descending ? 'newest first' : 'oldest first') : ''
  const sorted = order || `by ${explore.sort.field}, ${explore.sort.descending ? 'largest' : 'smallest'} first`
  if (live) {
    return (
      <>
        <b>{formatCount(loaded)}</b> shown, {sorted}, <StreamWords stream={stream} dropped={live.dropped} />
      </>
    )
  }
  if (wrong) return <>The query cannot be asked</>
  if (count === undefined) return <>Counting…</>
  return (
    <>
      <b>{formatCount(count)}</b> {count === 1 ? 'record' : 'records'}, {sorted}
      {loaded > 0 && loaded < count && <span className={css.onDesk}>, {formatCount(loaded)} loaded</span>}
    </>
  )
}

function StreamWords({ stream, dropped }: { readonly stream: StreamState | undefined; readonly dropped: number }) {
  if (!stream || stream.kind === 'connecting') return <>connecting</>
  if (stream.kind === 'lost') return <>the stream is cut off: trying again</>
  const left = stream.dropped + dropped
  return (
    <>
      {formatDuration(Math.round(stream.lagSeconds * 10) / 10)} old
      {left > 0 && `, ${formatCount(left)} left out (too many to show)`}
    </>
  )
}
