// Host endpoints as rules mean them: by address. Felix puts the addresses that a host endpoint expects into the sets of the
// selectors that match its labels, and no others: an address that it does not expect has none of its labels and ports,
// whichever host endpoint stands there. Sources: extractCIDRsFromHostEndpoint in felix/labelindex; parts c.6 and c.7 of the
// specification.
import type { HostEndpoint } from '../objects/snapshot.ts'
import type { Selector } from '../selector/ast.ts'
import type { Answer, Miss } from './answer.ts'
import type { End } from './ends.ts'
import { judgeSelector } from './labels.ts'
import type { Lookup } from './lookup.ts'

/** Ends that have their labels through their address. */
export const isHost = ({ kind }: Pick<End, 'kind'>): boolean => kind === 'host' || kind === 'node'

/** Whether some host endpoint that expects the end's address is meant. */
function someHost(end: End, lookup: Lookup, isMeant: (host: HostEndpoint) => Answer, miss: Miss): Answer {
  // Fast path: most clusters have none.
  if (lookup.hostEndpoints.length === 0) return false
  if (end.address) return lookup.hostEndpointsAt(end.address).some((host) => isMeant(host) === true)
  const mayBe = lookup.hostEndpoints.some((host) => host.expectedAddresses.length > 0 && isMeant(host) === true)
  if (!mayBe) return false
  miss({ kind: 'address', text: `address of ${end.title}` })
  return undefined
}

const carries = (selector: Selector, lookup: Lookup) => (host: HostEndpoint) =>
  judgeSelector(selector, lookup.hostLabelsOf(host))

/** Whether labels that the address of a host has match. */
export const matchesHost = (selector: Selector, end: End, lookup: Lookup, miss: Miss): Answer =>
  someHost(end, lookup, carries(selector, lookup), miss)

/** Whether the name is a host's for the port; with a selector only that of host endpoints which it matches. */
export function ownsHostPort(
  port: { readonly name: string; readonly protocol: number; readonly port: number | undefined },
  end: End,
  lookup: Lookup,
  selector: Selector | undefined,
  miss: Miss,
): Answer {
  const isMeant = (host: HostEndpoint) =>
    host.ports.some((own) => own.name === port.name && own.protocol === port.protocol && own.port === port.port) &&
    (selector ? carries(selector, lookup)(host) : true)
  return someHost(end, lookup, isMeant, miss)
}
