// What is kept: rows, disk, and from when to when.
import type { Health } from '@margay/wire'
import { formatBytes, formatCount, formatDuration } from '../../format/number.ts'
import { formatTime } from '../../format/time.ts'
import css from './Collection.module.css'

type Table = Health['tables'][number]

export function TablesTable({ health, zone }: { readonly health: Health; readonly zone: string }) {
  return (
    <section className={css.card} aria-label="Tables">
      <h2>Kept</h2>
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">Log</th>
              <th scope="col" className={css.num}>
                Rows
              </th>
              <th scope="col" className={css.num}>
                On disk
              </th>
              <th scope="col" className={css.num}>
                A row
              </th>
              <th scope="col" className={css.num}>
                Oldest
              </th>
              <th scope="col" className={css.num}>
                Newest
              </th>
              <th scope="col" className={css.num}>
                Range
              </th>
            </tr>
          </thead>
          <tbody>
            {health.tables.map((table) => (
              <TableRow key={table.logType} table={table} zone={zone} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function TableRow({ table, zone }: { readonly table: Table; readonly zone: string }) {
  const { logType, rows, bytes, oldest, newest } = table
  const time = (seconds: number | undefined) => (seconds === undefined ? '–' : formatTime(seconds, zone))
  return (
    <tr>
      <td>
        <b>{logType}</b>
      </td>
      <td className={css.num} data-label="rows">
        {formatCount(rows)}
      </td>
      <td className={css.num} data-label="on disk" title={`${formatCount(bytes)} bytes`}>
        {formatBytes(bytes)}
      </td>
      <td className={css.num} data-label="a row">
        {rows === 0 ? '–' : formatBytes(bytes / rows)}
      </td>
      <td className={css.num} data-label="oldest">
        {time(oldest)}
      </td>
      <td className={css.num} data-label="newest">
        {time(newest)}
      </td>
      <td className={css.num} data-label="range">
        {oldest === undefined || newest === undefined ? '–' : formatDuration(newest - oldest)}
      </td>
    </tr>
  )
}
