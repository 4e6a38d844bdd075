// The parts of the server that a record passes on its way to the store.
import type { Health, Part } from '@margay/wire'
import { formatBytes, formatCount, formatDuration, formatRate } from '../../format/number.ts'
import { State } from '../../ui/State.tsx'
import { sentence } from '../../format/sentence.ts'
import { Lost } from './Lost.tsx'
import css from './Collection.module.css'

interface Figure {
  readonly label: string
  /** Undefined where the part counts no such thing. */
  readonly text: (part: Part) => string | undefined
}

const all: readonly Figure[] = [
  { label: 'Rate', text: ({ ratePerSecond: rate }) => (rate === undefined ? undefined : formatRate(rate)) },
  { label: 'Queue', text: ({ queue }) => queue && queueText(queue) },
  { label: 'Behind', text: ({ lagSeconds: lag }) => (lag === undefined ? undefined : formatDuration(lag)) },
]

const queueText = ({ length, limit, unit }: NonNullable<Part['queue']>): string =>
  unit === 'bytes'
    ? `${formatBytes(length)} of ${formatBytes(limit)}`
    : `${formatCount(length)} of ${formatCount(limit)}`

export function PartsTable({ health, zone }: { readonly health: Health; readonly zone: string }) {
  const { parts, version } = health
  if (parts.length === 0) return null
  // A column that no part has anything for would be dashes from top to bottom.
  const figures = all.filter(({ text }) => parts.some((part) => text(part) !== undefined))
  return (
    <section className={css.card} aria-label="Parts of the server">
      <h2>
        Server <span>{version}</span>
      </h2>
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">State</th>
              <th scope="col">It says</th>
              {figures.map(({ label }) => (
                <th key={label} scope="col" className={css.num}>
                  {label}
                </th>
              ))}
              <th scope="col" className={css.num}>
                Lost
              </th>
              <th scope="col">Figures</th>
            </tr>
          </thead>
          <tbody>
            {parts.map((part) => (
              <PartRow key={part.name} part={part} figures={figures} zone={zone} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

interface PartRowProps {
  readonly part: Part
  readonly figures: readonly Figure[]
  readonly zone: string
}

function PartRow({ part, figures: shown, zone }: PartRowProps) {
  const { name, state, says, hint, lost, figures } = part
  return (
    <tr>
      <td>
        <b>{name}</b>
      </td>
      <td>
        <State state={state} />
      </td>
      <td>
        {sentence(says)} {state !== 'ready' && hint && sentence(hint)}
      </td>
      {shown.map(({ label, text }) => (
        <FigureCell key={label} label={label} text={text(part)} />
      ))}
      <td className={css.num} data-label="lost">
        <Lost lost={lost} zone={zone} />
      </td>
      <td className="dim">
        {Object.entries(figures)
          .map(([figure, value]) => `${figure} ${typeof value === 'number' ? formatCount(value) : value}`)
          .join(', ')}
      </td>
    </tr>
  )
}

function FigureCell({ label, text }: { readonly label: string; readonly text: string | undefined }) {
  return (
    <td className={css.num} data-label={label.toLowerCase()} data-none={text === undefined || undefined}>
      {text ?? <span title="This part counts no such thing">–</span>}
    </td>
  )
}
