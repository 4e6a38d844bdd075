// What the panel says while nothing is selected: the finding of the whole picture, what is denied, who talks most.
import { ratePerSecond, type Edge, type EdgeMeasure, type Picture } from '@margay/graph'
import type { Scope } from '../../api/question.ts'
import { formatCount, plural } from '../../format/number.ts'
import { rateText } from '../../graph/scene.ts'
import { EdgeList } from './EdgeList.tsx'
import { Figures, rangeTitle } from './Figures.tsx'
import { labelsOf } from './labels.ts'
import { listOrder } from './list-order.ts'
import css from './Panel.module.css'

interface Props {
  readonly picture: Picture
  readonly scope: Scope
  readonly measure: EdgeMeasure
  readonly onSelect: (id: string) => void
}

/** Edges shown of each kind; the list twin has all. */
const most = 7

export function Overview({ picture, scope, measure, onSelect }: Props) {
  const denied = listOrder(picture.edges, measure).filter(({ verdict }) => verdict !== 'allowed')
  const seconds = scope.to - scope.from
  const rate = ({ tally }: Edge) => ratePerSecond(tally, measure, seconds)
  const heavy = picture.edges.toSorted((a, b) => rate(b) - rate(a)).slice(0, most)
  const labels = labelsOf(picture)
  return (
    <div className={css.panel}>
      <p className={css.finding}>{finding(picture, denied.length)}</p>
      <Figures tally={picture.total} title={rangeTitle(scope)} />
      {denied.length > 0 && (
        <EdgeList title={`Denied (${formatCount(denied.length)})`} edges={denied} {...{ most, labels, onSelect }} />
      )}
      <EdgeList
        title={`Heaviest by ${measure}`}
        edges={heavy}
        {...{ most, labels, onSelect }}
        note={(edge) => rateText(rate(edge), measure)}
      />
      <p className="faint">Click a vertex or an edge for its details; double-click opens a vertex or closes a box.</p>
    </div>
  )
}

function finding({ vertices, edges, total }: Picture, denied: number): string {
  const talk = `${plural(vertices.length, 'vertex', 'vertices')} talk over ${plural(edges.length, 'edge')}`
  const refused = total.deniedAtSource.connections + total.deniedAtDestination.connections
  if (refused === 0) return `${talk}; nothing was denied.`
  if (denied === 0)
    return `${talk}; ${plural(refused, 'connection')} within a closed vertex ${refused === 1 ? 'was' : 'were'} denied.`
  return `${talk}; ${plural(denied, 'edge')} had ${plural(refused, 'connection')} denied.`
}
