// The graph as a list: every edge a row, denied ones first, then by volume. On a phone it is what opens.
import { ratePerSecond, type EdgeMeasure, type Picture } from '@margay/graph'
import type { MouseEvent } from 'react'
import { formatBytes, formatCount } from '../../format/number.ts'
import { rateText } from '../../graph/scene.ts'
import { labelsOf } from './labels.ts'
import { listOrder } from './list-order.ts'
import { VerdictOfEdge, wordsOf } from './VerdictOfEdge.tsx'
import css from './Graph.module.css'

interface Props {
  readonly picture: Picture
  readonly selected: string | undefined
  readonly measure: EdgeMeasure
  readonly seconds: number
  readonly onSelect: (id: string) => void
}

/** Rows drawn; beyond them the sentence at the end says how to see the rest. */
const mostRows = 500

export function ListTwin({ picture, selected, measure, seconds, onSelect }: Props) {
  const edges = listOrder(picture.edges, measure)
  const labels = labelsOf(picture)
  // A name in a row selects its vertex, the rest of the row the edge.
  const choose = (event: MouseEvent, id: string) => {
    event.stopPropagation()
    onSelect(id)
  }
  return (
    <div className={css.twin}>
      <table className={css.list}>
        <caption className={css.caption}>
          {formatCount(edges.length)} edges, denied first; the same as in the graph
        </caption>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Destination</th>
            <th scope="col">Verdict</th>
            <th scope="col" className={`${css.num} ${css.wide}`}>
              Connections
            </th>
            <th scope="col" className={`${css.num} ${css.wide}`}>
              Sent
            </th>
            <th scope="col" className={`${css.num} ${css.wide}`}>
              Received
            </th>
            <th scope="col" className={css.num}>
              Rate
            </th>
          </tr>
        </thead>
        <tbody>
          {edges.slice(0, mostRows).map((edge) => (
            <tr key={edge.id} aria-selected={edge.id === selected} onClick={() => onSelect(edge.id)}>
              <td>
                <button type="button" className={css.link} onClick={(event) => choose(event, edge.source)}>
                  {labels(edge.source)}
                </button>
              </td>
              <td>
                <button type="button" className={css.link} onClick={(event) => choose(event, edge.dest)}>
                  {labels(edge.dest)}
                </button>
              </td>
              <td>
                <button
                  type="button"
                  className={css.link}
                  aria-label={`${wordsOf(edge)}: ${labels(edge.source)} to ${labels(edge.dest)}`}
                >
                  <VerdictOfEdge edge={edge} />
                </button>
              </td>
              <td className={`${css.num} ${css.wide}`}>{formatCount(edge.tally.total.connections)}</td>
              <td className={`${css.num} ${css.wide}`}>{formatBytes(edge.tally.total.sent)}</td>
              <td className={`${css.num} ${css.wide}`}>{formatBytes(edge.tally.total.received)}</td>
              <td className={css.num}>{rateText(ratePerSecond(edge.tally, measure, seconds), measure)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {edges.length > mostRows && (
        <p className={css.rest}>
          {formatCount(edges.length - mostRows)} more edges; narrow the query or close boxes to see them.
        </p>
      )}
    </div>
  )
}
