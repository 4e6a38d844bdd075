// Nodes: what runs there, what goes in and out, and whether an agent tells of it. A row opens what its agent recorded.
import type { Node } from '@margay/wire'
import { useMemo } from 'react'
import { getNodes } from '../../api/resources.ts'
import { formatCount, plural } from '../../format/number.ts'
import { ObjectTable } from '../../object-table/ObjectTable.tsx'
import { endsNow } from '../../view/moment.ts'
import { useView } from '../../view/use-view.ts'
import { FilterField } from './FilterField.tsx'
import { nodeCard, nodeColumns } from './node-columns.tsx'
import { isUntold } from './node-words.ts'
import { ObjectsFrame } from './ObjectsFrame.tsx'
import { pageSize, useMoment, useObjectPages } from './use-object-pages.ts'
import { useObjectView } from './use-object-view.ts'
import { useOpenRecords } from './use-open-records.ts'
import { nodeKql } from './words.ts'

/** The server gives nodes by name. */
const sortable: readonly string[] = []

export function NodesPage() {
  const { view } = useView()
  const { objects, changeObjects, clear } = useObjectView(sortable)
  const moment = useMoment()
  const { name } = objects
  const pages = useObjectPages(['nodes', name, moment], (cursor, signal) =>
    getNodes({ ...moment, limit: pageSize, ...(name && { name }), ...(cursor !== undefined && { cursor }) }, signal),
  )
  const nodes = useMemo(() => pages.pages.flatMap((page) => page.nodes), [pages.pages])
  const open = useOpenRecords()
  return (
    <ObjectsFrame
      title="Nodes"
      finding={finding(nodes, pages.first?.total)}
      pages={pages}
      isNow={endsNow(view.range)}
      filtered={name !== ''}
      filters={
        <FilterField
          label="Name"
          placeholder="Name of the node"
          value={name}
          onChange={(value) => changeObjects({ name: value }, { replace: true })}
        />
      }
      onClear={clear}
    >
      <ObjectTable<Node>
        label="Nodes"
        columns={nodeColumns}
        items={nodes}
        total={pages.first?.total ?? 0}
        idOf={(node) => node.name}
        card={nodeCard}
        onOpen={(node) => open(nodeKql(node))}
        onEnd={pages.onEnd}
      />
    </ObjectsFrame>
  )
}

/** Said of the nodes that were read; a cluster of more says of how many. */
function finding(nodes: readonly Node[], total: number | undefined): string | undefined {
  if (total === undefined || total === 0) return undefined
  const notReady = nodes.filter(({ ready }) => ready === false).length
  const silent = nodes.filter(isUntold).length
  const allReady = nodes.every(({ ready }) => ready === true)
  const ready = allReady ? 'all ready' : `${formatCount(notReady)} not ready`
  const told = silent === 0 ? 'flows of each are told' : `nobody tells of ${formatCount(silent)}`
  const isWhole = nodes.length === total
  return `${plural(total, 'node')}${isWhole ? '' : `, of the first ${formatCount(nodes.length)}`}: ${ready}, ${told}`
}
