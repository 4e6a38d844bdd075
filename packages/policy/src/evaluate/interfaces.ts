// Which host endpoint stands for a node at one of its addresses. Felix puts at most one on an interface: one that names it,
// or that names none and expects an address of it, of several the first by name; where there is none, the first of those for
// all interfaces (`*`). Which interface has an address is told here by the host endpoints alone, through the addresses that
// they expect, so that at times it cannot be told. Sources: Calico's reference of HostEndpoint; resolveHostEndpoints in
// felix/dataplane/linux/endpoint_mgr.go; part c.12 of the specification.
import { type Address, isSameAddress } from '../net/address.ts'
import type { HostEndpoint } from '../objects/snapshot.ts'

export const expects = (host: HostEndpoint, address: Address): boolean =>
  host.expectedAddresses.some((own) => isSameAddress(own, address))

const isOfEveryInterface = ({ interfaceName }: HostEndpoint) => interfaceName === '*'

/** Whether it says nothing of addresses of the family, so that its interface may have any. */
const isSilentOf = ({ interfaceName, expectedAddresses }: HostEndpoint, { family }: Address) =>
  expectedAddresses.every((own) => own.family !== family) &&
  // Without a name and addresses it is on no interface.
  (interfaceName !== undefined || expectedAddresses.length > 0)

/** Those that may stand at an address that some of `single` expect. */
function contenders(address: Address, single: readonly HostEndpoint[], expecting: readonly HostEndpoint[]) {
  const named = new Set(expecting.flatMap(({ interfaceName }) => interfaceName ?? []))
  // They disagree about which interface has the address.
  if (named.size > 1) return expecting
  const isThere = (host: HostEndpoint) =>
    expecting.includes(host) || (host.interfaceName !== undefined && named.has(host.interfaceName))
  const first = single.find(isThere)
  const mayBeThere = (host: HostEndpoint) =>
    isSilentOf(host, address) && (host.interfaceName === undefined || named.size === 0)
  return [...single.filter((host) => host.name < first!.name && mayBeThere(host)), first]
}

/**
 * The host endpoint of a node at an address: one where it can be told, else all that it may be. Undefined stands for none:
 * the traffic is under no policy. `hosts` are the node's own, by name.
 */
export function standingAt(
  address: Address | undefined,
  hosts: readonly HostEndpoint[],
): readonly (HostEndpoint | undefined)[] {
  const everywhere = hosts.find(isOfEveryInterface)
  const single = hosts.filter((host) => !isOfEveryInterface(host))
  if (!address) return [...single, everywhere]
  const expecting = single.filter((host) => expects(host, address))
  if (expecting.length > 0) return contenders(address, single, expecting)
  return [...single.filter((host) => isSilentOf(host, address)), everywhere]
}
