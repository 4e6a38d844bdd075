// Who records: agents with their collectors, imports, other products.
import type { Health, Source } from '@margay/wire'
import { Fragment } from 'react'
import { formatCount, formatRate } from '../../format/number.ts'
import { formatSince } from '../../format/time.ts'
import { State } from '../../ui/State.tsx'
import { sentence } from '../../format/sentence.ts'
import { Lost } from './Lost.tsx'
import css from './Collection.module.css'

interface Props {
  readonly health: Health
  readonly zone: string
}

export function SourcesTable({ health, zone }: Props) {
  if (health.sources.length === 0) return null
  return (
    <section className={css.card} aria-label="Sources">
      <h2>Sources</h2>
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">State</th>
              <th scope="col">It says</th>
              <th scope="col">Absent fields</th>
              <th scope="col" className={css.num}>
                Records
              </th>
              <th scope="col" className={css.num}>
                In all
              </th>
              <th scope="col" className={css.num}>
                Lost
              </th>
              <th scope="col" className={css.num}>
                Last
              </th>
            </tr>
          </thead>
          <tbody>
            {health.sources.map((source) => (
              <Fragment key={source.id}>
                <SourceRow source={source} now={health.now} zone={zone} />
                {source.collectors.map((collector) => (
                  <CollectorRow key={collector.name} collector={collector} />
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function SourceRow({ source, now, zone }: { readonly source: Source; readonly now: number; readonly zone: string }) {
  return (
    <tr>
      <td>
        <b>{source.id}</b> {source.version && <span className="faint">{source.version}</span>}
      </td>
      <td>
        <State state={source.state} />
      </td>
      <td>{sentence(source.says)}</td>
      <td />
      <td className={css.num}>{formatRate(source.rowsPerSecond)}</td>
      <td className={css.num} data-label="in all">
        {formatCount(source.rowsTotal)}
      </td>
      <td className={css.num} data-label="lost">
        <Lost lost={source.lost} zone={zone} />
      </td>
      <td className={css.num} data-label="last">
        {source.lastSeen === undefined ? '–' : formatSince(source.lastSeen, now, zone)}
      </td>
    </tr>
  )
}

function CollectorRow({ collector }: { readonly collector: Source['collectors'][number] }) {
  return (
    <tr className={css.inside}>
      <td>{collector.title}</td>
      <td>
        <State state={collector.state} />
      </td>
      <td>{sentence(collector.says)}</td>
      <td className="mono">{collector.missingFields.join(', ')}</td>
      <td colSpan={4} />
    </tr>
  )
}
