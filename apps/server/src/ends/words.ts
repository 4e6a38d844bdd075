// Numbers and names in the sentences about both ends. Pure.
import type { PolicyHit } from '@margay/model'
import { bareName, describeHit, parsePolicyHit, printEnterpriseHit } from '@margay/model'

/** `1,200`. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',')

const plural = (count: number, one: string, many = `${one}s`): string => `${grouped(count)} ${count === 1 ? one : many}`

export const bytesWords = (count: number): string => plural(count, 'byte')

const often: Readonly<Record<number, string>> = { 1: 'once', 2: 'twice' }
export const timesWords = (count: number): string => often[count] ?? `${grouped(count)} times`

/** `3.0 s`, `850 ms`, `420 µs`. */
export function durationWords(us: number): string {
  if (us < 1_000) return `${Math.round(us)} µs`
  return us < 1_000_000 ? `${Math.round(us / 1_000)} ms` : `${(us / 1_000_000).toFixed(1)} s`
}

/** What the kernel's reasons mean, where their names do not say it to everybody. */
const reasons: Readonly<Record<string, string>> = {
  NETFILTER_DROP: 'a netfilter rule',
  NO_SOCKET: 'nobody listens there',
  TCP_LISTEN_OVERFLOW: 'the accept queue was full',
  BPF_CGROUP_EGRESS: 'an eBPF program at the cgroup',
  TC_INGRESS: 'an eBPF or tc program at the interface',
  TC_EGRESS: 'an eBPF or tc program at the interface',
  XDP: 'an XDP program at the interface',
  IP_RPFILTER: 'its source address does not belong to that interface',
  IP_OUTNOROUTES: 'no route leads there',
  IP_INNOROUTES: 'no route leads there',
  NEIGH_FAILED: 'the next hop does not answer',
  NEIGH_CREATEFAIL: 'the next hop cannot be asked for',
  NEIGH_QUEUEFULL: 'too much waits for the next hop',
  NEIGH_DEAD: 'the next hop is gone',
  PKT_TOO_BIG: 'the packet is larger than the way takes',
  XFRM_POLICY: 'an IPsec policy does not admit it',
  SOCKET_RCVBUFF: 'the receiver’s buffer was full',
  QDISC_DROP: 'the interface’s queue dropped it',
  QDISC_OVERLIMIT: 'the interface’s queue was full',
  CPU_BACKLOG: 'the node could not keep up with its packets',
}

/** `no route leads there (IP_OUTNOROUTES)`. */
export const reasonWords = (reason: string): string => {
  const known = reasons[reason]
  return known === undefined ? reason : `${known} (${reason})`
}

/** `policies shop/p and shop/q isolate, and no rule of them matches`. */
function isolationWords(names: readonly string[]): string {
  if (names.length === 1) return `policy ${names[0]} isolates, and no rule of it matches`
  return `policies ${names.slice(0, -1).join(', ')} and ${names.at(-1)} isolate, and no rule of them matches`
}

/** Names of policies as their objects have them, `shop/app.web`, by hits as they are stored. */
export type PolicyNames = ReadonlyMap<string, string>

const tieredKinds: ReadonlySet<PolicyHit['kind']> = new Set(['CalicoNetworkPolicy', 'GlobalNetworkPolicy'])

/** What the object is called where it is not at hand: with the tier in front, as Calico has demanded it of all but the default. */
function likelyName(hit: PolicyHit): string {
  const isInFront = tieredKinds.has(hit.kind) && hit.tier !== undefined && hit.tier !== 'default'
  const name = isInFront ? `${hit.tier}.${bareName(hit)}` : bareName(hit)
  return hit.namespace === undefined ? name : `${hit.namespace}/${name}`
}

/** `policy shop/payments, rule 0`, from a stored hit; the text itself where it cannot be read. */
export function policyWords(text: string, isolating: readonly string[] = [], names?: PolicyNames): string {
  const { hit } = parsePolicyHit(text)
  if (!hit) return text
  const name = names?.get(printEnterpriseHit(hit)) ?? likelyName(hit)
  if (hit.kind === 'Profile') return describeHit(hit)
  if (hit.rule === 'none')
    return `the end of tier ${hit.tier ?? 'unknown'}: ${isolationWords(isolating.length > 1 ? isolating : [name])}`
  return hit.rule === 'unknown' ? `policy ${name}` : `policy ${name}, rule ${hit.rule}`
}
