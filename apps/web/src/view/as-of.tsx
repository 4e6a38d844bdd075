// The one present of a page. Every question of a page is asked for the same fixed range, so that ribbon, histogram, table
// and totals speak of the same records and their figures agree. The present moves when the view changes, when someone
// asks for it, and every few seconds in live mode.
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import type { Scope } from '../api/question.ts'
import type { Problem } from '@margay/query'
import { queryProblem } from '../query-bar/kql.ts'
import { resolveRange } from './moment.ts'
import { composeQuery } from './pill.ts'
import { useView } from './use-view.ts'
import { browserZone } from './zone.ts'

const unixNow = (): number => Math.floor(Date.now() / 1000)

/** How often figures are asked anew in live mode; rows come by the stream. */
const liveRefreshMs = 5000

interface AsOf {
  /** Unix seconds. */
  readonly now: number
  readonly refresh: () => void
}

const AsOfContext = createContext<AsOf | undefined>(undefined)

export function AsOfProvider({ children }: { readonly children: ReactNode }) {
  const { view } = useView()
  const question = JSON.stringify([view.range, view.query, view.pills])
  const [asOf, setAsOf] = useState({ question, now: unixNow() })
  // A changed question has a present of its own, already in this rendering.
  const current = asOf.question === question ? asOf : { question, now: unixNow() }
  if (current !== asOf) setAsOf(current)
  const refresh = useCallback(() => setAsOf(({ question }) => ({ question, now: unixNow() })), [])
  useEffect(() => {
    if (!view.live) return
    const timer = setInterval(refresh, liveRefreshMs)
    return () => clearInterval(timer)
  }, [view.live, refresh])
  const value = useMemo(() => ({ now: current.now, refresh }), [current.now, refresh])
  return <AsOfContext value={value}>{children}</AsOfContext>
}

export function useAsOf(): AsOf {
  const asOf = use(AsOfContext)
  if (!asOf) throw new Error('BUG: useAsOf outside of AsOfProvider')
  return asOf
}

/** The zone that times are shown in. */
export function useZone(): string {
  return useView().view.zone ?? browserZone()
}

export interface ViewScope {
  readonly scope: Scope
  /** Set where the query cannot be asked; nothing is asked then. */
  readonly problem: Problem | undefined
}

/** What every question of the page shares, for one log type. */
export function useScope(logType: string): ViewScope {
  const { view } = useView()
  const { now } = useAsOf()
  const zone = useZone()
  return useMemo(() => {
    const { from, to } = resolveRange(view.range, now)
    const problem = queryProblem(logType, view.query, view.pills, zone, now)
    return { scope: { from, to, query: composeQuery(view.query, view.pills), zone }, problem }
  }, [view, now, zone, logType])
}
