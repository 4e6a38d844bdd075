// Explore: show me the records. It composes: what is asked lives in the address, asking in the hooks, drawing in parts.
import type { Row } from '@margay/model'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { asProblem } from '../../api/problem.ts'
import { columnsOf } from '../../log-table/columns.ts'
import { LogTable } from '../../log-table/LogTable.tsx'
import { rowIds } from '../../log-table/row-id.ts'
import { usePhone, WithSidePanel } from '../../shell/SidePanel.tsx'
import { Failed, FailedBanner, Loading } from '../../ui/Message.tsx'
import { useScope } from '../../view/as-of.tsx'
import { useView } from '../../view/use-view.ts'
import { CannotAsk } from './CannotAsk.tsx'
import { toggleColumn } from './ColumnPicker.tsx'
import { FieldList } from './FieldList.tsx'
import { LogTabs } from './LogTabs.tsx'
import { NoRecords } from './NoRecords.tsx'
import { RecordPanel } from './RecordPanel.tsx'
import { StateLine } from './StateLine.tsx'
import { useAddFilter, useExplore } from './use-explore.ts'
import { useLiveScope } from './use-live-scope.ts'
import { joinRows, useLiveRows, useStoredRows } from './use-rows.ts'
import { summable, useRecordCount, useTotals } from './use-totals.ts'
import { TotalsLabel, totalTexts } from './totals.tsx'
import css from './Explore.module.css'

const ExploreHistogram = lazy(() => import('./ExploreHistogram.tsx'))

export function ExplorePage() {
  const { view, changeView } = useView()
  const { explore, changeExplore, openLog } = useExplore()
  const { type, columns, sort } = explore
  const { scope, problem } = useScope(type.name)
  const addFilter = useAddFilter()
  const phone = usePhone()
  const [histogramShown, setHistogramShown] = useState(!phone)
  const [fieldsShown, setFieldsShown] = useState(false)
  const [marked, setMarked] = useState<readonly Row[]>([])

  const followsTime = sort.field === type.time && sort.descending
  const isLive = view.live && followsTime && !problem
  const tableScope = useLiveScope(scope, isLive)
  const stored = useStoredRows(type, tableScope, sort, !problem)
  const { live, stream, togglePause } = useLiveRows(type, scope.query, scope.zone, isLive)
  const rows = useMemo(() => joinRows(live.rows, stored.rows, type.time), [live.rows, stored.rows, type])
  const count = useRecordCount(type, scope, !problem)
  const totals = useTotals(type, scope, columns, !problem)

  const shownColumns = useMemo(() => columnsOf(type, columns), [type, columns])
  const openId = view.selection?.kind === 'row' ? view.selection.id : undefined
  const openRow = useMemo(
    () => (openId ? rows[rowIds(rows, type.time).indexOf(openId)] : undefined),
    [rows, openId, type],
  )
  const onEnd = useCallback(() => {
    if (stored.hasNextPage && !stored.isFetching) void stored.fetchNextPage()
  }, [stored])

  return (
    <WithSidePanel
      label={`Record of the ${type.title}`}
      panel={openId && <RecordPanel type={type} id={openId} row={openRow} scope={scope} onFilter={addFilter} />}
    >
      <h1 className="visually-hidden">Explore</h1>
      <div className={css.page}>
        <LogTabs
          explore={explore}
          scope={scope}
          enabled={!problem}
          effort={count.data?.effort}
          histogramShown={histogramShown}
          onHistogram={() => setHistogramShown(!histogramShown)}
          onType={openLog}
        />
        <aside className={css.fields} data-shown={fieldsShown} aria-label="Fields">
          <FieldList
            type={type}
            scope={scope}
            enabled={!problem}
            columns={columns}
            onToggleColumn={(name) => changeExplore({ columns: toggleColumn(columns, name) })}
            onFilter={addFilter}
          />
        </aside>
        <section className={css.list} aria-label="Records">
          {histogramShown && (
            <Suspense fallback={<div className={css.histogram} />}>
              <ExploreHistogram type={type} scope={scope} enabled={!problem} />
            </Suspense>
          )}
          <StateLine
            explore={explore}
            scope={scope}
            loaded={rows.length}
            count={count.data?.rows}
            wrong={problem !== undefined}
            live={isLive ? live : undefined}
            liveOff={view.live && !followsTime}
            stream={stream}
            marked={marked}
            onPause={togglePause}
            onFields={() => setFieldsShown(!fieldsShown)}
            onColumns={(columns) => changeExplore({ columns })}
            onFilter={addFilter}
          />
          {stored.error && stored.rows.length > 0 && <FailedBanner failure={asProblem(stored.error)} />}
          <div className={css.table}>
            <Loading active={stored.isFetching} label="Reading records" />
            {stored.error && stored.rows.length === 0 ? (
              <Failed failure={asProblem(stored.error)} />
            ) : problem ? (
              <CannotAsk problem={problem} />
            ) : rows.length === 0 && stored.isSuccess ? (
              <NoRecords type={type} />
            ) : (
              <LogTable
                key={type.name}
                type={type}
                rows={rows}
                columns={shownColumns}
                zone={scope.zone}
                sort={sort}
                onSort={(sort) => changeExplore({ sort })}
                openId={openId}
                onOpen={(id) => changeView({ selection: { kind: 'row', id } })}
                onFilter={addFilter}
                onMark={setMarked}
                isProvisional={(row) => live.provisional.has(row)}
                onEnd={onEnd}
                end={stored.hasNextPage ? 'More records below: scroll on to read them.' : undefined}
                totals={
                  rows.length > 0 ? totalTexts(type, summable(type, columns), totals.data, scope.zone) : undefined
                }
                totalsLabel={<TotalsLabel type={type} totals={totals.data} records={count.data?.rows} live={isLive} />}
                label={`${type.title} records`}
              />
            )}
          </div>
        </section>
      </div>
    </WithSidePanel>
  )
}
