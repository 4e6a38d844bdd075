// An address used again: a node gives its range out in turn and writes the last one down, which a test may write too.
import { until } from '../parts/command.ts'
import type { ClusterNode } from '../parts/node.ts'

const folder = '/var/lib/cni/networks/pods'

/** Makes an address the next that a node gives out, once nobody has it. */
async function takeAddressNext(node: ClusterNode, ip: string): Promise<void> {
  await until(`address ${ip} to be free`, () => !node.run('ls', folder).split('\n').includes(ip))
  const parts = ip.split('.').map(Number)
  const previous = parts.with(3, parts[3]! - 1).join('.')
  node.run('sh', '-c', `printf %s ${previous} > ${folder}/last_reserved_ip.0`)
}

export interface Successor {
  /** Resolves with the address that it was given, once it is ready. */
  readonly start: () => Promise<string>
  /** Resolves when it is gone. */
  readonly remove: () => Promise<unknown>
}

/** Starts a pod at an address that another had. Where somebody else was faster, it is tried again once they have left. */
export async function startAt(node: ClusterNode, ip: string, { start, remove }: Successor): Promise<void> {
  await until(`a pod to have the address ${ip}`, async () => {
    await takeAddressNext(node, ip)
    if ((await start()) === ip) return true
    await remove()
    return false
  })
}
