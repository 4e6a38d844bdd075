// Agents as sources of the health report.
import type { Source } from '@margay/wire'
import type { AgentReport } from '../segment/agent-tally.ts'
import { worst } from './worst.ts'

/** Three intervals and a little: a shorter silence is only a slow network. */
const silentSeconds = 35

/** `now` is Unix seconds. */
export function agentSource(report: AgentReport, now: number): Source {
  const { agent, host, version, lastSeen, rowsTotal, rowsPerSecond, lost, collectors } = report
  const silence = now - lastSeen
  const isSilent = silence > silentSeconds
  const poor = collectors.filter(({ state }) => state === 'degraded' || state === 'failed')
  const missing = poor.map(({ title, says }) => `${title}: ${says}`).join('; ')
  return {
    id: `agent:${agent}`,
    kind: 'agent',
    host,
    version,
    state: isSilent ? 'failed' : poor.length > 0 ? 'degraded' : worst(collectors.map(({ state }) => state)),
    says: isSilent ? `says nothing since ${Math.round(silence)} s` : missing || 'reads the kernel of its node',
    lastSeen,
    rowsPerSecond,
    rowsTotal,
    lost: [...lost],
    collectors: [...collectors],
  }
}
