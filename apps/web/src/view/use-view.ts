// The view of the page that is open, and changing it: each change is one step that Back undoes.
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import type { Search } from './address.ts'
import { readView, writeView, type View } from './view.ts'

/** The texts of the address, as the router has them. */
export const useAddress = (): Search => useSearch({ strict: false })

export interface ChangeOptions {
  /** Takes the place of the present step, for changes that nobody would want to undo one by one. */
  readonly replace?: boolean
}

/** Changes names of the address and leaves the others as they are. */
export function useChangeAddress(): (change: (search: Search) => Search, options?: ChangeOptions) => void {
  const navigate = useNavigate()
  return useCallback(
    (change, { replace = false } = {}) => {
      const search = (previous: Search) => ({ ...previous, ...change(previous) })
      void navigate({ to: '.', search, replace })
    },
    [navigate],
  )
}

export type ChangeView = (change: Partial<View> | ((view: View) => Partial<View>), options?: ChangeOptions) => void

export function useView(): { readonly view: View; readonly changeView: ChangeView } {
  const search = useAddress()
  const changeAddress = useChangeAddress()
  const view = useMemo(() => readView(search), [search])
  const changeView = useCallback<ChangeView>(
    (change, options) =>
      changeAddress((previous) => {
        const before = readView(previous)
        return writeView({ ...before, ...(typeof change === 'function' ? change(before) : change) })
      }, options),
    [changeAddress],
  )
  return { view, changeView }
}
