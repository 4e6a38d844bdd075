// The cables of a cluster: a bridge on this machine, and on it one network namespace for each machine of the cluster.
//
//   this machine 10.88.0.1 ── bridge ── control 10.88.0.10 (API server)
//                                   ├── node-1  10.88.0.11 (pods 10.244.1.0/24)
//                                   ├── node-2  10.88.0.12 (pods 10.244.2.0/24)
//                                   └── outside 10.88.0.254 (the rest of the world: the shop's sites and visitors)
//
// Nodes know each other's pods by routes and send everything else outside, where it ends. Nothing is translated on the way
// and nothing leaves the bridge.
import { run } from './command.ts'

export const hostAddress = '10.88.0.1'
export const controlAddress = '10.88.0.10'
export const outsideAddress = '10.88.0.254'
export const serviceRange = '10.96.0.0/16'
export const podRange = '10.244.0.0/16'
export const dnsAddress = '10.96.0.10'

export const nodeNumbers = [1, 2] as const
export type NodeNumber = (typeof nodeNumbers)[number]
export const nodeName = (number: NodeNumber): string => `node-${number}`
export const nodeAddress = (number: NodeNumber): string => `10.88.0.${10 + number}`
export const podsOfNode = (number: NodeNumber): string => `10.244.${number}.0/24`

export type Machine = 'control' | 'outside' | `node${NodeNumber}`
export const machines: readonly Machine[] = [
  'control',
  ...nodeNumbers.map((number) => `node${number}` as const),
  'outside',
]

export const netnsOf = (prefix: string, machine: Machine): string => `${prefix}${machine}`
export const bridgeOf = (prefix: string): string => `${prefix}br`

const addresses: Record<Machine, string> = {
  control: controlAddress,
  node1: nodeAddress(1),
  node2: nodeAddress(2),
  outside: outsideAddress,
}

function connect(prefix: string, machine: Machine): void {
  // Namespace and cable have one name; an interface's has at most 15 letters.
  const netns = netnsOf(prefix, machine)
  const cable = netns
  run('ip', 'netns', 'add', netns)
  run('ip', '-n', netns, 'link', 'set', 'lo', 'up')
  run('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns)
  run('ip', 'link', 'set', cable, 'master', bridgeOf(prefix), 'up')
  run('ip', '-n', netns, 'addr', 'add', `${addresses[machine]}/24`, 'dev', 'eth0')
  run('ip', '-n', netns, 'link', 'set', 'eth0', 'up')
}

/** Inside a machine's network; its own mounts stay those of this machine. */
export const inNetns = (prefix: string, machine: Machine, ...command: readonly string[]): string =>
  run('nsenter', `--net=/run/netns/${netnsOf(prefix, machine)}`, '--', ...command)

function route(prefix: string, machine: Machine): void {
  const ip = (...args: readonly string[]) => run('ip', '-n', netnsOf(prefix, machine), ...args)
  if (machine !== 'outside') ip('route', 'add', 'default', 'via', outsideAddress)
  for (const number of nodeNumbers) {
    if (machine !== `node${number}`) ip('route', 'add', podsOfNode(number), 'via', nodeAddress(number))
  }
  inNetns(prefix, machine, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
}

export function makeNetwork(prefix: string): void {
  const bridge = bridgeOf(prefix)
  run('ip', 'link', 'add', bridge, 'type', 'bridge')
  run('ip', 'addr', 'add', `${hostAddress}/24`, 'dev', bridge)
  run('ip', 'link', 'set', bridge, 'up')
  for (const machine of machines) connect(prefix, machine)
  for (const machine of machines) route(prefix, machine)
}
