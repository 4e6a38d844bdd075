// Opens the shop in a cluster: its objects, and the world outside that it talks to, which is one program that answers at the
// addresses of the story's sites and calls at the shop's door as its visitors do.
import { conversations, sites } from '@margay/traffic'
import { ownBinary } from '../build/programs.ts'
import type { Cluster } from '../cluster.ts'
import { makeCgroup } from '../parts/cgroups.ts'
import { inNetns, netnsOf, nodeAddress, nodeNumbers } from '../parts/network.ts'
import { launch } from '../parts/processes.ts'
import type { Call, Listener } from './calls.ts'
import { doorPort, shopObjects } from './objects.ts'

const sitePorts = new Set(conversations.filter(({ to }) => 'site' in to && to.site !== '').map(({ port }) => port))
const listeners: readonly Listener[] = [...sitePorts].map((port) => ({ kind: 'http', port }))

/** Somebody comes to each node twice a second. */
const visits: readonly Call[] = nodeNumbers.map((number) => ({
  kind: 'http',
  to: `${nodeAddress(number)}:${doorPort}`,
  everyMs: 500,
  send: 2_600,
  receive: 41_000,
  keep: false,
}))

const withOutside = new WeakSet<Cluster>()

/** Opens the world outside, which all suites of a cluster share. */
export function openOutside(cluster: Cluster): void {
  if (withOutside.has(cluster)) return
  withOutside.add(cluster)
  const { prefix, dir, cgroup } = cluster.record
  for (const address of sites.flatMap(({ addresses }) => addresses)) {
    if (!address.includes(':')) inNetns(prefix, 'outside', 'ip', 'addr', 'add', `${address}/32`, 'dev', 'lo')
  }
  makeCgroup(`${cgroup}/outside`)
  launch(dir, `${cgroup}/outside`, ['nsenter', `--net=/run/netns/${netnsOf(prefix, 'outside')}`, '--'], {
    name: 'outside',
    command: [ownBinary('shop')],
    env: { SHOP_LISTEN: JSON.stringify(listeners), SHOP_CALLS: JSON.stringify(visits) },
  })
}

/** Applies the shop's objects, opens the world outside and waits until every workload is ready. */
export async function openShop(cluster: Cluster): Promise<void> {
  const { kubectl } = cluster
  const objects = shopObjects()
  openOutside(cluster)
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace')
  await kubectl.apply(namespaces)
  await kubectl.apply(objects.filter(({ kind }) => kind !== 'Namespace'))
  const lasting = objects.filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind))
  for (const { kind, metadata } of lasting) {
    await kubectl.run([
      'rollout',
      'status',
      `${kind}/${metadata.name}`,
      '-n',
      metadata.namespace ?? '',
      '--timeout=300s',
    ])
  }
}
