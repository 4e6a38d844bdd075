// What the editor of a query needs to know of the page: the log, the range whose values it suggests, zone and present.
import { useMemo } from 'react'
import { useAsOf, useZone } from '../view/as-of.tsx'
import { resolveRange } from '../view/moment.ts'
import { useView } from '../view/use-view.ts'
import type { LanguageContext } from './language.ts'
import { useLogType } from './use-log-type.ts'

export function useLanguageContext(): LanguageContext {
  const { view } = useView()
  const { now } = useAsOf()
  const zone = useZone()
  const logType = useLogType()
  const { from, to } = resolveRange(view.range, now)
  return useMemo(() => ({ logType, from, to, zone, now }), [logType, from, to, zone, now])
}
