// Changes on the ribbon: numbered marks over the bars, filled, or dashed where an agent was away. A mark opens the list of all
// changes of the time, under the same numbers. Where more changed than was read, a mark at the beginning says so.
import { Popover } from '@mantine/core'
import type { Change } from '@margay/wire'
import { useState } from 'react'
import { formatCount } from '../format/number.ts'
import { formatMinute, formatWithin } from '../format/time.ts'
import { useZone } from '../view/as-of.tsx'
import type { FixedRange } from '../view/moment.ts'
import { useView } from '../view/use-view.ts'
import { isAway, marksOf, numbersOf, totalWords, withUnread, type ChangeMark } from './change-marks.ts'
import { usePhone } from './SidePanel.tsx'
import { useChanges, type Changes } from './use-changes.ts'
import css from './Changes.module.css'

/** Room that a mark takes, as a share of the ribbon's width. */
const apart = { desk: 0.024, phone: 0.075 }

export function ChangeMarks({ range }: { readonly range: FixedRange }) {
  const told = useChanges()
  const { changes, truncated } = told
  const phone = usePhone()
  const [opened, setOpened] = useState<ChangeMark>()
  const room = phone ? apart.phone : apart.desk
  const read = marksOf(changes, range, room)
  const marks = truncated ? withUnread(read, room) : read
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
              aria-label={labelOf(mark, zone)}
              title={wordsOf(mark, zone)}
              onClick={() => setOpened(mark)}
            >
              <span>{numbersOf(mark)}</span>
            </button>
          </Popover.Target>
          <Popover.Dropdown className={css.panel ?? ''}>
            <ChangeList told={told} marked={mark} range={range} />
          </Popover.Dropdown>
        </Popover>
      ))}
    </div>
  )
}

const wordsOf = ({ changes }: ChangeMark, zone: string): string =>
  changes.length === 0
    ? 'Not all changes are told'
    : changes.map(({ phrase, time }) => `${phrase}, ${formatMinute(time, zone)}`).join('; ')

function labelOf(mark: ChangeMark, zone: string): string {
  const words = wordsOf(mark, zone)
  if (mark.changes.length === 0) return words
  return `${mark.changes.length > 1 ? 'Changes' : 'Change'} ${numbersOf(mark)}: ${words}`
}

/** From when to when it lasted. */
function Lasting({ change: { time, until = time }, range: { from, to } }: { change: Change; range: FixedRange }) {
  const share = (moment: number) => Math.min(1, Math.max(0, (moment - from) / (to - from)))
  const [left, right] = [share(time), share(until)]
  return <i className={css.lasting} style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }} />
}

interface ListProps {
  readonly told: Changes
  readonly marked: ChangeMark
  readonly range: FixedRange
}

function ChangeList({ told: { changes, total, truncated, unknown }, marked, range }: ListProps) {
  const { changeView } = useView()
  const zone = useZone()
  const around = ({ time, until = time }: Change) => {
    const half = Math.max(300, until - time)
    changeView({ range: { from: { at: time - half }, to: { at: Math.min(until + half, range.to) } }, live: false })
  }
  return (
    <>
      <h2 className={css.title}>{totalWords(total, truncated)} in this time</h2>
      {total > changes.length && <p className="faint">The newest {formatCount(changes.length)} are told.</p>}
      {unknown.map(({ what, why, hint }) => (
        <p key={what} className="faint">
          Not known: {what}: {why}
          {hint !== undefined && `; ${hint}`}.
        </p>
      ))}
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
