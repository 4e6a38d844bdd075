// The records under the graph: tabs with counts, narrowed to the selection. Every count says what it counts.
import type { Tree } from '@margay/graph'
import type { Row } from '@margay/model'
import { useEffect, useMemo } from 'react'
import type { Scope } from '../../api/question.ts'
import { asProblem } from '../../api/problem.ts'
import { formatBytes, plural } from '../../format/number.ts'
import { columnsOf } from '../../log-table/columns.ts'
import { LogTable } from '../../log-table/LogTable.tsx'
import { WaysOut } from '../../shell/WaysOut.tsx'
import { Button } from '../../ui/Button.tsx'
import { Empty, Failed, Loading } from '../../ui/Message.tsx'
import { addPill } from '../../view/pill.ts'
import { useView } from '../../view/use-view.ts'
import { tabs, type Tab } from './graph-address.ts'
import { lookupsWithin, within } from './subject.ts'
import { typeOf, useCount, useNameServices, useRecords, useSums } from './use-records.ts'
import css from './Graph.module.css'

interface Props {
  readonly tab: Tab
  readonly subject: string | undefined
  /** What the subject was chosen from, once it is there. */
  readonly tree: Tree | undefined
  readonly flows: Scope
  /** The page's scope for the DNS log; undefined where the query names what that log does not have. */
  readonly dns: Scope | undefined
  readonly openId: string | undefined
  readonly onTab: (tab: Tab) => void
  readonly onOpen: (id: string) => void
  readonly onRows: (rows: readonly Row[]) => void
}

const tabWords: { readonly [T in Tab]: string } = { all: 'All flows', denied: 'Denied', dns: 'DNS' }

const columns: { readonly [T in Tab]: readonly string[] } = {
  all: flowColumns(),
  denied: flowColumns(),
  dns: ['start_time', 'client_namespace', 'client_name_aggr', 'qname', 'qtype', 'rcode', 'latency_max', 'count'],
}

function flowColumns(): readonly string[] {
  return [
    'start_time',
    'action',
    'source_namespace',
    'source_name_aggr',
    'dest_namespace',
    'dest_name_aggr',
    'dest_port',
    'bytes_in',
    'bytes_out',
    'process_name',
    'policies.enforced_policies',
  ]
}

export function Records({ tab, subject, tree, flows, dns, openId, onTab, onOpen, onRows }: Props) {
  const services = useNameServices(flows, subject, tree)
  const scopes: { readonly [T in Tab]: Scope | undefined } = {
    all: within(flows, subject, tree),
    denied: within(flows, subject, tree),
    dns: dns && services.known && lookupsWithin(dns, subject, tree, services.known),
  }
  // Where the DNS log can be asked, but not yet for what.
  const isFailed = dns !== undefined && services.known === undefined && services.error !== null
  const isWaiting = dns !== undefined && services.known === undefined && services.error === null
  const type = typeOf[tab]
  const records = useRecords(tab, scopes[tab])
  const { changeView } = useView()
  const shown = useMemo(() => columnsOf(type, columns[tab]), [type, tab])
  useEffect(() => onRows(records.rows), [records.rows, onRows])
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = records
  const onEnd = () => void (hasNextPage && !isFetchingNextPage && fetchNextPage())
  return (
    <section className={css.records} aria-label="Records">
      <div className={css.tabs} role="tablist" aria-label="Records of the selection">
        {tabs.map((each) => (
          <TabButton key={each} tab={each} scope={scopes[each]} isOpen={each === tab} onTab={onTab} />
        ))}
        <SumsText scope={scopes.all!} />
      </div>
      <div className={css.rows} role="tabpanel" aria-label={tabWords[tab]}>
        <Loading active={records.isFetching || (tab === 'dns' && isWaiting)} label="Loading records" />
        {scopes[tab] === undefined && isFailed && <Failed failure={asProblem(services.error)} />}
        {scopes[tab] === undefined && !isFailed && !isWaiting && <NoLookups subject={subject} />}
        {records.error && records.rows.length === 0 && <Failed failure={asProblem(records.error)} />}
        {scopes[tab] !== undefined && !records.error && records.isFetched && records.rows.length === 0 && (
          <Empty title={tab === 'denied' ? 'Nothing was denied here' : 'No records here'}>
            <p>In this time, with this query and selection.</p>
            <WaysOut>
              {subject !== undefined && (
                <Button onClick={() => changeView({ selection: undefined })}>Clear the selection</Button>
              )}
            </WaysOut>
          </Empty>
        )}
        {records.rows.length > 0 && scopes[tab] !== undefined && (
          <LogTable
            type={type}
            rows={records.rows}
            columns={shown}
            zone={flows.zone}
            sort={{ field: type.time, descending: true }}
            onSort={() => undefined}
            openId={openId}
            onOpen={onOpen}
            onFilter={(added) => changeView(({ pills }) => ({ pills: addPill(pills, added) }))}
            onEnd={onEnd}
            label={`${tabWords[tab]}, newest first`}
          />
        )}
      </div>
    </section>
  )
}

interface TabButtonProps {
  readonly tab: Tab
  readonly scope: Scope | undefined
  readonly isOpen: boolean
  readonly onTab: (tab: Tab) => void
}

function TabButton({ tab, scope, isOpen, onTab }: TabButtonProps) {
  const count = useCount(tab, scope)
  return (
    <button
      type="button"
      role="tab"
      aria-selected={isOpen}
      onClick={() => onTab(tab)}
      title={scope ? 'A conversation that both ends report is two records' : 'Not known for this selection'}
    >
      {tabWords[tab]} <span className={css.count}>{count === undefined ? '–' : plural(count, 'record')}</span>
    </button>
  )
}

function SumsText({ scope }: { readonly scope: Scope }) {
  const sums = useSums(scope)
  if (!sums) return null
  return (
    <span
      className={css.sums}
      title="Each conversation once, as the edges and the panel count it: by its source's record, or by its destination's where the source's is not in the search"
    >
      counted once: {plural(sums.connections, 'connection')}, {formatBytes(sums.bytes)}
    </span>
  )
}

function NoLookups({ subject }: { readonly subject: string | undefined }) {
  return (
    <Empty title="DNS lookups cannot be told for this">
      <p>
        {subject === undefined
          ? 'The query names fields that the DNS log does not have. Select a workload, or clear the query.'
          : 'Only clients inside are named in the DNS log; select the workload or namespace that asks.'}
      </p>
    </Empty>
  )
}
