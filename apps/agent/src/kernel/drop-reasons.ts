// Which of the kernel's reasons for throwing a packet away are worth a row, by name: what a person would act upon. A
// kernel that lacks a name lacks that reason; numbers are asked from its own types.

const prefix = 'SKB_DROP_REASON_'

/** Most other reasons are part of normal work (a purged queue, an old segment, a packet for another host). */
export const defaultReasons: readonly string[] = [
  'NETFILTER_DROP',
  'NO_SOCKET',
  'BPF_CGROUP_EGRESS',
  'SOCKET_FILTER',
  'SOCKET_RCVBUFF',
  'SOCKET_BACKLOG',
  'TCP_LISTEN_OVERFLOW',
  'PROTO_MEM',
  'NOMEM',
  'IP_RPFILTER',
  'IP_OUTNOROUTES',
  'IP_INNOROUTES',
  'IP_NOPROTO',
  'XFRM_POLICY',
  'NEIGH_CREATEFAIL',
  'NEIGH_FAILED',
  'NEIGH_QUEUEFULL',
  'NEIGH_DEAD',
  'QDISC_DROP',
  'QDISC_OVERLIMIT',
  'CPU_BACKLOG',
  'FULL_RING',
  'PKT_TOO_BIG',
  'IP_CSUM',
  'TCP_CSUM',
  'UDP_CSUM',
  'TC_INGRESS',
  'TC_EGRESS',
  'XDP',
]

/** Reasons that mean "a rule of a firewall said no". */
export const denyingReasons: ReadonlySet<string> = new Set(['NETFILTER_DROP'])

/** The wanted reasons by this kernel's number, without prefix, and the names that it does not know. */
export function numberReasons(
  enumerators: ReadonlyMap<string, number>,
  wanted: readonly string[],
): { readonly byNumber: ReadonlyMap<number, string>; readonly unknown: readonly string[] } {
  const byNumber = new Map<number, string>()
  const unknown: string[] = []
  for (const name of wanted) {
    const number = enumerators.get(prefix + name)
    if (number === undefined || number > 255) unknown.push(name)
    else byNumber.set(number, name)
  }
  return { byNumber, unknown }
}
