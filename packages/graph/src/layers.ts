// The infrastructure layer: namespaces that a platform brings along. They are hidden at first, with their number shown, but
// never where something is denied: news is not hidden with the furniture.

const infrastructure: ReadonlySet<string> = new Set([
  'calico-apiserver',
  'calico-system',
  'cert-manager',
  'gatekeeper-system',
  'gke-managed-system',
  'ingress-nginx-system',
  'istio-system',
  'kube-flannel',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'linkerd',
  'local-path-storage',
  'metallb-system',
  'tigera-operator',
  'calico-cloud',
])

/** Prefixes of namespaces that belong to one platform as a family. */
const families = ['tigera-', 'openshift-', 'cattle-']

/** Whether a namespace is part of the platform rather than of what runs on it. */
export const isInfrastructure = (namespace: string): boolean =>
  infrastructure.has(namespace) || families.some((prefix) => namespace.startsWith(prefix))
