// Which agents there are, which addresses each one sees, and since when without a gap. Two questions hang on it: is the
// source of a connection covered by an agent's own report (`counts`), and which host has an address that no Kubernetes
// object names. What must outlive the server is who was taken for gone and when, for whoever comes back with a spool; the
// rest is memory: agents say hello again, and addresses come with their rows.
import type { Hello } from '@margay/wire'
import type { Inventory } from '../inventory/inventory.ts'
import { createAddresses } from './addresses.ts'

export interface AgentState {
  readonly agent: string
  readonly host: string
  readonly version: string
  /** Unix seconds. */
  readonly since: number
  readonly lastSeen: number
}

/** What is kept of an agent across a restart of the server. */
export interface KeptAgent {
  readonly agent: string
  readonly host: string
  readonly since: number
  readonly lastSeen: number
  readonly addresses: readonly string[]
  /** Unix seconds; an open gap has no end. */
  readonly gaps: readonly { readonly from: number; readonly to?: number | undefined }[]
}

export interface Agents {
  /** How many of its addresses are pods' or hosts' of other nodes, and were not told before: they are left out. */
  hello(hello: Hello, now: number): number
  /** Any sign of life. */
  seen(agent: string, now: number): void
  /** False where another living instance has the name. */
  lease(agent: string, instance: string, now: number): boolean
  hostOf(agent: string): string
  /** The agent reported this address as its own side of a connection. */
  noteLocal(agent: string, ip: string, now: number): void
  isLocal(agent: string, ip: string, moment: number): boolean
  /** The host of an address that one agent reported as its own; undefined where several did, or nobody. */
  hostOfAddress(ip: string, moment: number): string | undefined
  /**
   * Whether an agent reports what this address did at a moment (Unix seconds). With `except`, another agent than that one, to
   * which an address that several hosts have is its own.
   */
  covers(ip: string, moment: number, now: number, except?: string): boolean
  /** Who reports what an address does at a moment (Unix seconds), and if nobody does, why. */
  reporterOf(ip: string, moment: number, now: number): Reporter
  /** Whether this agent was taken for gone at a moment, so that others' reports counted in its place. */
  wasGone(agent: string, moment: number): boolean
  /** Agents that were heard of since the server started. */
  list(): readonly AgentState[]
  kept(): readonly KeptAgent[]
  /** Changes whenever what is kept does, times of last sign of life apart. */
  readonly revision: number
  /**
   * Takes what an earlier server kept. The server's own absence is nobody's silence: who was there before is believed to
   * be there, until it has been silent for as long as any other.
   */
  restore(kept: readonly KeptAgent[], now: number): void
}

/**
 * An agent that reports, one that was silent then or began only later, or none. `host` is the address's node where that is
 * known.
 */
export interface Reporter {
  readonly host?: string
  readonly state: 'reports' | 'silent' | 'later' | 'none'
}

interface Agent {
  host: string
  version: string
  since: number
  lastSeen: number
  /** From when on its silence counts: the last sign of life, or the server's start. */
  silentFrom: number
  /** Whether it was heard of since the server started. */
  isHeard: boolean
  instance: string | undefined
  own: ReadonlySet<string>
  /** What it said that it has, and others have. */
  others: ReadonlySet<string>
  /** Spans in which it was taken for gone, oldest first; the last may be open. */
  gaps: { from: number; to: number }[]
}

/** Three intervals: an agent that is silent so long does not report. */
const silentSeconds = 30
const maxGaps = 100
/** Longer than any spool lasts: who is silent so long comes back as somebody new. */
const keptSeconds = 7 * 86_400

/** Whether a hello says of an agent what is known already. */
const isSame = ({ host, since, own }: Agent, hello: Hello): boolean =>
  host === hello.host &&
  since === hello.since &&
  own.size === new Set(hello.addresses).size &&
  hello.addresses.every((ip) => own.has(ip))

