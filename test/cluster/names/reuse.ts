// An address used again: a node gives its range out in turn and writes the last one down, which a test may write too.
import { until } from '../parts/command.ts'
import type { ClusterNode } from '../parts/node.ts'

const folder = '/var/lib/cni/networks/pods'

/** Makes an address the next that a node gives out, once nobody has it. */
export async function takeAddressNext(node: ClusterNode, ip: string): Promise<void> {
  await until(`address ${ip} to be free`, () => !node.run('ls', folder).split('\n').includes(ip))
  const parts = ip.split('.').map(Number)
  const previous = parts.with(3, parts[3]! - 1).join('.')
  node.run('sh', '-c', `printf %s ${previous} > ${folder}/last_reserved_ip.0`)
}
