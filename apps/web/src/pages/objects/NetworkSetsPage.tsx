// Network sets: the networks and domains that policies select by label. A row opens the records of what it holds.
import type { NetworkSet } from '@margay/wire'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { getNetworkSets } from '../../api/resources.ts'
import { formatCount, plural } from '../../format/number.ts'
import { ObjectTable, type ObjectCard, type ObjectColumn } from '../../object-table/ObjectTable.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { endsNow } from '../../view/moment.ts'
import { useAddress, useView } from '../../view/use-view.ts'
import { sharedSearch } from '../../view/view.ts'
import { FilterField } from './FilterField.tsx'
import { ObjectsFrame } from './ObjectsFrame.tsx'
import { pageSize, useMoment, useObjectPages } from './use-object-pages.ts'
import { useObjectView } from './use-object-view.ts'
import { SetRecords } from './SetRecords.tsx'
import { useOpenRecords } from './use-open-records.ts'
import { heldText, labelsText, networkSetKql } from './words.ts'
import css from './Objects.module.css'

const sortable: readonly string[] = []

export function NetworkSetsPage() {
  const { view } = useView()
  const { objects, changeObjects, clear } = useObjectView(sortable)
  const { at } = useMoment()
  const { name, namespace } = objects
  const asked = { ...(at !== undefined && { at }), ...(name && { name }), ...(namespace && { namespace }) }
  const pages = useObjectPages(['network sets', asked], (cursor, signal) =>
    getNetworkSets({ ...asked, limit: pageSize, ...(cursor !== undefined && { cursor }) }, signal),
  )
  const sets = useMemo(() => pages.pages.flatMap((page) => page.networkSets), [pages.pages])
  const open = useOpenRecords()
  return (
    <ObjectsFrame
      title="Network sets"
      finding={finding(sets, pages.first?.total)}
      pages={pages}
      isNow={endsNow(view.range)}
      filtered={name !== '' || namespace !== ''}
      filters={
        <>
          <FilterField
            label="Name"
            placeholder="Name of the set"
            value={name}
            onChange={(value) => changeObjects({ name: value }, { replace: true })}
          />
          <FilterField
            label="Namespace"
            placeholder="Namespace"
            value={namespace}
            onChange={(value) => changeObjects({ namespace: value }, { replace: true })}
          />
        </>
      }
      none={<HowToMakeOne />}
      onClear={clear}
    >
      <ObjectTable<NetworkSet>
        label="Network sets"
        columns={columns}
        items={sets}
        total={pages.first?.total ?? 0}
        idOf={({ namespace: within, name: own }) => `${within ?? ''}/${own}`}
        card={card}
        onOpen={(set) => open(networkSetKql(set))}
        onEnd={pages.onEnd}
      />
    </ObjectsFrame>
  )
}

function HowToMakeOne() {
  const address = useAddress()
  return (
    <>
      <p>
        A network set gives blocks of addresses and domains outside of the cluster a name and labels, by which policies
        select them and flows are named.
      </p>
      <p>
        The panel of an edge to the Internet copies the names that a workload reached as one:{' '}
        <Link to="/graph" search={sharedSearch(address)}>
          Service Graph
        </Link>
      </p>
    </>
  )
}

/** Said of the sets that were read; a cluster of more says of how many. */
function finding(sets: readonly NetworkSet[], total: number | undefined): string | undefined {
  if (total === undefined || total === 0) return undefined
  const whole = sets.length === total ? '' : `, of the first ${formatCount(sets.length)}`
  return `${plural(total, 'network set')}${whole}: ${heldText(sets)}`
}

const name = (set: NetworkSet) => (
  <>
    <Icon name="networkSet" size={12} /> <b className={css.name}>{set.name}</b>
  </>
)

const scope = ({ namespace }: NetworkSet): string => namespace ?? 'global'

const columns: readonly ObjectColumn<NetworkSet>[] = [
  { id: 'name', label: 'Name', doc: 'Name of the set.', least: 160, grow: 1.4, draw: name, whole: (set) => set.name },
  { id: 'scope', label: 'Scope', doc: 'Its namespace, or global.', least: 90, grow: 0.7, draw: scope },
  {
    id: 'labels',
    label: 'Labels',
    doc: 'What policies select it by.',
    least: 150,
    grow: 1.4,
    draw: ({ labels }) => <span className={css.labels}>{labelsText(labels) || 'none'}</span>,
    whole: ({ labels }) => labelsText(labels),
  },
  {
    id: 'nets',
    label: 'Networks',
    doc: 'Blocks of addresses.',
    least: 180,
    grow: 2,
    draw: ({ nets }) => <span className="mono">{nets.join(', ') || '–'}</span>,
    whole: ({ nets }) => nets.join(', '),
  },
  {
    id: 'domains',
    label: 'Domains',
    doc: 'Names that are allowed to be reached.',
    least: 180,
    grow: 2,
    draw: ({ domains }) => <span className="mono">{domains.join(', ') || '–'}</span>,
    whole: ({ domains }) => domains.join(', '),
  },
  {
    id: 'records',
    label: 'Records',
    doc: 'Flow records to and from its networks and to its domains, in the time and with the filters of the page.',
    least: 90,
    grow: 0.5,
    amount: true,
    draw: (set) => <SetRecords set={set} />,
  },
]

const card = (set: NetworkSet): ObjectCard => ({
  first: (
    <>
      <span>{name(set)}</span>
      <span data-end className="faint">
        {scope(set)}
      </span>
    </>
  ),
  second: (
    <>
      <span>
        {plural(set.nets.length, 'network')}, {plural(set.domains.length, 'domain')}
        {labelsText(set.labels) && ` · ${labelsText(set.labels)}`}
      </span>
      <span data-end>
        <SetRecords set={set} unit />
      </span>
    </>
  ),
})
