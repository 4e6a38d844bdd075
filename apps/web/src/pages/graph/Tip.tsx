// What is said beside the pointer: packets and bytes, allowed and denied, "denied at destination" apart.
import { edgeDetail, trafficOf, type Conversations, type Picture, type Tally } from '@margay/graph'
import type { Hovered } from '../../graph/GraphCanvas.tsx'
import { amountsText, exactness, tallyLines, verdictText } from '../../graph/words.ts'
import { labelsOf } from './labels.ts'
import css from './Graph.module.css'

interface Props {
  readonly hovered: Hovered
  readonly picture: Picture
  readonly conversations: Conversations
  /** Size of the canvas, so that the tip stays on it. */
  readonly size: { readonly clientWidth: number; readonly clientHeight: number }
}

/** Room that a tip may take. */
const [tipWidth, tipHeight] = [340, 230]

export function Tip({ hovered, picture, conversations, size }: Props) {
  const { x, y } = hovered.at
  const style = {
    ...(x > size.clientWidth - tipWidth ? { right: size.clientWidth - x + 10 } : { left: x + 14 }),
    ...(y > size.clientHeight - tipHeight ? { bottom: size.clientHeight - y + 10 } : { top: y + 14 }),
  }
  return (
    <div className={css.tip} style={style} role="tooltip">
      {hovered.kind === 'edge' ? (
        <EdgeTip id={hovered.id} picture={picture} conversations={conversations} />
      ) : (
        <VertexTip id={hovered.id} picture={picture} conversations={conversations} />
      )}
    </div>
  )
}

function EdgeTip({ id, picture, conversations }: Omit<Props, 'hovered' | 'size'> & { readonly id: string }) {
  const edge = picture.edges.find((each) => each.id === id) ?? edgeDetail(conversations, id)?.edge
  if (!edge) return null
  const labels = labelsOf(picture)
  return (
    <>
      <b>
        {labels(edge.source)} → {labels(edge.dest)}
      </b>
      <span>{verdictText(edge)}</span>
      <TallyLines tally={edge.tally} />
    </>
  )
}

function VertexTip({ id, picture, conversations }: Omit<Props, 'hovered' | 'size'> & { readonly id: string }) {
  const vertex = picture.vertices.find((each) => each.id === id)
  const traffic = trafficOf(conversations, id)
  if (!vertex || !traffic) return null
  return (
    <>
      <b>{vertex.label}</b>
      <span className="faint">{vertex.sub}</span>
      <span>In</span>
      <TallyLines tally={traffic.inbound} />
      <span>Out</span>
      <TallyLines tally={traffic.outbound} />
      {vertex.members > 0 && <span className="faint">Double-click opens it in place</span>}
    </>
  )
}

export function TallyLines({ tally }: { readonly tally: Tally }) {
  return (
    <dl className={css.tally}>
      {tallyLines(tally).map(({ label, amounts }) => (
        <div key={label} data-verdict={label}>
          <dt>{label}</dt>
          <dd>
            {exactness(tally)}
            {amountsText(amounts)}
          </dd>
        </div>
      ))}
    </dl>
  )
}
