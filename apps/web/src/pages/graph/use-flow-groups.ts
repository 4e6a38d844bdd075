// The groups that a graph is made of: asked for the page's range and filter, and added to by the live stream until they
// are asked for again. What is asked for follows from what is open: pods and names cost more groups, so they are not asked
// for before somebody looks.
import {
  createGroupTable,
  createLiveOverlay,
  mergeReporters,
  type Conversations,
  type GroupTable,
  type View,
} from '@margay/graph'
import { flowLog } from '@margay/model'
import type { GraphResponse } from '@margay/wire'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { asProblem, type ProblemError } from '../../api/problem.ts'
import { getGraph } from '../../api/resources.ts'
import type { Scope } from '../../api/question.ts'
import { tail, type StreamState } from '../../api/tail.ts'
import { querySplitsReports } from '../../query-bar/kql.ts'
import { useScope } from '../../view/as-of.tsx'
import { useView } from '../../view/use-view.ts'
import type { Problem } from '@margay/query'

/** Groups at most: as many edges as the graph is built to hold. */
export const mostGroups = 30_000

export interface FlowGroups {
  readonly conversations: Conversations | undefined
  readonly answer: GraphResponse | undefined
  /** What the drawn answer was asked for. */
  readonly scope: Scope
  readonly loading: boolean
  readonly problem: Problem | undefined
  readonly error: ProblemError | undefined
  readonly stream: StreamState | undefined
}

const hasIn = (ids: ReadonlySet<string>, ...levels: readonly string[]) =>
  [...ids].some((id) => levels.some((level) => id.startsWith(`${level}/`)))

/** Fields that the open parts of the view need beside the ones that every edge has. */
export function extraFields(view: View, hasHosts: boolean, services: boolean): readonly string[] {
  const pods = view.level === 'pod' || hasIn(view.opened, 'workload')
  const domains = view.domains || hasIn(view.opened, 'network')
  return [
    ...(services ? ['dest_service_namespace'] : []),
    ...(pods ? ['source_name', 'dest_name'] : []),
    ...(domains ? ['dest_domains'] : []),
    ...(hasHosts ? ['process_name', 'container'] : []),
  ]
}

/** `subject` is what is selected: a service is known by its workloads, whatever the level is. */
export function useFlowGroups(view: View, subject: string | undefined): FlowGroups {
  const { scope, problem } = useScope('flows')
  const [hasHosts, setHasHosts] = useState(false)
  const services = view.level === 'service' || /(^| > )service\//.test(subject ?? '')
  const extra = useMemo(() => extraFields(view, hasHosts, services), [view, hasHosts, services])
  const query = useQuery({
    queryKey: ['graph', scope, extra],
    queryFn: async ({ signal }) => {
      const answer = await getGraph(scope, { extra: [...extra], limit: mostGroups }, signal)
      return { answer, scope, table: tableOf(answer), hasProcesses: extra.includes('process_name') }
    },
    enabled: !problem,
    placeholderData: keepPreviousData,
  })
  const { data } = query
  if (!hasHosts && data && knowsHosts(data.table)) setHasHosts(true)
  // A first answer without the processes of its hosts is not drawn: the camera would be fitted to closed hosts, and stay so.
  const table = data && (data.hasProcesses || !hasHosts) ? data.table : undefined
  const live = useOverlay(scope, table, problem === undefined)
  const { query: search, zone, to } = scope
  const splits = useMemo(() => querySplitsReports(flowLog.name, search, zone, to), [search, zone, to])
  const conversations = useMemo(
    () => table && mergeReporters([table, ...live.tables], { services, ...(splits && { undecided: live.tables }) }),
    // The overlay is mutable; its version says when it has changed.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [table, live.version, services, splits],
  )
  return {
    conversations,
    answer: query.data?.answer,
    scope: query.data?.scope ?? scope,
    loading: query.isFetching,
    problem,
    error: query.error ? asProblem(query.error) : undefined,
    stream: live.stream,
  }
}

function tableOf(answer: GraphResponse): GroupTable {
  const table = createGroupTable()
  table.addColumns(answer.columns, answer.groups)
  return table
}

const knowsHosts = ({ codes, texts }: GroupTable) => {
  const host = texts.indexOf('hep')
  return host >= 0 && (codes.source_type.includes(host) || codes.dest_type.includes(host))
}

/** A picture changes at most this often by live rows: often enough to be live, seldom enough to be looked at. */
const redrawMs = 1000

function useOverlay(scope: Scope, table: GroupTable | undefined, isAskable: boolean) {
  const { view } = useView()
  const overlay = useRef(createLiveOverlay())
  const [version, setVersion] = useState(0)
  const [stream, setStream] = useState<StreamState>()
  const active = view.live && isAskable
  const { query, zone } = scope
  // A new answer holds what came live before it, so what was added is forgotten.
  const [forTable, setForTable] = useState(table)
  if (forTable !== table) {
    setForTable(table)
    overlay.current.restart()
  }
  useEffect(() => {
    if (!active) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let drawnAt = 0
    const redraw = () => {
      timer = undefined
      drawnAt = Date.now()
      setVersion((before) => before + 1)
    }
    // What comes after silence is drawn at once.
    const schedule = () => (timer ??= setTimeout(redraw, Math.max(0, drawnAt + redrawMs - Date.now())))
    const stop = tail({
      type: flowLog,
      query,
      zone,
      onRows(rows, provisional) {
        if (provisional) overlay.current.addProvisional(rows, unixNow())
        else overlay.current.addLasting(rows)
        schedule()
      },
      onState(state) {
        setStream(state)
        if (overlay.current.expire(unixNow())) schedule()
      },
    })
    return () => {
      stop()
      clearTimeout(timer)
      overlay.current = createLiveOverlay()
      setStream(undefined)
    }
  }, [active, query, zone])
  return { tables: overlay.current.tables, version, stream }
}

const unixNow = () => Math.floor(Date.now() / 1000)
