// Which names a client asked for before it connected to an address: only its own answers count. A client is a network
// namespace and a cgroup in it; where the asking is done by another process of the namespace (a local resolver), the
// namespace's answers serve. Names are kept beyond their time to live, since connections outlive it. Bounded throughout.
import { setNewest } from '@margay/kit'

export interface ClientDomains {
  /** Grows whenever something was noted: what was found before may be out of date. */
  readonly version: number
  /** Notes that a client got these addresses (16 bytes as latin1 text) for a name. */
  note(netns: number, cgroup: number, name: string, addresses: readonly string[], nowMs: number): void
  /** Names that led this client to an address, the latest first. */
  find(netns: number, cgroup: number, address: string): readonly string[]
}

export interface ClientDomainsConfig {
  readonly maxClients: number
  readonly maxAddresses: number
  readonly maxNames: number
  /** How long a name counts after its answer. */
  readonly keepMs: number
}

const defaults: ClientDomainsConfig = { maxClients: 4096, maxAddresses: 1024, maxNames: 8, keepMs: 3_600_000 }

type Names = Map<string, number>
type Addresses = Map<string, Names>

export function createClientDomains(
  deps: { readonly clock: () => number },
  config: ClientDomainsConfig = defaults,
): ClientDomains {
  const clients = new Map<string, Addresses>()
  let version = 0

  const noteFor = (client: string, name: string, addresses: readonly string[], nowMs: number) => {
    const known = setNewest(clients, client, clients.get(client) ?? new Map(), config.maxClients)
    for (const address of addresses) {
      const names: Names = setNewest(known, address, known.get(address) ?? new Map(), config.maxAddresses)
      setNewest(names, name, nowMs, config.maxNames)
    }
  }
  const fresh = (names: Names | undefined): string[] => {
    const oldest = deps.clock() - config.keepMs
    return [...(names ?? [])]
      .filter(([, at]) => at > oldest)
      .map(([name]) => name)
      .toReversed()
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
      return own.length > 0 ? own : fresh(clients.get(String(netns))?.get(address))
    },
  }
}
