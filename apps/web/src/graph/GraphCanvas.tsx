// The drawing: a stage in a page. It hands the pointer's and the keyboard's words on and is itself told what to show; a
// list of the same vertices, for screen readers, stands beside the picture and takes the focus.
import type { EdgeMeasure, Picture, Point } from '@margay/graph'
import { useComputedColorScheme } from '@mantine/core'
import {
  useEffect,
  useEffectEvent,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type Ref,
} from 'react'
import { useKeys } from '../ui/keys.ts'
import { palettes } from '../theme/theme.ts'
import { toPlane, type Camera } from './camera.ts'
import { edgePath } from './edge-path.ts'
import { highlightOf } from './highlight.ts'
import { hitAt, neighbourIn, type Direction, type Hit } from './hit.ts'
import { screenCentre, type Highlight } from './paint.ts'
import { listen } from './pointer.ts'
import type { Scene } from './scene.ts'
import { createStage, type Stage } from './stage.ts'
import { spokenVertex } from './words.ts'
import css from './GraphCanvas.module.css'

export interface GraphCanvasHandle {
  fit(): void
  zoom(factor: number): void
  reveal(vertex: string): void
}

export interface Hovered extends Hit {
  /** Where the pointer is, in pixels of the canvas. */
  readonly at: Point
}

interface Props {
  readonly ref?: Ref<GraphCanvasHandle>
  readonly scene: Scene
  readonly picture: Picture
  readonly selected: string | undefined
  readonly measure: EdgeMeasure
  readonly seconds: number
  readonly camera: Camera | undefined
  readonly onCamera: (camera: Camera) => void
  readonly onSelect: (hit: Hit | undefined) => void
  /** Opens a vertex or closes a box. */
  readonly onToggle: (hit: Hit) => void
  readonly onDrop: (id: string, to: Point) => void
  readonly onHover: (hovered: Hovered | undefined) => void
  /** The menu of a vertex or box is wanted, at pixels of the window. */
  readonly onMenu: (id: string, at: Point) => void
}

const font = "'Inter Variable', system-ui, sans-serif"

export function GraphCanvas(props: Props) {
  const { scene, selected, measure, seconds, ref } = props
  const root = useRef<HTMLDivElement>(null)
  const stage = useStage(root, props)
  const [hovered, setHovered] = useState<string>()
  const [focused, setFocused] = useState<string>()
  const highlight = useMemo(
    () => highlightOf(scene, { selected, hovered, focused }, { measure, seconds }),
    [scene, selected, hovered, focused, measure, seconds],
  )
  useEffect(() => stage.current?.show(scene, props.camera), [scene]) // oxlint-disable-line react-hooks/exhaustive-deps
  useEffect(() => stage.current?.highlight(highlight), [highlight, stage])
  useImperativeHandle(ref, () => ({
    fit: () => stage.current?.fit(),
    zoom: (factor) => stage.current?.zoom(factor),
    reveal: (vertex) => stage.current?.reveal(vertex),
  }))
  usePointer(root, stage, props, setHovered, highlight)
  const openMenu = (id: string | undefined) => {
    const vertex = id === undefined ? undefined : scene.vertexById.get(id)
    if (!vertex || !root.current || !stage.current) return false
    props.onMenu(vertex.vertex.id, onWindow(root.current, screenCentre(stage.current.camera, vertex)))
    return true
  }
  useKeys({ '.': () => openMenu(hovered) })
  return (
    <div ref={root} className={css.root} data-testid="graph-canvas">
      <VertexList {...props} focused={focused} onFocused={setFocused} stage={stage} openMenu={openMenu} />
    </div>
  )
}

/** Pixels of the window for pixels of the canvas. */
function onWindow(root: HTMLElement, { x, y }: Point): Point {
  const { left, top } = root.getBoundingClientRect()
  return { x: left + x, y: top + y }
}

function useStage(root: { readonly current: HTMLDivElement | null }, props: Props) {
  const stage = useRef<Stage>(undefined)
  const scheme = useComputedColorScheme('light')
  const onCamera = useEffectEvent((camera: Camera) => props.onCamera(camera))
  useEffect(() => {
    if (!root.current) return undefined
    const made = createStage(root.current, { palette: palettes[scheme], font, onCamera: (camera) => onCamera(camera) })
    stage.current = made
    // Text is painted anew once its font is there.
    void document.fonts.ready.then(() => stage.current?.paintWith(palettes[scheme]))
    return () => {
      made.close()
      stage.current = undefined
    }
  }, []) // oxlint-disable-line react-hooks/exhaustive-deps
  useEffect(() => stage.current?.paintWith(palettes[scheme]), [scheme])
  return stage
}

type StageRef = ReturnType<typeof useStage>

