// The log type that the query bar speaks of: Explore's choice, flows on every other page.
import { logType } from '@margay/model'
import { oneOf } from '../view/address.ts'
import { useAddress } from '../view/use-view.ts'

/** The name in the address under which a page keeps its log type. */
export const logTypeName = 'log'

export function useLogType(): string {
  const name = oneOf(useAddress()[logTypeName])
  return name && logType(name) ? name : 'flows'
}