export function createAgents(inventory: Pick<Inventory, 'nodeOf' | 'isElsewhere'>): Agents {
  const agents = new Map<string, Agent>()
  const addresses = createAddresses()
  const byHost = new Map<string, string>()
  let revision = 0

  const agentOf = (name: string, now: number): Agent => {
    const known = agents.get(name)
    if (known) return known
    const agent: Agent = {
      host: name,
      version: '',
      since: now,
      lastSeen: now,
      silentFrom: now,
      isHeard: true,
      instance: undefined,
      own: new Set(),
      others: new Set(),
      gaps: [],
    }
    agents.set(name, agent)
    byHost.set(name, name)
    return agent
  }
  /** A silence that has lasted too long is a gap from its beginning on, and stays one. */
  const declare = (agent: Agent, now: number) => {
    const last = agent.gaps.at(-1)
    if (now - agent.silentFrom <= silentSeconds || last?.to === Infinity) return
    agent.gaps.push({ from: agent.silentFrom, to: Infinity })
    if (agent.gaps.length > maxGaps) agent.gaps.shift()
    revision++
  }
  const seen = (name: string, now: number) => {
    const agent = agentOf(name, now)
    declare(agent, now)
    const last = agent.gaps.at(-1)
    if (last?.to === Infinity) {
      last.to = now
      revision++
    }
    agent.isHeard = true
    agent.lastSeen = Math.max(agent.lastSeen, now)
    agent.silentFrom = Math.max(agent.silentFrom, now)
  }
  const inGap = (agent: Agent, moment: number) => agent.gaps.some(({ from, to }) => from < moment && moment <= to)
  const wasThere = ({ since, silentFrom }: Agent, moment: number) =>
    since <= moment && moment - silentFrom <= silentSeconds
  /** Several where each of their hosts has the address for itself. A host that is gone has left its addresses to others. */
  const holdersOf = (ip: string, moment: number): readonly Agent[] => {
    const found = addresses.agentsOf(ip, moment).flatMap((name) => agents.get(name) ?? [])
    // Fast path: one or none.
    if (found.length < 2) return found
    const there = found.filter((agent) => wasThere(agent, moment))
    return there.length > 0 ? there : found
  }
  const agentsOfAddress = (ip: string, moment: number): readonly Agent[] => {
    const node = inventory.nodeOf(ip, moment)
    if (node === undefined) return holdersOf(ip, moment)
    const name = byHost.get(node)
    const agent = name === undefined ? undefined : agents.get(name)
    return agent ? [agent] : []
  }
  const stateOf = (agent: Agent, moment: number, now: number): Reporter['state'] => {
    declare(agent, now)
    if (agent.since > moment) return 'later'
    return inGap(agent, moment) ? 'silent' : 'reports'
  }
  return {
    hello(said, now) {
      seen(said.agent, now)
      const agent = agentOf(said.agent, now)
      const isOthers = (ip: string) => inventory.isElsewhere(said.host, { ip, since: now, until: now })
      const others = new Set(said.addresses.filter(isOthers))
      const hello = { ...said, addresses: said.addresses.filter((ip) => !others.has(ip)) }
      const added = [...others].filter((ip) => !agent.others.has(ip)).length
      if (!isSame(agent, hello)) revision++
      byHost.delete(agent.host)
      byHost.set(hello.host, hello.agent)
      Object.assign(agent, {
        host: hello.host,
        version: hello.version,
        since: hello.since,
        own: new Set(hello.addresses),
        others,
      })
      addresses.setOwn(hello.agent, hello.addresses)
      return added
    },
    seen,
    lease(name, instance, now) {
      const agent = agentOf(name, now)
      const isFree = agent.instance === undefined || agent.instance === instance || now - agent.lastSeen > silentSeconds
      if (isFree) agent.instance = instance
      return isFree
    },
    hostOf: (name) => agents.get(name)?.host ?? name,
    noteLocal: (name, ip, now) => addresses.note(name, ip, now),
    isLocal: (name, ip, moment) => addresses.has(name, ip, moment),
    hostOfAddress(ip, moment) {
      const [agent, other] = holdersOf(ip, moment)
      return other ? undefined : agent?.host
    },
    covers(ip, moment, now, except) {
      const found = agentsOfAddress(ip, moment)
      const own = except === undefined ? undefined : agents.get(except)
      if (own && found.includes(own)) return false
      return found.some((agent) => stateOf(agent, moment, now) === 'reports')
    },
    reporterOf(ip, moment, now) {
      const found = agentsOfAddress(ip, moment).map((agent) => ({
        host: agent.host,
        state: stateOf(agent, moment, now),
      }))
      const [first, other] = found
      // Where several have the address it is not known whose it is.
      if (first && other) return { state: found.some(({ state }) => state === 'reports') ? 'reports' : first.state }
      if (first) return first
      const host = inventory.nodeOf(ip, moment)
      return host === undefined ? { state: 'none' } : { host, state: 'none' }
    },
    wasGone: (name, moment) => inGap(agents.get(name) ?? agentOf(name, moment), moment),
    list: () =>
      [...agents]
        .filter(([, { isHeard }]) => isHeard)
        .map(([agent, { host, version, since, lastSeen }]) => ({ agent, host, version, since, lastSeen })),
    kept: () =>
      [...agents].map(([agent, { host, since, lastSeen, own, gaps }]) => ({
        agent,
        host,
        since,
        lastSeen,
        addresses: [...own],
        gaps: gaps.map(({ from, to }) => (to === Infinity ? { from } : { from, to })),
      })),
    get revision() {
      return revision
    },
    restore(kept, now) {
      for (const { agent: name, host, since, lastSeen, addresses: own, gaps } of kept) {
        if (now - lastSeen > keptSeconds) continue
        const agent = agentOf(name, now)
        Object.assign(agent, { host, since, lastSeen, isHeard: false, own: new Set(own) })
        agent.gaps = gaps.map(({ from, to = Infinity }) => ({ from, to }))
        byHost.delete(name)
        byHost.set(host, name)
        addresses.setOwn(name, own)
      }
    },
  }
}
