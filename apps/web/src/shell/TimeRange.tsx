// The range of time: a button that says it, and a panel with presets, two fields and the zone.
import { Popover } from '@mantine/core'
import type { Moment, TimeRange as Range } from '@margay/query'
import { useState, type FormEvent } from 'react'
import { formatClock, formatDay, formatMinute, zoneName } from '../format/time.ts'
import { Button } from '../ui/Button.tsx'
import { useKeys } from '../ui/keys.ts'
import { useAsOf, useZone } from '../view/as-of.tsx'
import { endsNow, neighbour, parseMoment, presets, printMoment, resolveRange, zoomOut } from '../view/moment.ts'
import { useView } from '../view/use-view.ts'
import { browserZone } from '../view/zone.ts'
import css from './TimeRange.module.css'

/** `Last 1 hour`, or both ends. */
export function rangeLabel(range: Range, zone: string, now: number): string {
  const preset = presets.find(({ ago }) => 'ago' in range.from && range.from.ago === ago)
  if (preset && endsNow(range)) return preset.label
  const { from, to } = resolveRange(range, now)
  const relative = (moment: Moment) => ('ago' in moment ? printMoment(moment) : undefined)
  const clock = from % 60 === 0 && to % 60 === 0 ? formatMinute : formatClock
  const start = relative(range.from) ?? `${formatDay(from, zone)} ${clock(from, zone)}`
  const sameDay = formatDay(from, zone) === formatDay(to, zone)
  const end = relative(range.to) ?? `${sameDay ? '' : `${formatDay(to, zone)} `}${clock(to, zone)}`
  return `${start} to ${end}`
}

export function TimeRange() {
  const { view, changeView } = useView()
  const { now } = useAsOf()
  const zone = useZone()
  const [opened, setOpened] = useState(false)
  const setRange = (range: Range) => {
    setOpened(false)
    changeView({ range, live: view.live && endsNow(range) })
  }
  useKeys({
    t: () => setOpened(true),
    '[': () => setRange(neighbour(view.range, -1, now)),
    ']': () => setRange(neighbour(view.range, 1, now)),
  })
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button
          icon="time"
          onClick={() => setOpened(!opened)}
          aria-label={`Time range: ${rangeLabel(view.range, zone, now)} ${zoneName(zone, now)}`}
        >
          {rangeLabel(view.range, zone, now)} <span className="faint">{zoneName(zone, now)}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={css.panel ?? ''} aria-label="Time range">
        <ul className={css.presets}>
          {presets.map(({ label, ago }) => (
            <li key={ago}>
              <button type="button" onClick={() => setRange({ from: { ago }, to: { ago: 0 } })}>
                {label}
              </button>
            </li>
          ))}
          <li>
            <button type="button" onClick={() => setRange(zoomOut(view.range, now))}>
              Twice as wide
            </button>
          </li>
        </ul>
        <Ends key={String(opened)} onApply={setRange} />
      </Popover.Dropdown>
    </Popover>
  )
}

/** The two ends as texts, relative or absolute, and the zone in which dates are meant. */
function Ends({ onApply }: { readonly onApply: (range: Range) => void }) {
  const { view, changeView } = useView()
  const { now } = useAsOf()
  const zone = useZone()
  const show = (moment: Moment) =>
    'ago' in moment ? printMoment(moment) : `${formatDay(moment.at, zone)} ${formatClock(moment.at, zone)}`
  const [from, setFrom] = useState(show(view.range.from))
  const [to, setTo] = useState(show(view.range.to))
  const ends = { from: parseMoment(from, zone), to: parseMoment(to, zone) }
  const backwards =
    ends.from && ends.to && resolveRange({ from: ends.from, to: { ago: 0 } }, now).from >= endOf(ends.to, now)
  const apply = (event: FormEvent) => {
    event.preventDefault()
    if (ends.from && ends.to && !backwards) onApply({ from: ends.from, to: ends.to })
  }
  return (
    <form className={css.ends} onSubmit={apply}>
      <End label="From" value={from} valid={ends.from !== undefined} onChange={setFrom} />
      <End label="To" value={to} valid={ends.to !== undefined} onChange={setTo} />
      {backwards && <p className={css.wrong}>From must be before To.</p>}
      <fieldset className={css.zones}>
        <legend>Zone</legend>
        {[browserZone(), 'UTC'].map((name, index) => (
          <label key={name + String(index)}>
            <input
              type="radio"
              name="zone"
              checked={index === 1 ? zone === 'UTC' && view.zone === 'UTC' : view.zone !== 'UTC'}
              onChange={() => changeView({ zone: index === 1 ? 'UTC' : undefined })}
            />
            {index === 1 ? 'UTC' : `${name} (here)`}
          </label>
        ))}
      </fieldset>
      <Button type="submit" look="primary" disabled={!ends.from || !ends.to || backwards}>
        Apply
      </Button>
    </form>
  )
}

const endOf = (to: Moment, now: number): number => ('at' in to ? to.at : now - to.ago)

interface EndProps {
  readonly label: string
  readonly value: string
  readonly valid: boolean
  readonly onChange: (text: string) => void
}

function End({ label, value, valid, onChange }: EndProps) {
  return (
    <label className={css.end}>
      {label}
      <input
        className="mono"
        value={value}
        aria-invalid={!valid}
        onChange={(event) => onChange(event.currentTarget.value)}
        spellCheck={false}
      />
      {!valid && <span className={css.wrong}>Write now-15m, 2026-11-25 13:05, or Unix seconds.</span>}
    </label>
  )
}
