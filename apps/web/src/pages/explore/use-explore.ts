// Explore's view, read from the address and changed in it.
import type { LogType } from '@margay/model'
import { useCallback, useMemo } from 'react'
import { addPill, type Pill } from '../../view/pill.ts'
import { useAddress, useChangeAddress, useView } from '../../view/use-view.ts'
import { readView, writeView } from '../../view/view.ts'
import { readExplore, startOf, writeExplore, type ExploreView } from './explore-view.ts'

export function useExplore() {
  const search = useAddress()
  const changeAddress = useChangeAddress()
  const explore = useMemo(() => readExplore(search), [search])
  const changeExplore = useCallback(
    (change: Partial<ExploreView>) =>
      changeAddress((previous) => writeExplore({ ...readExplore(previous), ...change })),
    [changeAddress],
  )
  const openLog = useCallback(
    (type: LogType) =>
      changeAddress((previous) => ({
        ...writeExplore(startOf(type)),
        ...writeView({ ...readView(previous), selection: undefined }),
      })),
    [changeAddress],
  )
  return { explore, changeExplore, openLog }
}

/** Adds a filter made by clicking. */
export function useAddFilter(): (pill: Pill) => void {
  const { changeView } = useView()
  return useCallback((added) => changeView(({ pills }) => ({ pills: addPill(pills, added) })), [changeView])
}
