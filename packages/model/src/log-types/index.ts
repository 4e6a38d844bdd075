// Every log type, in the order in which people see them.
import type { LogType, RowOf } from '../field.ts'
import { dnsLog } from './dns.ts'
import { flowLog } from './flows.ts'
import { objectLog } from './objects.ts'

export { dnsLog, flowLog, objectLog }

export type FlowRow = RowOf<typeof flowLog>
export type DnsRow = RowOf<typeof dnsLog>
export type ObjectRow = RowOf<typeof objectLog>

export const logTypes: readonly LogType[] = [flowLog, dnsLog, objectLog]

export function logType(name: string): LogType | undefined {
  return logTypes.find((type) => type.name === name)
}
