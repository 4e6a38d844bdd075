// Every log type, in the order in which people see them.
import type { LogType, RowOf } from '../field.ts'
import { dnsLog } from './dns.ts'
import { flowLog } from './flows.ts'

export { dnsLog, flowLog }

export type FlowRow = RowOf<typeof flowLog>
export type DnsRow = RowOf<typeof dnsLog>

export const logTypes: readonly LogType[] = [flowLog, dnsLog]

export function logType(name: string): LogType | undefined {
  return logTypes.find((type) => type.name === name)
}
