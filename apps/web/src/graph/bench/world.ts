// A world for measuring: so many workloads in namespaces, so many flow groups among them, some denied. No chance in it.
import { buildPicture, createGroupTable, defaultView, layoutGraph, mergeReporters, type Picture } from '@margay/graph'
import type { GroupTable, LayoutInput, LayoutResult } from '@margay/graph'
import { vertexSize } from '../scene.ts'

export interface WorldSize {
  readonly workloads: number
  readonly namespaces: number
  readonly groups: number
}

/** Steps between ends, prime to every size used, so that pairs do not repeat early. */
const [stride, drift] = [31, 7]

/** Flow groups as a server's answer would fill a table with. */
export function worldTable({ workloads, namespaces, groups }: WorldSize): GroupTable {
  const table = createGroupTable()
  for (let at = 0; at < groups; at++) {
    const source = at % workloads
    const dest = (at * stride + Math.floor(at / workloads) * drift + 1) % workloads
    table.addRow({
      reporter: 'src',
      action: at % 17 === 0 ? 'deny' : 'allow',
      counts: true,
      proto: 'tcp',
      dest_port: 1024 + (at % 50),
      source_type: 'wep',
      source_namespace: `n${source % namespaces}`,
      source_name_aggr: `w${source}-*`,
      dest_type: 'wep',
      dest_namespace: `n${dest % namespaces}`,
      dest_name_aggr: `w${dest}-*`,
      num_flows: 1 + (at % 9),
      packets_in: 4,
      packets_out: 4,
      bytes_in: 100 * (at % 997),
      bytes_out: 200,
    })
  }
  return table
}

/** Everything drawn, whatever the number. */
export const worldPicture = (table: GroupTable): Picture =>
  buildPicture(mergeReporters([table]), { ...defaultView, level: 'workload', all: true })

export function worldLayout({ vertices, edges }: Picture): LayoutResult {
  const input: LayoutInput = {
    vertices: vertices.map((vertex) => ({ id: vertex.id, box: vertex.box, ...vertexSize(vertex) })),
    edges,
    seed: new Map(),
    pinned: new Set(),
  }
  return layoutGraph(input)
}
