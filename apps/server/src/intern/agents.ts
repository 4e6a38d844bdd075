// Which agents there are, which addresses each one sees, and since when without a gap. Two questions hang on it: is the
// source of a connection covered by an agent's own report (`counts`), and which host has an address that no Kubernetes
// object names. It is memory only: agents say hello again, and addresses come with their rows.
import type { Hello } from '@margay/wire'
import type { Inventory } from '../inventory/inventory.ts'

export interface AgentState {
  readonly agent: string
  readonly host: string
  readonly version: string
  /** Unix seconds. */
  readonly since: number
  readonly lastSeen: number
}

export interface Agents {
  hello(hello: Hello, now: number): void
  /** Any sign of life. */
  seen(agent: string, now: number): void
  /** False where another living instance has the name. */
  lease(agent: string, instance: string, now: number): boolean
  hostOf(agent: string): string
  /** The agent reported this address as its own side of a connection. */
  noteLocal(agent: string, ip: string): void
  isLocal(agent: string, ip: string): boolean
  /** The host of an address that some agent reported as its own. */
  hostOfAddress(ip: string): string | undefined
  /** Whether an agent, `except` apart, reports what this address did at a moment (Unix seconds). */
  covers(ip: string, moment: number, now: number, except?: string): boolean
  /** Whether this agent was taken for gone at a moment, so that others' reports counted in its place. */
  wasGone(agent: string, moment: number): boolean
  list(): readonly AgentState[]
}

interface Agent {
  host: string
  version: string
  since: number
  lastSeen: number
  instance: string | undefined
  own: ReadonlySet<string>
  /** Spans in which it was taken for gone, oldest first; the last may be open. */
  gaps: { from: number; to: number }[]
}

/** Three intervals: an agent that is silent so long does not report. */
const silentSeconds = 30
const maxGaps = 100
const maxAddresses = 200_000

export function createAgents(inventory: Pick<Inventory, 'nodeOf'>): Agents {
  const agents = new Map<string, Agent>()
  /** Least recently reported first. */
  const byAddress = new Map<string, string>()
  const byHost = new Map<string, string>()

  const agentOf = (name: string, now: number): Agent => {
    const known = agents.get(name)
    if (known) return known
    const agent: Agent = {
      host: name,
      version: '',
      since: now,
      lastSeen: now,
      instance: undefined,
      own: new Set(),
      gaps: [],
    }
    agents.set(name, agent)
    byHost.set(name, name)
    return agent
  }
  /** A silence that has lasted too long is a gap from its beginning on, and stays one. */
  const declare = (agent: Agent, now: number) => {
    const last = agent.gaps.at(-1)
    if (now - agent.lastSeen <= silentSeconds || last?.to === Infinity) return
    agent.gaps.push({ from: agent.lastSeen, to: Infinity })
    if (agent.gaps.length > maxGaps) agent.gaps.shift()
  }
  const seen = (name: string, now: number) => {
    const agent = agentOf(name, now)
    declare(agent, now)
    const last = agent.gaps.at(-1)
    if (last?.to === Infinity) last.to = now
    agent.lastSeen = Math.max(agent.lastSeen, now)
  }
  const inGap = (agent: Agent, moment: number) => agent.gaps.some(({ from, to }) => from < moment && moment <= to)
  const agentOfAddress = (ip: string, moment: number): string | undefined => {
    const node = inventory.nodeOf(ip, moment)
    return node === undefined ? byAddress.get(ip) : byHost.get(node)
  }
  return {
    hello(hello, now) {
      seen(hello.agent, now)
      const agent = agentOf(hello.agent, now)
      byHost.delete(agent.host)
      byHost.set(hello.host, hello.agent)
      Object.assign(agent, {
        host: hello.host,
        version: hello.version,
        since: hello.since,
        own: new Set(hello.addresses),
      })
      for (const ip of hello.addresses) byAddress.set(ip, hello.agent)
    },
    seen,
    lease(name, instance, now) {
      const agent = agentOf(name, now)
      const isFree = agent.instance === undefined || agent.instance === instance || now - agent.lastSeen > silentSeconds
      if (isFree) agent.instance = instance
      return isFree
    },
    hostOf: (name) => agents.get(name)?.host ?? name,
    noteLocal(name, ip) {
      // Deleted first, so that the order of the map is the order of last report.
      byAddress.delete(ip)
      byAddress.set(ip, name)
      if (byAddress.size > maxAddresses) byAddress.delete(byAddress.keys().next().value!)
    },
    isLocal: (name, ip) => byAddress.get(ip) === name || (agents.get(name)?.own.has(ip) ?? false),
    hostOfAddress(ip) {
      const name = byAddress.get(ip)
      return name === undefined ? undefined : agents.get(name)?.host
    },
    covers(ip, moment, now, except) {
      const name = agentOfAddress(ip, moment)
      const agent = name === undefined || name === except ? undefined : agents.get(name)
      if (!agent) return false
      declare(agent, now)
      return agent.since <= moment && !inGap(agent, moment)
    },
    wasGone: (name, moment) => inGap(agents.get(name) ?? agentOf(name, moment), moment),
    list: () =>
      [...agents].map(([agent, { host, version, since, lastSeen }]) => ({ agent, host, version, since, lastSeen })),
  }
}
