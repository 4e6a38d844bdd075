// One node: containerd, kubelet, kube-proxy and kube-router in the node's network namespace and in mounts of its own, so that
// /run, /var/lib and /var/log are the node's and whatever is mounted there goes with its last process.
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { binary } from '../build/places.ts'
import { imageNames } from '../build/images.ts'
import { makeCgroup } from './cgroups.ts'
import { run, runBeside, until } from './command.ts'
import {
  dnsAddress,
  netnsOf,
  nodeAddress,
  nodeName,
  podRange,
  podsOfNode,
  serviceRange,
  type NodeNumber,
} from './network.ts'
import { lastWords, launch, type Program } from './processes.ts'

export interface NodePlace {
  readonly number: NodeNumber
  readonly prefix: string
  /** Folder of the whole cluster. */
  readonly dir: string
  readonly kubeconfigs: { readonly kubelet: string; readonly kubeProxy: string; readonly kubeRouter: string }
}

const folderOf = ({ dir, number }: NodePlace) => join(dir, nodeName(number))

/** Everything that a node runs is below this cgroup, its pods in `kubepods`, its daemons in `system`. */
export const cgroupOf = (prefix: string, number: NodeNumber): string => `${prefix}/${nodeName(number)}`

const runtime = 'io.containerd.cri.v1.runtime'

/** containerd's settings, in TOML. All its paths are the usual ones, which are the node's own. */
const containerdConfig = (folder: string) => `version = 3
[plugins.'io.containerd.cri.v1.images']
snapshotter = "overlayfs"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "${imageNames.pause}"
[plugins.'${runtime}']
# Without CAP_SYS_RESOURCE, as on some machines, a lower score than one's own is refused.
restrict_oom_score_adj = true
[plugins.'${runtime}'.cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "${folder}/cni"
[plugins.'${runtime}'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins.'${runtime}'.containerd.runtimes.runc.options]
SystemdCgroup = false
`

