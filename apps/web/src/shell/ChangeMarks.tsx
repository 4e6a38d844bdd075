// Changes on the ribbon: numbered marks over the bars, filled, or dashed where an agent was away. A mark opens the list of all
// changes of the time, under the same numbers.
import { Popover } from '@mantine/core'
import type { Change } from '@margay/wire'
import { useState } from 'react'
import { formatCount, plural } from '../format/number.ts'
import { formatClock, formatWithin } from '../format/time.ts'
import { useZone } from '../view/as-of.tsx'
import type { FixedRange } from '../view/moment.ts'
import { useView } from '../view/use-view.ts'
import { isAway, marksOf, numbersOf, type ChangeMark } from './change-marks.ts'
import { usePhone } from './SidePanel.tsx'
import { useChanges } from './use-changes.ts'
import css from './Changes.module.css'

/** Room that a mark takes, as a share of the ribbon's width. */
const apart = { desk: 0.024, phone: 0.075 }

export function ChangeMarks({ range }: { readonly range: FixedRange }) {
  const { changes, total } = useChanges()
  const phone = usePhone()
  const [opened, setOpened] = useState<ChangeMark>()
  const marks = marksOf(changes, range, phone ? apart.phone : apart.desk)
  const zone = useZone()
  if (marks.length === 0) return null
  return (
    <div className={css.marks}>
      {changes
        .filter((change) => change.until !== undefined)
        .map((change) => (
          <Lasting key={change.number} change={change} range={range} />
        ))}
      {marks.map((mark) => (
        <Popover
          key={mark.at}
          opened={opened?.at === mark.at}
          onChange={(isOpen) => !isOpen && setOpened(undefined)}
          position="bottom"
          width={360}
          trapFocus
          returnFocus
        >
          <Popover.Target>
            <button
              type="button"
              className={css.mark}
              data-away={mark.changes.every(isAway) || undefined}
              style={{ left: `${mark.at * 100}%` }}
              aria-label={`${mark.changes.length > 1 ? 'Changes' : 'Change'} ${numbersOf(mark)}: ${wordsOf(mark, zone)}`}
              title={wordsOf(mark, zone)}
              onClick={() => setOpened(mark)}
            >
              <span>{numbersOf(mark)}</span>
            </button>
          </Popover.Target>
          <Popover.Dropdown className={css.panel ?? ''}>
            <ChangeList changes={changes} total={total} marked={mark} range={range} />
          </Popover.Dropdown>
        </Popover>
      ))}
    </div>
  )
}

const wordsOf = ({ changes }: ChangeMark, zone: string): string =>
  changes.map(({ phrase, time }) => `${phrase}, ${formatClock(time, zone).slice(0, 5)}`).join('; ')

/** From when to when it lasted. */
function Lasting({ change: { time, until = time }, range: { from, to } }: { change: Change; range: FixedRange }) {
  const share = (moment: number) => Math.min(1, Math.max(0, (moment - from) / (to - from)))
  const [left, right] = [share(time), share(until)]
  return <i className={css.lasting} style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }} />
}

interface ListProps {
  readonly changes: readonly Change[]
  readonly total: number
  readonly marked: ChangeMark
  readonly range: FixedRange
}

function ChangeList({ changes, total, marked, range }: ListProps) {
  const { changeView } = useView()
  const zone = useZone()
  const around = ({ time, until = time }: Change) => {
    const half = Math.max(300, until - time)
    changeView({ range: { from: { at: time - half }, to: { at: Math.min(until + half, range.to) } }, live: false })
  }
  return (
    <>
      <h2>{plural(total, 'change')} in this time</h2>
      {total > changes.length && <p className="faint">The newest {formatCount(changes.length)} are told.</p>}
      <ol className={css.list}>
        {changes.map((change) => (
          <li key={change.number} aria-current={marked.changes.includes(change) || undefined}>
            <b className={css.number} data-away={isAway(change) || undefined}>
              {change.number}
            </b>
            <div>
              <p>{change.phrase}</p>
              {change.details
                .filter((detail) => !change.phrase.includes(detail))
                .map((detail) => (
                  <p key={detail} className="faint">
                    {detail}
                  </p>
                ))}
              <p className="faint">
                {formatWithin(change.time, range.to - range.from, zone)}
                {change.until !== undefined && ` to ${formatWithin(change.until, range.to - range.from, zone)}`}
                {change.who && `, ${change.who}`}
                {' · '}
                <button type="button" className={css.link} onClick={() => around(change)}>
                  Before and after
                </button>
              </p>
            </div>
          </li>
        ))}
      </ol>
    </>
  )
}
