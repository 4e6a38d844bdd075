// The panel of a vertex or box: what it says and hears, with whom, on which ports, by which processes.
import {
  neighboursOf,
  readVertexId,
  sumTallies,
  trafficOf,
  type Conversations,
  type Edge,
  type Picture,
  type Traffic,
} from '@margay/graph'
import type { Scope } from '../../api/question.ts'
import { formatCount, plural } from '../../format/number.ts'
import { levelWord } from '../../graph/words.ts'
import { Button } from '../../ui/Button.tsx'
import { Chip } from '../../ui/Chip.tsx'
import { Ports } from './EdgePanel.tsx'
import { Domains } from './Domains.tsx'
import { EdgeList } from './EdgeList.tsx'
import { Figures, rangeTitle, Times } from './Figures.tsx'
import { Gone } from './Gone.tsx'
import { labelsOf } from './labels.ts'
import { OutsideList } from './OutsideList.tsx'
import { PanelActions } from './PanelActions.tsx'
import { Processes } from './Processes.tsx'
import { within } from './subject.ts'
import css from './Panel.module.css'

interface Props {
  readonly id: string
  readonly picture: Picture
  readonly conversations: Conversations
  readonly scope: Scope
  readonly onSelect: (id: string) => void
  readonly onToggle: (id: string, isOpen: boolean) => void
  readonly onClear: () => void
}

export function VertexPanel({ id, picture, conversations, scope, onSelect, onToggle, onClear }: Props) {
  const traffic = trafficOf(conversations, id)
  const vertex = picture.vertices.find((each) => each.id === id)
  const box = picture.boxes.find((each) => each.id === id)
  const level = readVertexId(id)?.level
  const labels = labelsOf(picture)
  const label = labels(id)
  if (!traffic || level === undefined) return <Gone label={label} onClear={onClear} />
  const { inbound, outbound } = edgesOf(picture, id, box !== undefined)
  const narrow = within(scope, id, conversations.hierarchy)
  // Of a box it matters which member is meant; of a vertex only the other end is news.
  const ends = (end: 'source' | 'dest') => (box ? {} : { end })
  const lists = { most, labels, onSelect }
  return (
    <div className={css.panel}>
      <div>
        <h1>{label}</h1>
        <div className="dim">{[levelWord(level), vertex?.sub].filter(Boolean).join(' · ')}</div>
      </div>
      <p className={css.finding}>{finding(label, traffic)}</p>
      <Denials traffic={traffic} />
      <Figures tally={traffic.inbound} title={`Inbound, ${rangeTitle(scope).toLowerCase()}`} />
      <EdgeList
        title={`From (${formatCount(inbound.length)})`}
        edges={byNews(inbound)}
        {...ends('source')}
        {...lists}
      />
      <Figures tally={traffic.outbound} title={`Outbound, ${rangeTitle(scope).toLowerCase()}`} />
      <EdgeList title={`To (${formatCount(outbound.length)})`} edges={byNews(outbound)} {...ends('dest')} {...lists} />
      <OutsideList id={id} outside={traffic.outside} onSelect={onSelect} />
      {level === 'network' && <Domains scope={narrow} name={label} />}
      <Times scope={narrow} />
      <Ports ports={traffic.answersOn} />
      <Processes scope={narrow} />
      <PanelActions subject={id} tree={conversations.hierarchy}>
        {box && (
          <Button small onClick={() => onToggle(id, true)}>
            Close the box
          </Button>
        )}
        {!box && vertex && (vertex.members > 0 || opensWithMore(level)) && (
          <Button small onClick={() => onToggle(id, false)}>
            Open in place
          </Button>
        )}
      </PanelActions>
    </div>
  )
}

/** Levels whose members are asked for only once they are opened. */
const opensWithMore = (level: string) => level === 'workload' || level === 'network'

function edgesOf(picture: Picture, id: string, isBox: boolean) {
  if (!isBox) return neighboursOf(picture, id)
  const members = new Set(picture.vertices.flatMap((vertex) => (vertex.box === id ? [vertex.id] : [])))
  return {
    inbound: picture.edges.filter(({ source, dest }) => members.has(dest) && !members.has(source)),
    outbound: picture.edges.filter(({ source, dest }) => members.has(source) && !members.has(dest)),
  }
}

const denials = ({ inbound, outbound, inside }: Traffic) => {
  const { deniedAtSource, deniedAtDestination } = sumTallies([inbound, outbound, inside])
  return { atSource: deniedAtSource.connections, atDestination: deniedAtDestination.connections }
}

function finding(label: string, traffic: Traffic): string {
  const { inbound, outbound } = traffic
  const { atSource, atDestination } = denials(traffic)
  const talk = `${label} took ${plural(inbound.total.connections, 'connection')} and made ${formatCount(outbound.total.connections)}`
  return atSource + atDestination > 0
    ? `${talk}; ${formatCount(atSource + atDestination)} were denied.`
    : `${talk}; none was denied.`
}

function Denials({ traffic }: { readonly traffic: Traffic }) {
  const { atSource, atDestination } = denials(traffic)
  if (atSource + atDestination === 0) return null
  return (
    <div className={css.chips}>
      {atSource > 0 && <Chip tone="deny">✕ {formatCount(atSource)} denied at source</Chip>}
      {atDestination > 0 && <Chip tone="dest">✕ {formatCount(atDestination)} denied at destination</Chip>}
    </div>
  )
}

/** Edges shown each way; the list twin has all. */
const most = 8

const byNews = (edges: readonly Edge[]) =>
  edges.toSorted((a, b) => b.deniedShare - a.deniedShare || b.tally.total.connections - a.tally.total.connections)
