// What a vertex, box or edge is called on this page: as it is drawn, or, where it is not, by its full name.
import { endsOf, plainLabel, readVertexId, type Picture } from '@margay/graph'

export type Labels = (id: string) => string

/** The full name behind an id, drawn or not. */
export function plainName(id: string): string {
  const ends = endsOf(id)
  if (ends) return ends.map(plainName).join(' → ')
  const vertex = readVertexId(id)
  return vertex ? plainLabel(vertex.level, vertex.parts) : id
}

/** Names as the picture has them. */
export function labelsOf({ vertices, boxes }: Picture): Labels {
  const drawn = new Map([...boxes, ...vertices].map(({ id, label }) => [id, label]))
  return (id) => drawn.get(id) ?? plainName(id)
}
