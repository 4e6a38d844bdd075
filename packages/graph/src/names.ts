// What a vertex is called. A label leaves out what a generator appended (`checkout` for `checkout-7d9fc4b6d5-*`), but only
// while no other vertex of the same place would then read the same.
import type { Level } from './endpoint.ts'
import type { HierarchyNode } from './hierarchy.ts'

export interface Description {
  readonly id: string
  readonly level: Level
  readonly parts: readonly string[]
  readonly label: string
  readonly sub: string
  readonly members: number
}

/** The hash of a pod template, in Kubernetes' alphabet (no vowels, no 0, 1, 3) or in hex, or the minute of a cron job. */
const templateHash = /-(?=[a-z]*\d)(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}|[0-9a-f]{8,10})$/

/** `checkout` for `checkout-7d9fc4b6d5-*`. */
export const shortName = (nameAggr: string): string => nameAggr.replace(/-\*$/, '').replace(templateHash, '')

const networkNames: { readonly [name: string]: string } = { pub: 'Internet', pvt: 'Private network' }

const kindNames: { readonly [type: string]: string } = {
  wep: 'All pods',
  hep: 'All hosts',
  ns: 'All network sets',
  net: 'All networks',
}

const ownName = (name: string | undefined, otherwise: string) =>
  name === undefined || name === '' || name === '-' ? otherwise : name

/** The full label, without shortening. */
export function plainLabel(level: Level, parts: readonly string[]): string {
  const last = parts.at(-1)
  switch (level) {
    case 'kind':
      return kindNames[parts[0] ?? ''] ?? 'Unknown endpoints'
    case 'namespace':
      return ownName(last, 'no namespace')
    case 'service':
      return serviceNames(parts.slice(1))
    case 'workload':
      return ownName(last?.replace(/-\*$/, ''), 'unnamed')
    case 'network':
      return networkNames[last ?? ''] ?? ownName(last, 'Unknown network')
    case 'process':
      return last === '*' ? 'several' : ownName(last, 'not recorded')
    case 'pod':
    case 'host':
    case 'container':
    case 'set':
    case 'domain':
      return ownName(last, 'unnamed')
  }
}

/** Services that share a workload are named together, as long as that can be read. */
const mostServiceNames = 3

function serviceNames(names: readonly string[]): string {
  if (names.length <= mostServiceNames) return names.join(', ')
  const told = names.slice(0, mostServiceNames - 1)
  return `${told.join(', ')} and ${names.length - told.length} more`
}

const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

function subOf({ level, parts, children }: HierarchyNode): string {
  const count = children.length
  switch (level) {
    case 'kind':
      return plural(count, 'member')
    case 'namespace':
      return plural(count, 'workload')
    case 'service':
      return count > 1 ? `service, ${plural(count, 'workload')}` : 'service'
    case 'workload':
      return count > 0 ? plural(count, 'pod') : ownName(parts[0], 'workload')
    case 'pod':
      return shortName(parts[1] ?? '')
    case 'host':
      return count > 0 ? plural(count, 'process', 'processes') : 'host'
    case 'container':
      return 'container'
    case 'process':
      return `process on ${parts[0] ?? ''}`
    case 'set':
      return parts[0] ? `network set in ${parts[0]}` : 'network set'
    case 'network':
      return networkSub(parts)
    case 'domain':
      return 'by name asked for'
  }
}

function networkSub([side, name]: readonly string[]): string {
  const kind = name === 'pub' ? 'public network' : name === 'pvt' ? 'outside the cluster' : 'network'
  return side === 'source' ? `${kind}, comes in` : kind
}

/** Makes the describer of a picture: it knows the other vertices, so that short labels stay unambiguous. */
export function describeVertex(
  standing: readonly HierarchyNode[],
): (node: HierarchyNode, isOpen: boolean) => Description {
  const uses = new Map<string, number>()
  const placeAnd = (node: HierarchyNode, label: string) => JSON.stringify([node.level, node.parent, label])
  for (const node of standing) {
    const key = placeAnd(node, shortLabel(node))
    uses.set(key, (uses.get(key) ?? 0) + 1)
  }
  return (node, isOpen) => {
    const { id, level, parts, children } = node
    const isUnique = (uses.get(placeAnd(node, shortLabel(node))) ?? 0) < 2
    const label = isUnique ? shortLabel(node) : plainLabel(level, parts)
    if (isOpen) return { id, level, parts, label, sub: 'not told apart', members: 0 }
    return { id, level, parts, label, sub: subOf(node), members: children.length }
  }
}

const shortLabel = ({ level, parts }: HierarchyNode) =>
  level === 'workload' ? ownName(shortName(parts.at(-1) ?? ''), 'unnamed') : plainLabel(level, parts)
