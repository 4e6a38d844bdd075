// A simulation as Markdown for a pull request.
import type { Flow, FlowEnd } from '../evaluate/flow.ts'
import { printAddress } from '../net/address.ts'
import { protocolName } from '../objects/ports.ts'
import { changeName, changeReason, type Simulation } from './simulate.ts'

const endWords = (end: FlowEnd) => end.pod ?? end.hostEndpoint ?? (end.address ? printAddress(end.address) : 'unknown')

export function flowWords(flow: Flow): string {
  const port = flow.port === undefined ? '' : `:${flow.port}`
  return `${endWords(flow.source)} → ${endWords(flow.destination)}${port} ${protocolName(flow.protocol)}`
}

/** What Markdown would obey: names come from flows and files, and are to be read, not to be rendered. */
const cell = (text: string) => text.replace(/\p{Cc}/gu, ' ').replace(/[\\`*_[\]<>|~&]/g, '\\$&')

/** Rows beyond this make a comment that no forge accepts. */
const mostRows = 100

/** That nothing was found, which says something only where there was something to look at. */
export const nothingChanges = (flows: number): string =>
  flows === 0 ? 'nothing was judged, for no flow was there to look at' : 'no verdict changes'

/** Ready for a pull request; says how many flows were looked at even when nothing changed. */
export function printSimulation(simulation: Simulation): string {
  const { flows, judged, changed } = simulation
  const counts = Map.groupBy(changed, changeName)
  const summary = [...counts].map(([name, list]) => `**${list.length} ${name}**`).join(', ') || nothingChanges(flows)
  const head = `### Policy change: ${summary}\n\n${flows} flows, ${judged} of them within reach of the change.\n`
  if (changed.length === 0) return head
  const rows = changed
    .slice(0, mostRows)
    .map((change) => `| ${changeName(change)} | ${cell(flowWords(change.flow))} | ${cell(changeReason(change))} |`)
  const left = changed.length - rows.length
  const rest = left > 0 ? `\n${left} more are left out.\n` : ''
  return `${head}\n| Change | Flow | Reason |\n|---|---|---|\n${rows.join('\n')}\n${rest}`
}

/** Exit code for a check: 1 when something that was allowed is denied or uncertain now. */
export function simulationExitCode({ changed }: Simulation): number {
  return changed.some(({ before, after }) => before.verdict === 'allow' && after.verdict !== 'allow') ? 1 : 0
}
