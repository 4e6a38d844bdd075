// The graph as a matrix: sources down, destinations across, one cell an edge. It shows what a drawing of many lines hides:
// who talks to everybody, and which pairs never talk.
import { ratePerSecond, type Edge, type EdgeMeasure, type EdgeVerdict, type Picture, type Vertex } from '@margay/graph'
import { widths, rateText } from '../../graph/scene.ts'
import { verdictText } from '../../graph/words.ts'
import { formatCount } from '../../format/number.ts'
import { labelsOf } from './labels.ts'
import css from './Graph.module.css'

interface Props {
  readonly picture: Picture
  readonly selected: string | undefined
  readonly measure: EdgeMeasure
  readonly seconds: number
  readonly onSelect: (id: string) => void
}

/** Rows and columns drawn at most; the busiest are kept. */
const mostEnds = 60

const signs: { readonly [V in EdgeVerdict]: string } = {
  allowed: '●',
  denied_at_source: '✕',
  denied_at_destination: '✕',
  mixed: '◐',
}

export function MatrixTwin({ picture, selected, measure, seconds, onSelect }: Props) {
  const ends = (side: 'source' | 'dest') => busiest(picture, side)
  const [sources, dests] = [ends('source'), ends('dest')]
  const byId = new Map(picture.edges.map((edge) => [edge.id, edge]))
  const sizeOf = widths(picture.edges.map(({ tally }) => ratePerSecond(tally, measure, seconds)))
  const labels = labelsOf(picture)
  const left = picture.vertices.length - new Set([...sources, ...dests]).size
  return (
    <div className={css.twin}>
      <p className={css.caption}>Sources down, destinations across; ● allowed, ✕ denied, ◐ mixed, size by {measure}</p>
      <table className={css.matrix} aria-label="Edges by source and destination">
        <thead>
          <tr>
            <td />
            {dests.map(({ id }) => (
              <th key={id} scope="col" aria-selected={id === selected}>
                <button type="button" className={css.link} onClick={() => onSelect(id)}>
                  {labels(id)}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <tr key={source.id}>
              <th scope="row" aria-selected={source.id === selected}>
                <button type="button" className={css.link} onClick={() => onSelect(source.id)}>
                  {labels(source.id)}
                </button>
              </th>
              {dests.map((dest) => {
                const edge = byId.get(`${source.id} > ${dest.id}`)
                if (!edge) return <td key={dest.id} />
                const rate = ratePerSecond(edge.tally, measure, seconds)
                return (
                  <td key={dest.id}>
                    <Cell
                      edge={edge}
                      names={`${labels(source.id)} to ${labels(dest.id)}`}
                      size={9 + sizeOf(rate)}
                      rate={rateText(rate, measure)}
                      isSelected={edge.id === selected}
                      onSelect={onSelect}
                    />
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && (sources.length === mostEnds || dests.length === mostEnds) && (
        <p className={css.rest}>The busiest {formatCount(mostEnds)} of each side; the list has all.</p>
      )}
    </div>
  )
}

interface CellProps {
  readonly edge: Edge
  readonly names: string
  readonly size: number
  readonly rate: string
  readonly isSelected: boolean
  readonly onSelect: (id: string) => void
}

function Cell({ edge, names, size, rate, isSelected, onSelect }: CellProps) {
  const words = `${names}: ${verdictText(edge)}, ${rate}`
  return (
    <button
      type="button"
      className={css.cell}
      data-verdict={edge.verdict}
      aria-pressed={isSelected}
      aria-label={words}
      title={words}
      style={{ fontSize: Math.max(11, size) }}
      onClick={() => onSelect(edge.id)}
    >
      {signs[edge.verdict]}
    </button>
  )
}

function busiest({ vertices, edges }: Picture, side: 'source' | 'dest'): readonly Vertex[] {
  const degree = new Map<string, number>()
  for (const edge of edges) degree.set(edge[side], (degree.get(edge[side]) ?? 0) + 1)
  return vertices
    .filter(({ id }) => degree.has(id))
    .sort((a, b) => degree.get(b.id)! - degree.get(a.id)!)
    .slice(0, mostEnds)
}
