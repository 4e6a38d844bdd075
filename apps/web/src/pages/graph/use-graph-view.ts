// The graph's view, read from the address and changed in it: each change is one step that Back undoes.
import { useCallback, useMemo } from 'react'
import { useAddress, useChangeAddress } from '../../view/use-view.ts'
import { readView, writeView, type View } from '../../view/view.ts'
import { readGraphView, writeGraphView, type GraphView } from './graph-address.ts'

/** Changes the graph's part of the view and, in the same step, the shared part. */
export type ChangeGraphView = (change: (view: GraphView) => Partial<GraphView>, shared?: Partial<View>) => void

export function useGraphView(): { readonly graphView: GraphView; readonly changeGraphView: ChangeGraphView } {
  const search = useAddress()
  const changeAddress = useChangeAddress()
  const graphView = useMemo(() => readGraphView(search), [search])
  const changeGraphView = useCallback<ChangeGraphView>(
    (change, shared) =>
      changeAddress((previous) => {
        const before = readGraphView(previous)
        const graph = writeGraphView({ ...before, ...change(before) })
        return shared ? { ...graph, ...writeView({ ...readView(previous), ...shared }) } : graph
      }),
    [changeAddress],
  )
  return { graphView, changeGraphView }
}
