// What a vertex, box or edge is called on this page: as it is drawn, or, where it is not, by its full name.
import { endsOf, plainLabel, readVertexId, type Picture, type Vertex } from '@margay/graph'

export type Labels = (id: string) => string

/** The full name behind an id, drawn or not. */
export function plainName(id: string): string {
  const ends = endsOf(id)
  if (ends) return ends.map(plainName).join(' → ')
  const vertex = readVertexId(id)
  return vertex ? plainLabel(vertex.level, vertex.parts) : id
}

/** Names as the picture has them; of equal ones each with its namespace or host, which a drawing shows and a list does not. */
export function labelsOf({ vertices, boxes }: Picture): Labels {
  const boxLabels = new Map(boxes.map(({ id, label }) => [id, label]))
  const uses = new Map<string, number>()
  for (const { label } of vertices) uses.set(label, (uses.get(label) ?? 0) + 1)
  const nameOf = ({ label, box }: Vertex) => {
    const place = box === undefined ? undefined : boxLabels.get(box)
    return uses.get(label) === 1 || place === undefined ? label : `${place} / ${label}`
  }
  const drawn = new Map([...boxLabels, ...vertices.map((vertex) => [vertex.id, nameOf(vertex)] as const)])
  return (id) => drawn.get(id) ?? plainName(id)
}