/** Pods get a cable to the node and an address of its range; the routes between nodes are the network's. */
const cniConfig = (number: NodeNumber) => ({
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'ptp',
      ipMasq: false,
      ipam: { type: 'host-local', ranges: [[{ subnet: podsOfNode(number) }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
})

const kubeletConfig = ({ prefix, number }: NodePlace) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  // Only the namespaces of this cluster reach it.
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${cgroupOf(prefix, number)}`,
  cgroupsPerQOS: true,
  enforceNodeAllocatable: [],
  failCgroupV1: false,
  failSwapOn: false,
  clusterDNS: [dnsAddress],
  clusterDomain: 'cluster.local',
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  resolvConf: '/dev/null',
  localStorageCapacityIsolation: false,
  // This machine's memory and disk are not the node's to judge.
  evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
  imageGCHighThresholdPercent: 100,
  nodeStatusUpdateFrequency: '5s',
  nodeLeaseDurationSeconds: 20,
})

/** Makes the node's mounts and then holds them. Arguments: the folder of what is to be on disk. */
const holdMounts = `set -e
mount --make-rshared /
for place in /run /var/lib /var/log; do mount -t tmpfs node "$place"; done
mkdir -p /run/netns /run/lock /var/lib/containerd /var/lib/kubelet
mount --bind "$1/containerd" /var/lib/containerd
mount --bind "$1/kubelet" /var/lib/kubelet
touch /run/ready
exec sleep infinity`

function writeConfigs(place: NodePlace): void {
  const folder = folderOf(place)
  for (const name of ['cni', 'containerd', 'kubelet', 'shared']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'containerd.toml'), containerdConfig(folder))
  writeFileSync(join(folder, 'cni', '10-pods.conflist'), JSON.stringify(cniConfig(place.number)))
  writeFileSync(join(folder, 'kubelet.yaml'), stringify(kubeletConfig(place)))
}

export interface ClusterNode {
  readonly number: NodeNumber
  readonly name: string
  readonly address: string
  readonly cgroup: string
  /** A folder of this machine that pods of the node can mount by the same path. */
  readonly shared: string
  /** What stands before a command that is to run in the node's network. */
  readonly inNetwork: readonly string[]
  /** Runs a program in the node's network and among its mounts, and returns what it prints. */
  run(...command: readonly string[]): string
  importImages(archives: readonly string[]): Promise<void>
  /** Registers the node: starts kubelet and kube-proxy, which end at once where the API server's authority is not there yet. */
  join(): void
  /** Makes the kubelet stand still, so that a pod outlives its object, until the function it returns is called. */
  holdKubelet(): () => void
  /** Starts kube-router, which ends at once where the node's object is not there yet. */
  startPolicies(): void
}

function programsOf(place: NodePlace): Record<'containerd' | 'kubelet' | 'kubeProxy' | 'kubeRouter', Program> {
  const { number, kubeconfigs } = place
  const name = nodeName(number)
  const folder = folderOf(place)
  return {
    containerd: {
      name: `containerd-${number}`,
      command: [binary('containerd'), '-c', join(folder, 'containerd.toml')],
      // It finds its shim by name.
      env: { PATH: `${join(binary('containerd'), '..')}:${process.env.PATH}` },
    },
    kubelet: {
      name: `kubelet-${number}`,
      command: [
        binary('kubelet'),
        `--config=${join(folder, 'kubelet.yaml')}`,
        `--kubeconfig=${kubeconfigs.kubelet}`,
        `--hostname-override=${name}`,
        `--node-ip=${nodeAddress(number)}`,
        `--node-labels=topology.kubernetes.io/region=here,topology.kubernetes.io/zone=zone-${number}`,
      ],
    },
    kubeProxy: {
      name: `kube-proxy-${number}`,
      command: [
        binary('kube-proxy'),
        `--kubeconfig=${kubeconfigs.kubeProxy}`,
        '--proxy-mode=nftables',
        `--hostname-override=${name}`,
        `--cluster-cidr=${podRange}`,
        // The sizes of the connection table are this machine's, and no namespace may set them.
        '--conntrack-max-per-core=0',
        '--conntrack-min=0',
      ],
    },
    kubeRouter: {
      name: `kube-router-${number}`,
      command: [
        binary('kube-router'),
        '--run-firewall',
        '--run-router=false',
        '--run-service-proxy=false',
        `--kubeconfig=${kubeconfigs.kubeRouter}`,
        `--hostname-override=${name}`,
        `--service-cluster-ip-range=${serviceRange}`,
        '--health-port=0',
        '-v=1',
      ],
    },
  }
}

/** Starts a node's containerd; its network must be there. */
export async function startNode(place: NodePlace): Promise<ClusterNode> {
  const { prefix, number, dir } = place
  const folder = folderOf(place)
  const cgroup = cgroupOf(prefix, number)
  const daemons = `${cgroup}/system`
  writeConfigs(place)
  makeCgroup(cgroup)
  makeCgroup(daemons)
  const programs = programsOf(place)
  const inNetwork = ['nsenter', `--net=/run/netns/${netnsOf(prefix, `node${number}`)}`, '--']
  const holder = launch(dir, daemons, [...inNetwork, 'unshare', '--mount', '--propagation', 'private', '--'], {
    name: `mounts-${number}`,
    command: ['sh', '-c', holdMounts, 'mounts', folder],
  })
  const insideNode = ['nsenter', `--target=${holder.pid}`, '--net', '--mount', '--']
  const runInside = (...command: readonly string[]) => run(insideNode[0]!, ...insideNode.slice(1), ...command)
  const answers = (...command: readonly string[]) => {
    try {
      runInside(...command)
      return true
    } catch {
      return false
    }
  }
  const start = (program: Program) => launch(dir, daemons, insideNode, program)
  let kubelet: ChildProcess | undefined
  await until(`the mounts of ${nodeName(number)}`, () => answers('test', '-e', '/run/ready'), {
    why: () => lastWords(dir, `mounts-${number}`),
  })
  start(programs.containerd)
  const ctr = (...args: readonly string[]) => [binary('ctr'), '-n', 'k8s.io', ...args]
  await until(`containerd of ${nodeName(number)}`, () => answers(...ctr('version')), {
    why: () => lastWords(dir, programs.containerd.name),
  })
  return {
    number,
    name: nodeName(number),
    address: nodeAddress(number),
    cgroup,
    shared: join(folder, 'shared'),
    inNetwork,
    run: runInside,
    async importImages(archives) {
      for (const archive of archives) {
        await runBeside(insideNode[0]!, ...insideNode.slice(1), ...ctr('images', 'import', archive))
      }
    },
    join() {
      kubelet = start(programs.kubelet)
      start(programs.kubeProxy)
    },
    holdKubelet() {
      kubelet?.kill('SIGSTOP')
      return () => void kubelet?.kill('SIGCONT')
    },
    startPolicies: () => void start(programs.kubeRouter),
  }
}
