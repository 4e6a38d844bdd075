// Agents as sources of the health report.
import type { Source } from '@margay/wire'
import type { AgentReport } from '../segment/agent-tally.ts'
import { worst } from './worst.ts'

/** Three intervals and a little: a shorter silence is only a slow network. */
const silentSeconds = 35

/** How long a row of another node's pod is told of after it came: somebody ought to look at the node. */
const elsewhereSeconds = 86_400

const isRecent = ({ elsewhere }: AgentReport, now: number) =>
  elsewhere !== undefined && now - elsewhere.last <= elsewhereSeconds

function elsewhereWords({ elsewhere }: AgentReport): string {
  const rows = elsewhere?.rows ?? 0
  return `sent ${rows} ${rows === 1 ? 'row' : 'rows'} of other nodes' pods, which do not count: look at evidence_conflict, and at the node`
}

/** `now` is Unix seconds. */
export function agentSource(report: AgentReport, now: number): Source {
  const { agent, host, version, lastSeen, rowsTotal, rowsPerSecond, lost, collectors } = report
  const silence = now - lastSeen
  const isSilent = silence > silentSeconds
  const poor = collectors.filter(({ state }) => state === 'degraded' || state === 'failed')
  const strange = isRecent(report, now) ? [elsewhereWords(report)] : []
  const missing = [...strange, ...poor.map(({ title, says }) => `${title}: ${says}`)].join('; ')
  return {
    id: `agent:${agent}`,
    kind: 'agent',
    host,
    version,
    state: isSilent ? 'failed' : missing !== '' ? 'degraded' : worst(collectors.map(({ state }) => state)),
    says: isSilent ? `says nothing since ${Math.round(silence)} s` : missing || 'reads the kernel of its node',
    lastSeen,
    rowsPerSecond,
    rowsTotal,
    lost: [...lost],
    collectors: [...collectors],
  }
}
