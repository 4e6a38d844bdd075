// The service graph: who talks to whom, and what is refused. The page composes: groups become a picture (packages/graph),
// a picture becomes a scene (apps/web/src/graph), and the selection joins drawing, panel and table.
import { buildPicture, edgeDetail, endsOf, pathTo, toggle, type Conversations, type Picture } from '@margay/graph'
import type { Row } from '@margay/model'
import { useCallback, useMemo, useRef, useState } from 'react'
import { GraphCanvas, type GraphCanvasHandle, type Hovered } from '../../graph/GraphCanvas.tsx'
import { EndpointMenu, type MenuPlace } from '../../endpoint-menu/EndpointMenu.tsx'
import type { MenuEndpoint } from '../../endpoint-menu/endpoint.ts'
import type { Hit } from '../../graph/hit.ts'
import { rowIds } from '../../log-table/row-id.ts'
import { usePhone, WithSidePanel } from '../../shell/SidePanel.tsx'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Loading } from '../../ui/Message.tsx'
import { useScope } from '../../view/as-of.tsx'
import { addPill } from '../../view/pill.ts'
import { useView } from '../../view/use-view.ts'
import { EdgePanel } from './EdgePanel.tsx'
import { Gone } from './Gone.tsx'
import { GraphStates } from './GraphStates.tsx'
import { Legend } from './Legend.tsx'
import { ListTwin } from './ListTwin.tsx'
import { MatrixTwin } from './MatrixTwin.tsx'
import { Overview } from './Overview.tsx'
import { CannotAsk } from '../explore/CannotAsk.tsx'
import { RecordPanel } from '../explore/RecordPanel.tsx'
import { Records } from './Records.tsx'
import type { GraphView } from './graph-address.ts'
import { labelsOf, plainName } from './labels.ts'
import { selectionOf, subjectKql, subjectOf } from './subject.ts'
import { Tip } from './Tip.tsx'
import { Toolbar } from './Toolbar.tsx'
import { useFlowGroups } from './use-flow-groups.ts'
import { useGraphView } from './use-graph-view.ts'
import { usePlaced } from './use-placed.ts'
import { typeOf } from './use-records.ts'
import { VertexPanel } from './VertexPanel.tsx'
import css from './Graph.module.css'

export function GraphPage() {
  const { view, changeView } = useView()
  const { graphView, changeGraphView } = useGraphView()
  const subject = subjectOf(view.selection, graphView.within)
  const groups = useFlowGroups(graphView.view, subject)
  const dns = useScope('dns')
  const { conversations, scope } = groups
  const picture = useMemo(
    () => conversations && buildPicture(conversations, graphView.view),
    [conversations, graphView.view],
  )
  const phone = usePhone()
  const twin = graphView.twin ?? (phone ? 'list' : 'graph')
  const select = useCallback(
    (id: string | undefined) => {
      changeView({ selection: id === undefined ? undefined : selectionOf(id) })
    },
    [changeView],
  )
  const toggleOpen = (id: string, isOpen: boolean) =>
    changeGraphView(({ view }) => ({ view: toggle(view, id, isOpen) }))
  const [rows, setRows] = useState<readonly Row[]>([])
  const seconds = scope.to - scope.from
  const shared = { picture, selected: subject, measure: graphView.measure, seconds }
  const canvas = useRef<GraphCanvasHandle>(null)
  const find = (id: string, within: readonly string[]) => {
    const open = ({ opened }: GraphView['view']) => new Set([...opened, ...within.slice(1)])
    changeGraphView(({ view }) => ({ view: { ...view, opened: open(view) } }), { selection: selectionOf(id) })
    // The vertex may have to be laid out first.
    setTimeout(() => canvas.current?.reveal(id), revealMs)
  }
  return (
    <WithSidePanel
      label={panelLabel(view.selection?.kind)}
      panel={
        <Panel
          {...{ picture, conversations, subject, rows, onSelect: select, onToggle: toggleOpen }}
          groups={groups}
          row={view.selection?.kind === 'row' ? view.selection.id : undefined}
          tab={graphView.tab}
        />
      }
    >
      <h1 className="visually-hidden">Service graph</h1>
      <div className={css.split}>
        <div className={css.page}>
          <section
            className={twin === 'graph' ? css.canvas : `${css.canvas} ${css.asTable}`}
            aria-label="Service graph"
          >
            <Loading active={groups.loading} label="Loading the graph" />
            {picture && conversations && twin === 'graph' && (
              <Drawing
                {...{ picture, conversations, canvas, graphView, subject, seconds }}
                onSelect={select}
                onToggle={toggleOpen}
              />
            )}
            {picture && twin === 'list' && <ListTwin {...shared} picture={picture} onSelect={select} />}
            {picture && twin === 'matrix' && <MatrixTwin {...shared} picture={picture} onSelect={select} />}
            <Toolbar
              {...{ conversations, picture, graphView, twin, subject, changeGraphView }}
              onSelect={select}
              onFind={find}
            />
            <GraphStates
              groups={groups}
              picture={picture}
              onDrawAll={() => changeGraphView(({ view }) => ({ view: { ...view, all: true } }))}
            />
          </section>
          {groups.problem ? (
            <section className={css.records} aria-label="Records">
              <CannotAsk problem={groups.problem} />
            </section>
          ) : (
            <Records
              tab={graphView.tab}
              subject={subject}
              tree={conversations?.hierarchy}
              flows={scope}
              dns={dns.problem ? undefined : { ...dns.scope, from: scope.from, to: scope.to }}
              openId={view.selection?.kind === 'row' ? view.selection.id : undefined}
              onTab={(tab) => changeGraphView(() => ({ tab }))}
              onOpen={(id) => {
                changeGraphView(() => ({ within: subject }), { selection: { kind: 'row', id } })
              }}
              onRows={setRows}
            />
          )}
        </div>
        {!phone && view.selection === undefined && (
          <aside className={css.overview} aria-label="Overview">
            {picture && picture.vertices.length > 0 && (
              <Overview picture={picture} scope={scope} measure={graphView.measure} onSelect={select} />
            )}
          </aside>
        )}
      </div>
    </WithSidePanel>
  )
}