function usePointer(
  root: { readonly current: HTMLDivElement | null },
  stage: StageRef,
  props: Props,
  setHovered: (id: string | undefined) => void,
  highlight: Highlight | undefined,
): void {
  const taken = useRef<{ readonly id: string; readonly dx: number; readonly dy: number }>(undefined)
  const plane = (at: Point) => toPlane(stage.current?.camera ?? { x: 0, y: 0, zoom: 1 }, at)
  const hit = (at: Point) => hitAt(props.scene, plane(at), stage.current?.camera.zoom ?? 1)
  const hover = useEffectEvent((at: Point | undefined) => {
    const found = at && hit(at)
    setHovered(found && found.kind !== 'box' ? found.id : undefined)
    if (root.current) root.current.style.cursor = found && found.kind !== 'box' ? 'pointer' : ''
    props.onHover(found && at && found.kind !== 'box' ? { ...found, at } : undefined)
  })
  const click = useEffectEvent((at: Point) => props.onSelect(hit(at)))
  const doubleClick = useEffectEvent((at: Point) => {
    const found = hit(at)
    if (found && found.kind !== 'edge') props.onToggle(found)
  })
  const menu = useEffectEvent((at: Point) => {
    const found = hit(at)
    if (!found || found.kind === 'edge' || !root.current) return false
    props.onMenu(found.id, onWindow(root.current, at))
    return true
  })
  const take = useEffectEvent((at: Point) => {
    const found = hit(at)
    const vertex = found?.kind === 'vertex' ? props.scene.vertexById.get(found.id) : undefined
    if (!vertex) return false
    const { x, y } = plane(at)
    taken.current = { id: vertex.vertex.id, dx: x - vertex.x, dy: y - vertex.y }
    return true
  })
  const placeOf = (at: Point) => {
    const { x, y } = plane(at)
    return { x: Math.round(x - (taken.current?.dx ?? 0)), y: Math.round(y - (taken.current?.dy ?? 0)) }
  }
  const drag = useEffectEvent((to: Point) => {
    if (taken.current) stage.current?.highlight(dragged(props.scene, taken.current.id, placeOf(to)) ?? highlight)
  })
  const drop = useEffectEvent((to: Point) => {
    if (taken.current) props.onDrop(taken.current.id, placeOf(to))
    taken.current = undefined
  })
  useEffect(() => {
    if (!root.current) return undefined
    return listen(root.current, {
      hover: (at) => hover(at),
      click: (at) => click(at),
      doubleClick: (at) => doubleClick(at),
      menu: (at) => menu(at),
      take: (at) => take(at),
      drag: (to) => drag(to),
      drop: (to) => drop(to),
      pan: (dx, dy) => stage.current?.pan(dx, dy),
      zoom: (factor, at) => stage.current?.zoom(factor, at),
    })
  }, [root, stage])
}

/** What stands out while a vertex is dragged: the vertex and its edges at the new place. */
function dragged(scene: Scene, id: string, to: Point): Highlight | undefined {
  const vertex = scene.vertexById.get(id)
  if (!vertex) return undefined
  const moved = { ...vertex, ...to }
  const place = (end: string) => (end === id ? moved : scene.vertexById.get(end)!)
  const edges = (scene.edgesOf.get(id) ?? []).map((placed) => ({
    ...placed,
    path: edgePath(place(placed.edge.source), place(placed.edge.dest), false),
  }))
  return { edges, vertices: [moved], selected: new Set([id]), focused: undefined, labels: new Map() }
}

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

interface VertexListProps extends Props {
  readonly focused: string | undefined
  readonly onFocused: (id: string | undefined) => void
  readonly stage: StageRef
  /** Says whether there is a menu for the vertex. */
  readonly openMenu: (id: string | undefined) => boolean
}

/** The vertices as a list that is heard, not seen: arrows go to the next vertex in that direction, Enter selects, o opens, `.` is its menu. */
function VertexList({ scene, selected, focused, onFocused, onSelect, onToggle, stage, openMenu }: VertexListProps) {
  const base = useId()
  const idOf = (id: string) => `${base}${id}`
  const current = focused && scene.vertexById.has(focused) ? focused : undefined
  const go = (id: string | undefined) => {
    if (id === undefined) return
    onFocused(id)
    stage.current?.reveal(id)
  }
  const act = (key: string): boolean => {
    const direction = directions[key]
    const at = current ?? selected ?? ''
    if (direction) go(neighbourIn(scene, at, direction))
    else if (key === 'Home') go(scene.vertices[0]?.vertex.id)
    else if (key === 'End') go(scene.vertices.at(-1)?.vertex.id)
    else if ((key === 'Enter' || key === ' ') && current) onSelect({ kind: 'vertex', id: current })
    else if (key === 'o' && current) onToggle({ kind: 'vertex', id: current })
    else if (key === '.') return openMenu(current)
    else if (key === '+' || key === '-') stage.current?.zoom(key === '+' ? 1.25 : 0.8)
    else return false
    return true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !act(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    event.nativeEvent.stopImmediatePropagation()
  }
  return (
    <ul
      role="listbox"
      className={css.list}
      tabIndex={0}
      aria-label="Vertices of the graph; arrow keys move, Enter selects, o opens, the full stop opens its menu"
      aria-activedescendant={current && idOf(current)}
      onKeyDown={onKeyDown}
      onFocus={() => onFocused(current ?? selected ?? scene.vertices[0]?.vertex.id)}
      onBlur={() => onFocused(undefined)}
    >
      {scene.vertices.map(({ vertex }) => (
        <li key={vertex.id} id={idOf(vertex.id)} role="option" aria-selected={vertex.id === selected}>
          {spokenVertex(
            vertex,
            (scene.edgesOf.get(vertex.id) ?? []).map(({ edge }) => edge),
          )}
        </li>
      ))}
    </ul>
  )
}
