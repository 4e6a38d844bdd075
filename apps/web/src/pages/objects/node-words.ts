// What is said of nodes: ready or not, whether an agent tells of it, rates in and out. Pure.
import type { Node } from '@margay/wire'
import { formatRate } from '../../format/number.ts'
import type { Mark } from './words.ts'

/** What Kubernetes says of it; undefined where it says nothing. */
export function readyMark({ ready }: Node): Mark | undefined {
  if (ready === undefined) return undefined
  return ready
    ? { sign: '●', words: 'ready', tone: 'allow', why: 'Kubernetes says that it is ready.' }
    : { sign: '✕', words: 'not ready', tone: 'deny', why: 'Kubernetes says that it is not ready.' }
}

const agentLooks: { readonly [S in Node['agent']['state']]: Pick<Mark, 'sign' | 'tone' | 'words'> } = {
  ready: { sign: '●', tone: 'allow', words: 'records' },
  degraded: { sign: '▲', tone: 'warn', words: 'degraded' },
  silent: { sign: '✕', tone: 'deny', words: 'silent' },
  absent: { sign: '○', tone: 'warn', words: 'none' },
  unknown: { sign: '–', tone: 'plain', words: 'not known' },
}

/** An agent that nobody heard of is no news where something else tells of the node. */
export function agentMark({ agent, traffic }: Node): Mark {
  const { tone, ...look } = agentLooks[agent.state]
  return { ...look, tone: agent.state === 'absent' && traffic ? 'plain' : tone, why: agent.says }
}

/** Labels that every node has say nothing of this one. */
const usualLabels = /^(beta\.)?kubernetes\.io\/(hostname|arch|os)$|^node\.kubernetes\.io\/exclude-/

export const ownLabels = (labels: Node['labels']): Node['labels'] =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !usualLabels.test(key)))

/** Nobody tells what happens there. */
export const isUntold = ({ agent, traffic }: Node): boolean =>
  agent.state === 'silent' || (agent.state === 'absent' && !traffic)

export interface WayRates {
  readonly allowed: string
  readonly denied: string
  readonly anyDenied: boolean
}

type Measure = 'packetsPerSecond' | 'connectionsPerSecond'

/** Rates in one measure; undefined where nothing there reports. */
export function nodeRates({ traffic }: Node, measure: Measure): Record<'in' | 'out', WayRates> | undefined {
  if (!traffic) return undefined
  const way = ({ allowed, denied }: NonNullable<Node['traffic']>['in']): WayRates => ({
    allowed: formatRate(allowed[measure]),
    denied: formatRate(denied[measure]),
    anyDenied: denied[measure] > 0,
  })
  return { in: way(traffic.in), out: way(traffic.out) }
}
