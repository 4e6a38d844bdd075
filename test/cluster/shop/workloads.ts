// Who lives in the shop as a real cluster runs it: the story's workloads but for the name server, which is the cluster's own,
// and one that the story has no word for, in the network of its node.
import { conversations, workloads, type Workload } from '@margay/traffic'

export const storyWorkloads: readonly Workload[] = workloads.filter(({ name }) => name !== 'coredns')

/** One pod on each node. */
export const nodeExporter: Workload = {
  namespace: 'monitoring',
  name: 'node-exporter',
  kind: 'Deployment',
  replicas: 2,
  revision: '',
  role: 'metrics',
  program: { name: 'node_exporter', args: 'node_exporter --path.rootfs=/host', pid: '1' },
  ports: [{ name: 'metrics', port: 9100, proto: 'tcp' }],
  service: true,
}

/** Names of all programs that pods of the shop start. */
export const shopPrograms: readonly string[] = [
  ...new Set([
    ...[...storyWorkloads, nodeExporter].map(({ program }) => program.name),
    ...conversations.flatMap(({ program }) => (program ? [program.name] : [])),
  ]),
]

/** Folder of the image in which those programs are. */
export const programFolder = 'app'
