// Every log type, in the order in which people see them.
import type { LogType, RowOf } from '../field.ts'
import { dnsLog } from './dns.ts'
import { flowLog } from './flows.ts'
import { objectLog } from './objects.ts'
import { policyActivityLog } from './policy-activity.ts'

export { elsewhereConflict } from './flows.ts'
export { dnsLog, flowLog, objectLog, policyActivityLog }

export type FlowRow = RowOf<typeof flowLog>
export type DnsRow = RowOf<typeof dnsLog>
export type ObjectRow = RowOf<typeof objectLog>
export type PolicyActivityRow = RowOf<typeof policyActivityLog>

export const logTypes: readonly LogType[] = [flowLog, dnsLog, objectLog, policyActivityLog]

export function logType(name: string): LogType | undefined {
  return logTypes.find((type) => type.name === name)
}