function endpointOf(conversations: Conversations, id: string): MenuEndpoint {
  const path = pathTo(conversations, id)
  return {
    id,
    within: path.slice(0, -1),
    name: path.map(plainName).join(' / '),
    kql: subjectKql(id, conversations.hierarchy),
  }
}

/** Long enough for a layout of a large graph; a vertex that is there already does not move. */
const revealMs = 250

const panelLabel = (kind: string | undefined) => (kind === 'edge' ? 'Edge' : kind === 'row' ? 'Record' : 'Vertex')

const noSize = { clientWidth: 0, clientHeight: 0 }

interface DrawingProps {
  readonly picture: Picture
  readonly conversations: Conversations
  readonly canvas: { current: GraphCanvasHandle | null }
  readonly graphView: GraphView
  readonly subject: string | undefined
  readonly seconds: number
  readonly onSelect: (id: string | undefined) => void
  readonly onToggle: (id: string, isOpen: boolean) => void
}

function Drawing({ picture, conversations, canvas, graphView, subject, seconds, onSelect, onToggle }: DrawingProps) {
  const { measure, view } = graphView
  const placed = usePlaced(picture, view.level, { measure, seconds })
  const [hovered, setHovered] = useState<Hovered>()
  const [menu, setMenu] = useState<MenuPlace>()
  const frame = useRef<HTMLDivElement>(null)
  const isBox = ({ kind, id }: Hit) => kind === 'box' || picture.boxes.some((box) => box.id === id)
  if (!placed.scene || !placed.picture) return null
  return (
    <div ref={frame} className={css.frame}>
      <GraphCanvas
        ref={canvas}
        scene={placed.scene}
        picture={placed.picture}
        selected={subject}
        measure={measure}
        seconds={seconds}
        camera={placed.camera}
        onCamera={placed.saveCamera}
        onSelect={(hit) => onSelect(hit?.id)}
        onToggle={(hit) => onToggle(hit.id, isBox(hit))}
        onDrop={placed.drop}
        onHover={setHovered}
        onMenu={(id, at) => setMenu({ endpoint: endpointOf(conversations, id), ...at })}
      />
      {menu && <EndpointMenu key={menu.endpoint.id} isDrawn place={menu} onClose={() => setMenu(undefined)} />}
      {hovered && !menu && (
        <Tip {...{ hovered, conversations }} picture={placed.picture} size={frame.current ?? noSize} />
      )}
      <Legend measure={measure} />
      <div className={css.zoom} role="group" aria-label="Camera">
        <IconButton look="plain" icon="plus" label="Nearer" onClick={() => canvas.current?.zoom(1.3)} />
        <IconButton look="plain" icon="minus" label="Farther" onClick={() => canvas.current?.zoom(1 / 1.3)} />
        <IconButton look="plain" icon="fit" label="Show all" onClick={() => canvas.current?.fit()} />
        <IconButton
          look="plain"
          icon="refresh"
          label="Arrange anew, forgetting where vertices were put"
          onClick={() => {
            placed.arrange()
            setTimeout(() => canvas.current?.fit(), revealMs)
          }}
        />
      </div>
    </div>
  )
}

interface PanelProps {
  readonly groups: ReturnType<typeof useFlowGroups>
  readonly picture: Picture | undefined
  readonly conversations: Conversations | undefined
  readonly subject: string | undefined
  readonly row: string | undefined
  readonly rows: readonly Row[]
  readonly tab: 'all' | 'denied' | 'dns'
  readonly onSelect: (id: string | undefined) => void
  readonly onToggle: (id: string, isOpen: boolean) => void
}

function Panel({ groups, picture, conversations, subject, row, rows, tab, onSelect, onToggle }: PanelProps) {
  const { scope } = groups
  const { changeView } = useView()
  const type = typeOf[tab]
  if (row !== undefined) {
    const at = rowIds(rows, type.time).indexOf(row)
    const onBack = subject === undefined ? undefined : () => onSelect(subject)
    return (
      <>
        {onBack && (
          <Button small look="quiet" icon="back" onClick={onBack}>
            Back to the selection
          </Button>
        )}
        <RecordPanel
          type={type}
          id={row}
          row={rows[at]}
          scope={scope}
          onFilter={(added) => changeView(({ pills }) => ({ pills: addPill(pills, added) }))}
        />
      </>
    )
  }
  if (!picture || !conversations || subject === undefined) return null
  const detail = edgeDetail(conversations, subject)
  if (detail) return <EdgePanel {...{ detail, picture, conversations, scope, onSelect }} />
  const onClear = () => onSelect(undefined)
  const ends = endsOf(subject)
  if (ends) return <Gone label={ends.map(labelsOf(picture)).join(' → ')} onClear={onClear} />
  return <VertexPanel {...{ id: subject, picture, conversations, scope, onSelect, onToggle, onClear }} />
}
