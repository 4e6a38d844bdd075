// What the stored rows of a live table are asked for: the scope as it was when live mode began. Figures follow the
// present; the rows below the live ones must not be asked again and again.
import { useState } from 'react'
import type { Scope } from '../../api/question.ts'

export function useLiveScope(scope: Scope, isLive: boolean): Scope {
  const [started, setStarted] = useState<Scope>()
  const sameSearch = started && started.query === scope.query && started.zone === scope.zone
  const sameWidth = started && started.to - started.from === scope.to - scope.from
  if (!isLive && started) setStarted(undefined)
  if (isLive && !(sameSearch && sameWidth)) setStarted(scope)
  return isLive && sameSearch && sameWidth ? started : scope
}
