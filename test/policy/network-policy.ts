// NetworkPolicy of networking.k8s.io/v1, as far as generated ones use it.

/** A label selector as Kubernetes defines it. */
export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    readonly values?: readonly string[]
  }[]
}

export interface Peer {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}

export interface PolicyPort {
  readonly protocol?: 'TCP' | 'UDP'
  readonly port?: number | string
  readonly endPort?: number
}

export interface Rule {
  readonly ports?: readonly PolicyPort[]
}

export interface NetworkPolicy {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'NetworkPolicy'
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly podSelector: Selector
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[]
    readonly ingress?: readonly (Rule & { readonly from?: readonly Peer[] })[]
    readonly egress?: readonly (Rule & { readonly to?: readonly Peer[] })[]
  }
}
