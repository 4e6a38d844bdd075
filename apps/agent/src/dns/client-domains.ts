// Which names a client asked for before it connected to an address: only its own answers count. A client is a network
// namespace and a cgroup in it; where the asking is done by another process of the namespace (a local resolver), the
// namespace's answers serve. Names are kept beyond their time to live, since connections outlive it, each with the aliases by
// which its last answer led to the address. Bounded throughout.
import { setNewest } from '@margay/kit'
import type { LedTo } from './chain.ts'

/** By which names a client came to an address. */
export interface ClientNames {
  /** Those that it asked for, the latest first. */
  readonly domains: readonly string[]
  /** Those between one of them and the address (CNAME). */
  readonly aliases: readonly string[]
}

/** Shared: most addresses are reached without asking for a name. */
export const noNames: ClientNames = { domains: [], aliases: [] }

export interface ClientDomains {
  /** Grows whenever something was noted: what was found before may be out of date. */
  readonly version: number
  /** Notes that a client got these addresses for a name. */
  note(netns: number, cgroup: number, name: string, addresses: readonly LedTo[], nowMs: number): void
  /** Names that led this client to an address (16 bytes as latin1 text). */
  find(netns: number, cgroup: number, address: string): ClientNames
}

export interface ClientDomainsConfig {
  readonly maxClients: number
  readonly maxAddresses: number
  readonly maxNames: number
  /** How long a name counts after its answer. */
  readonly keepMs: number
}

const defaults: ClientDomainsConfig = { maxClients: 4096, maxAddresses: 1024, maxNames: 8, keepMs: 3_600_000 }

interface Asked {
  readonly atMs: number
  readonly aliases: readonly string[]
}
type Names = Map<string, Asked>
type Addresses = Map<string, Names>

export function createClientDomains(
  deps: { readonly clock: () => number },
  config: ClientDomainsConfig = defaults,
): ClientDomains {
  const clients = new Map<string, Addresses>()
  let version = 0

  const noteFor = (client: string, name: string, addresses: readonly LedTo[], atMs: number) => {
    const known = setNewest(clients, client, clients.get(client) ?? new Map(), config.maxClients)
    for (const { address, aliases } of addresses) {
      const names: Names = setNewest(known, address, known.get(address) ?? new Map(), config.maxAddresses)
      setNewest(names, name, { atMs, aliases }, config.maxNames)
    }
  }
  const fresh = (names: Names | undefined): ClientNames => {
    if (!names) return noNames
    const oldest = deps.clock() - config.keepMs
    const asked = [...names].filter(([, { atMs }]) => atMs > oldest).toReversed()
    return { domains: asked.map(([name]) => name), aliases: asked.flatMap(([, { aliases }]) => aliases) }
  }

  return {
    get version() {
      return version
    },
    note(netns, cgroup, name, addresses, nowMs) {
      version++
      noteFor(`${netns} ${cgroup}`, name, addresses, nowMs)
      noteFor(String(netns), name, addresses, nowMs)
    },
    find(netns, cgroup, address) {
      const own = fresh(clients.get(`${netns} ${cgroup}`)?.get(address))
      return own.domains.length > 0 ? own : fresh(clients.get(String(netns))?.get(address))
    },
  }
}
