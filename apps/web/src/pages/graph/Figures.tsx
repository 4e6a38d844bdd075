// The figures of an edge or vertex over the range: connections, packets, bytes each way, and the times that each end
// measured. Amounts are those of the picture; what was not measured is a dash with the reason, not a zero.
import type { Tally } from '@margay/graph'
import type { Scope } from '../../api/question.ts'
import { formatBytes, formatCount, formatDuration, formatShare } from '../../format/number.ts'
import { exactness, tallyLines } from '../../graph/words.ts'
import { useTiming, type Timing } from './use-subject-details.ts'
import css from './Panel.module.css'

interface Props {
  readonly tally: Tally
  readonly title: string
}

export function Figures({ tally, title }: Props) {
  const lines = tallyLines(tally)
  return (
    <section>
      <h2>{title}</h2>
      <table className={css.amounts}>
        <thead>
          <tr>
            <td />
            <th scope="col">Conn.</th>
            <th scope="col">Packets</th>
            <th scope="col">Sent</th>
            <th scope="col">Received</th>
          </tr>
        </thead>
        <tbody>
          {lines.length > 1 && <AmountRow label="Total" tally={tally} amounts={tally.total} />}
          {lines.map(({ label, amounts }) => (
            <AmountRow key={label} label={label} tally={tally} amounts={amounts} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Counts from here on are shortened to fit a panel; the tooltip has every digit. */
const long = 100_000
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })
const shorten = (value: number) => compact.format(value).replace(/[A-Z]/, (unit) => ` ${unit === 'K' ? 'k' : unit}`)

function Count({ value }: { readonly value: number }) {
  return <span title={formatCount(value)}>{value < long ? formatCount(value) : shorten(value)}</span>
}

const shortLabels: Readonly<Record<string, string>> = {
  'Denied at source': '✕ source',
  'Denied at destination': '✕ destination',
}

function AmountRow({ label, tally, amounts }: { label: string; tally: Tally; amounts: Tally['total'] }) {
  return (
    <tr data-verdict={label}>
      <th scope="row">{shortLabels[label] ?? label}</th>
      <td>
        {exactness(tally)}
        <Count value={amounts.connections} />
      </td>
      <td>
        <Count value={amounts.packets} />
      </td>
      <td title={`${formatCount(amounts.sent)} bytes`}>{formatBytes(amounts.sent)}</td>
      <td title={`${formatCount(amounts.received)} bytes`}>{formatBytes(amounts.received)}</td>
    </tr>
  )
}

const units = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

/** `1 hour`, `15 minutes`: how long the range is. */
export function rangeTitle({ from, to }: Scope): string {
  const seconds = to - from
  const [size, unit] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? units[3]
  const count = seconds / size
  return `In ${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`
}

const sides: Readonly<Record<string, string>> = { src: 'Source', dst: 'Destination', fwd: 'On the way' }

/** Round trips and retransmits as each side measured them. */
export function Times({ scope }: { readonly scope: Scope }) {
  const { data = [] } = useTiming(scope)
  if (data.length === 0) return null
  return (
    <section>
      <h2>Round trip and retransmits</h2>
      <dl className={css.figures}>
        {data.map((timing) => (
          <Side key={timing.reporter} timing={timing} />
        ))}
      </dl>
    </section>
  )
}

function Side({ timing }: { readonly timing: Timing }) {
  const { reporter, meanRtt, maxRtt, retransmits, packets } = timing
  return (
    <div>
      <dt>{sides[reporter] ?? reporter}</dt>
      <dd>
        {isMeasured(meanRtt) ? (
          `${micros(meanRtt)}, max ${micros(maxRtt)}`
        ) : (
          <span title="No TCP time was measured">–</span>
        )}
        {' · '}
        <span title={`${formatCount(retransmits)} of ${formatCount(packets)} packets were sent again`}>
          {packets > 0 ? formatShare(retransmits / packets) : '–'}
        </span>
      </dd>
    </div>
  )
}

const isMeasured = (value: unknown): value is number | bigint =>
  (typeof value === 'number' || typeof value === 'bigint') && Number(value) > 0

const micros = (value: unknown) => (isMeasured(value) ? formatDuration(value, 'us') : '–')
