// What stands out: the selection, what the pointer or the keyboard is on, and what is connected with either. Pure.
import type { Highlight } from './paint.ts'
import { rateText, type Scene, type SceneEdge, type SceneVertex } from './scene.ts'
import { endsOf, ratePerSecond, type EdgeMeasure } from '@margay/graph'

export interface Attention {
  /** Ids of vertices, edges or boxes. */
  readonly selected: string | undefined
  readonly hovered: string | undefined
  readonly focused: string | undefined
}

/** What to paint above the faded rest; undefined where nothing is attended to and nothing fades. */
export function highlightOf(
  scene: Scene,
  { selected, hovered, focused }: Attention,
  options: { readonly measure: EdgeMeasure; readonly seconds: number },
): Highlight | undefined {
  const subjects = [...new Set([hovered ?? focused, selected].filter((id) => id !== undefined))]
  const edges = new Set<SceneEdge>()
  const vertices = new Set<SceneVertex>()
  for (const id of subjects) connect(scene, id, edges, vertices)
  if (edges.size + vertices.size === 0) return undefined
  const labels = [...edges]
    .filter(({ label, edge }) => label === undefined && (edge.id === selected || edge.id === hovered))
    .map(
      ({ edge }) =>
        [edge.id, rateText(ratePerSecond(edge.tally, options.measure, options.seconds), options.measure)] as const,
    )
  return {
    edges: [...edges],
    vertices: [...vertices],
    selected: new Set(selected === undefined ? [] : [selected]),
    focused,
    labels: new Map(labels),
  }
}

function connect(scene: Scene, id: string, edges: Set<SceneEdge>, vertices: Set<SceneVertex>): void {
  const edge = scene.edgeById.get(id)
  if (edge) return addEdge(scene, edge, edges, vertices)
  const ends = endsOf(id)
  if (ends) return connectUndrawn(scene, ends, edges, vertices)
  const members = scene.vertexById.has(id) ? [id] : membersOf(scene, id)
  for (const member of members) {
    vertices.add(scene.vertexById.get(member)!)
    for (const own of scene.edgesOf.get(member) ?? []) addEdge(scene, own, edges, vertices)
  }
}

/** An edge that a sign stands for: from one vertex to what its other end is drawn as, if it is. */
function connectUndrawn(
  scene: Scene,
  [source, dest]: readonly [string, string],
  edges: Set<SceneEdge>,
  vertices: Set<SceneVertex>,
): void {
  const vertex = scene.vertexById.get(source)
  if (vertex) vertices.add(vertex)
  const members = new Set(membersOf(scene, dest))
  for (const placed of scene.edgesOf.get(source) ?? []) {
    if (placed.edge.source === source && members.has(placed.edge.dest)) addEdge(scene, placed, edges, vertices)
  }
}

const membersOf = (scene: Scene, box: string): readonly string[] =>
  scene.vertices.flatMap(({ vertex }) => (vertex.box === box ? [vertex.id] : []))

function addEdge(scene: Scene, placed: SceneEdge, edges: Set<SceneEdge>, vertices: Set<SceneVertex>): void {
  edges.add(placed)
  for (const end of [placed.edge.source, placed.edge.dest]) {
    const vertex = scene.vertexById.get(end)
    if (vertex) vertices.add(vertex)
  }
}
