// A short list of edges in a panel: names that select, and the verdict or a figure beside them.
import type { Edge } from '@margay/graph'
import { formatCount } from '../../format/number.ts'
import type { Labels } from './labels.ts'
import { VerdictOfEdge } from './VerdictOfEdge.tsx'
import css from './Panel.module.css'

interface Props {
  readonly title: string
  readonly edges: readonly Edge[]
  readonly most: number
  readonly labels: Labels
  /** The end that is named, where the other one is what the panel is about. */
  readonly end?: 'source' | 'dest'
  /** Stands in place of the verdict. */
  readonly note?: (edge: Edge) => string
  readonly onSelect: (id: string) => void
}

export function EdgeList({ title, edges, most, labels, end, note, onSelect }: Props) {
  if (edges.length === 0) return null
  const nameOf = (edge: Edge) => (end ? labels(edge[end]) : `${labels(edge.source)} → ${labels(edge.dest)}`)
  return (
    <section>
      <h2>{title}</h2>
      <ul className={css.processes}>
        {edges.slice(0, most).map((edge) => (
          <li key={edge.id}>
            <button type="button" className={css.name} onClick={() => onSelect(edge.id)}>
              {nameOf(edge)}
            </button>
            <span className={css.right}>{note ? note(edge) : <VerdictOfEdge edge={edge} />}</span>
          </li>
        ))}
      </ul>
      {edges.length > most && <p className="faint">{formatCount(edges.length - most)} more in the list.</p>}
    </section>
  )
}
