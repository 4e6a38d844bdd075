// The objects' view, read from the address and changed in it.
import { useCallback, useMemo } from 'react'
import { useAddress, useChangeAddress, type ChangeOptions } from '../../view/use-view.ts'
import { readObjectView, writeObjectView, type ObjectView } from './object-view.ts'

export type ChangeObjects = (change: Partial<ObjectView>, options?: ChangeOptions) => void

/** `columns` are those that the list can be sorted by. */
export function useObjectView(columns: readonly string[]) {
  const address = useAddress()
  const changeAddress = useChangeAddress()
  const objects = useMemo(() => readObjectView(address, columns), [address, columns])
  const changeObjects = useCallback<ChangeObjects>(
    (change, options) =>
      changeAddress((before) => writeObjectView({ ...readObjectView(before, columns), ...change }), options),
    [changeAddress, columns],
  )
  const clear = useCallback(
    () =>
      changeAddress((before) => {
        const { sort } = readObjectView(before, columns)
        return writeObjectView({ ...readObjectView({}, columns), sort })
      }),
    [changeAddress, columns],
  )
  return { objects, changeObjects, clear }
}
