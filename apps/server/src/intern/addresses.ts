// Which agents have an address: their hosts' own, as each agent last said, and those at which it saw one of its own ends. Several
// have the same where the address never leaves a host, as those of container networks that every host has alike.
import { setNewest } from '@margay/kit'

export interface Addresses {
  /** A host's own addresses, all of them. */
  setOwn(agent: string, ips: Iterable<string>): void
  /** An end of the agent's own had this address. Unix seconds. */
  note(agent: string, ip: string, now: number): void
  has(agent: string, ip: string, moment: number): boolean
  /** Everybody who has it; nearly always nobody or one. */
  agentsOf(ip: string, moment: number): readonly string[]
}

/** An end that was silent for longer may have given its address up. Rows of a spool are of earlier moments, which is no silence. */
const notedSeconds = 3_600
const maxNoted = 200_000

const none: readonly string[] = []

export function createAddresses(): Addresses {
  const own = new Map<string, Set<string>>()
  const ownOf = new Map<string, ReadonlySet<string>>()
  /** When an agent last noted an address, by both. Least recently noted first. */
  const noted = new Map<string, Map<string, number>>()

  const isFresh = (at: number | undefined, moment: number) => at !== undefined && moment - at <= notedSeconds
  const leave = (agent: string, ip: string) => {
    const agents = own.get(ip)
    agents?.delete(agent)
    if (agents?.size === 0) own.delete(ip)
  }
  return {
    setOwn(agent, ips) {
      const now = new Set(ips)
      for (const ip of ownOf.get(agent) ?? []) if (!now.has(ip)) leave(agent, ip)
      for (const ip of now) own.set(ip, (own.get(ip) ?? new Set()).add(agent))
      ownOf.set(agent, now)
    },
    note(agent, ip, now) {
      const agents = (noted.get(ip) ?? new Map<string, number>()).set(agent, now)
      setNewest(noted, ip, agents, maxNoted)
    },
    has: (agent, ip, moment) => own.get(ip)?.has(agent) === true || isFresh(noted.get(ip)?.get(agent), moment),
    agentsOf(ip, moment) {
      const [told, seen] = [own.get(ip), noted.get(ip)]
      if (!told && !seen) return none
      const fresh = [...(seen ?? [])].filter(([, at]) => isFresh(at, moment)).map(([agent]) => agent)
      return told ? [...new Set([...told, ...fresh])] : fresh
    },
  }
}
