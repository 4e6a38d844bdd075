// The parts of the server that a record passes on its way to the store.
import type { Health, Part } from '@margay/wire'
import { formatBytes, formatCount, formatDuration, formatRate } from '../../format/number.ts'
import { State } from '../../ui/State.tsx'
import { sentence } from './findings.ts'
import { Lost } from './Lost.tsx'
import css from './Collection.module.css'

export function PartsTable({ health, zone }: { readonly health: Health; readonly zone: string }) {
  if (health.parts.length === 0) return null
  return (
    <section className={css.card} aria-label="Parts of the server">
      <h2>
        Server <span>{health.version}</span>
      </h2>
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">State</th>
              <th scope="col">It says</th>
              <th scope="col" className={css.num}>
                Rate
              </th>
              <th scope="col" className={css.num}>
                Queue
              </th>
              <th scope="col" className={css.num}>
                Behind
              </th>
              <th scope="col" className={css.num}>
                Lost
              </th>
              <th scope="col">Figures</th>
            </tr>
          </thead>
          <tbody>
            {health.parts.map((part) => (
              <PartRow key={part.name} part={part} zone={zone} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

const unknown = '–'

const queueText = ({ length, limit, unit }: NonNullable<Part['queue']>): string =>
  unit === 'bytes'
    ? `${formatBytes(length)} of ${formatBytes(limit)}`
    : `${formatCount(length)} of ${formatCount(limit)}`

function PartRow({ part, zone }: { readonly part: Part; readonly zone: string }) {
  const { name, state, says, hint, ratePerSecond, queue, lagSeconds, lost, figures } = part
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
      <td className={css.num} data-label="rate">
        {ratePerSecond === undefined ? unknown : formatRate(ratePerSecond)}
      </td>
      <td className={css.num} data-label="queue">
        {queue ? queueText(queue) : unknown}
      </td>
      <td className={css.num} data-label="behind">
        {lagSeconds === undefined ? unknown : formatDuration(lagSeconds)}
      </td>
      <td className={css.num} data-label="lost">
        <Lost lost={lost} zone={zone} />
      </td>
      <td className="dim">
        {Object.entries(figures)
          .map(([label, value]) => `${label} ${typeof value === 'number' ? formatCount(value) : value}`)
          .join(', ')}
      </td>
    </tr>
  )
}
