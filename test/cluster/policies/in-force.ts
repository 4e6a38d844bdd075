// When a policy is in force: kube-router writes its rules a moment after a pod has its address, and until then everything passes.
// Its rules are read where it writes them, in the filter table of a node; chains and comments are kube-router 2.1.0's.
import type { Cluster } from '../cluster.ts'
import { until } from '../parts/command.ts'

interface Place {
  readonly namespace: string
  readonly policy: string
}

interface Pod {
  readonly spec: { readonly nodeName: string }
}

/** Chains that a pod's packets go through, in both directions. */
const chainsOf = (rules: string, { namespace, pod }: { readonly namespace: string; readonly pod: string }) =>
  new Set(
    [...rules.matchAll(new RegExp(`POD name:${pod} namespace: ${namespace} to chain ([^"]+)"`, 'g'))].map(
      ([, chain]) => chain!,
    ),
  )

const leadsThrough = (rules: string, chain: string, policy: string) =>
  rules
    .split('\n')
    .some((rule) => rule.startsWith(`-A ${chain} `) && rule.includes(`"run through nw policy ${policy}"`))

const rulesOn = ({ nodes }: Cluster, name: string) =>
  nodes.find((node) => node.name === name)!.run('iptables-save', '-t', 'filter')

async function nodeOf({ kubectl }: Cluster, namespace: string, pod: string): Promise<string> {
  return (await kubectl.get<Pod>('pod', pod, namespace)).spec.nodeName
}

/** Resolves once what a pod sends and gets is led through a policy that selects it. */
export async function untilSelected(cluster: Cluster, pod: string, { namespace, policy }: Place): Promise<void> {
  const node = await nodeOf(cluster, namespace, pod)
  await until(`policy ${policy} to be in force for ${pod}`, () => {
    const rules = rulesOn(cluster, node)
    return [...chainsOf(rules, { namespace, pod })].some((chain) => leadsThrough(rules, chain, policy))
  })
}

/** Resolves once a policy admits pods to one that it selects: those whose address was known by then. */
export async function untilAdmitting(cluster: Cluster, pod: string, { namespace, policy }: Place): Promise<void> {
  const node = await nodeOf(cluster, namespace, pod)
  const comment = `from source pods to dest pods selected by policy name ${policy} namespace ${namespace}"`
  await until(`policy ${policy} to admit somebody to ${pod}`, () => rulesOn(cluster, node).includes(comment))
}
