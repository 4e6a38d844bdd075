// The endpoint that a cell of a table stands for: the vertex of the graph that it is, and the filter that finds its
// records. Pure. Who is who, and what a name needs to mean itself in KQL, is packages/graph's and packages/query's business.
import { lookupFilter, pathOf, selectionFilter, type PathStep } from '@margay/graph'
import type { Row } from '@margay/model'
import { printKql } from '@margay/query'
import { plainName } from '../pages/graph/labels.ts'

export interface MenuEndpoint {
  /** The vertex. */
  readonly id: string
  /** The boxes that must be open to see it, outermost first. */
  readonly within: readonly string[]
  /** `shop / checkout-7d9f-*`. */
  readonly name: string
  /** Its records, at whichever end it is. */
  readonly kql: string
}

const endpointField = /^(source|dest|client)_(namespace|name_aggr|name)$/

/** The endpoint that the last of a cell's fields names; undefined where it names none. */
export function endpointOfCell(fields: readonly string[], row: Row): MenuEndpoint | undefined {
  const [, end, part] = endpointField.exec(fields.at(-1) ?? '') ?? []
  if (end === undefined || part === undefined) return undefined
  const steps = stepsOf(end, part, row)
  const vertex = steps.at(-1)
  // Only the log of lookups has clients, and there a vertex is found by other fields.
  const filter = vertex && (end === 'client' ? lookupFilter(vertex.id) : selectionFilter(vertex.id))
  if (!filter) return undefined
  return {
    id: vertex.id,
    within: steps.slice(0, -1).map(({ id }) => id),
    name: steps.map(({ id }) => plainName(id)).join(' / '),
    kql: printKql(filter),
  }
}

function stepsOf(end: string, part: string, row: Row): readonly PathStep[] {
  const text = (name: string) => String(row[`${end}_${name}`] ?? '')
  const nameAggr = part === 'namespace' ? '' : text('name_aggr')
  const name = part === 'name' ? text('name') : ''
  const names = { type: text('type'), namespace: text('namespace'), nameAggr, name }
  const path = pathOf({ ...names, container: '', process: '', domain: '' }, end === 'dest' ? 'dest' : 'source')
  // A cell names no process; and a namespace has a vertex of its own only where there are pods.
  if (part === 'namespace') return path.filter(({ level }) => level === 'namespace')
  return path.filter(({ level }) => level !== 'process' && level !== 'kind')
}
