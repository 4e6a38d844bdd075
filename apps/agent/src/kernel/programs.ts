// What runs in the kernel and what is missing without it. Order is the order of attaching: owners before what uses them.

export interface Program {
  readonly name: string
  readonly title: string
  /** Hook, as the kernel names it. */
  readonly hook: string
  /** Kernel version from which it works, as published; the load itself decides. */
  readonly since: string
  /** Iterators are loaded and opened on demand, not attached. */
  readonly iterator?: boolean
  /** Fields of rows that are missing or less sure without it. */
  readonly fields: readonly string[]
  readonly without: string
}

const tcpMeasures = ['bytes_in', 'bytes_out', 'packets_in', 'packets_out', 'tcp_*']

export const programs: readonly Program[] = [
  {
    name: 'see_exec',
    title: 'program starts',
    hook: 'tp_btf/sched_process_exec',
    since: '5.11',
    fields: ['process_args', 'process_name'],
    without: 'arguments and names over 15 bytes only of processes that live long enough to be read from /proc',
  },
  {
    name: 'see_create',
    title: 'new UDP and raw sockets',
    hook: 'cgroup/sock_create',
    since: '5.10',
    fields: ['process_name', 'process_id', 'pod_uid', 'container'],
    without: 'UDP and ICMP are named only from their second packet on',
  },
  {
    name: 'see_send',
    title: 'who sends',
    hook: 'tp_btf/sock_send_length',
    since: '6.3',
    fields: ['process_name', 'process_id'],
    without: "a server's connections are credited to the process that listens, not to the worker that answers",
  },
  {
    name: 'see_receive',
    title: 'who receives',
    hook: 'tp_btf/sock_recv_length',
    since: '6.3',
    fields: ['process_name', 'process_id'],
    without: "a server's connections are credited to the process that listens, not to the worker that answers",
  },
  {
    name: 'see_state',
    title: 'TCP connections',
    hook: 'tp_btf/inet_sock_set_state',
    since: '5.11',
    fields: ['outcome', 'num_flows_started', 'num_flows_completed', ...tcpMeasures],
    without: 'no short TCP connections, no outcome; live ones only from inet_diag and conntrack',
  },
  {
    name: 'show_sockets',
    title: 'live TCP sockets',
    hook: 'iter/bpf_sk_storage_map',
    since: '5.11',
    iterator: true,
    fields: tcpMeasures,
    without: 'TCP connections appear only when they end',
  },
  {
    name: 'seed_owners',
    title: 'sockets older than the agent',
    hook: 'iter/task_file',
    since: '5.11',
    iterator: true,
    fields: ['process_name', 'process_id', 'direction'],
    without: 'connections that were open before the agent started are not seen',
  },
  {
    name: 'see_egress',
    title: 'sent UDP, ICMP and DNS',
    hook: 'cgroup_skb/egress',
    since: '5.10',
    fields: ['UDP and ICMP flows', 'DNS log', 'dest_domains'],
    without: 'no UDP, no ICMP, no DNS log',
  },
  {
    name: 'see_ingress',
    title: 'received UDP, ICMP and DNS; full accept queues',
    hook: 'cgroup_skb/ingress',
    since: '5.10',
    fields: ['UDP and ICMP flows', 'DNS log', 'dest_domains', 'exemplars'],
    without:
      'no answers in UDP, ICMP and DNS: everything looks unanswered; a connection that a full accept queue turned away looks lost on the way',
  },
  {
    name: 'see_answer_again',
    title: 'answers to a connection that nobody took',
    hook: 'tp_btf/tcp_retransmit_synack',
    since: '5.11',
    fields: ['exemplars'],
    without: 'a connection that was answered, and whose answer was lost, looks lost on the way there',
  },
  {
    name: 'see_drop',
    title: 'dropped packets',
    hook: 'tp_btf/kfree_skb',
    since: '5.17',
    fields: ['drop_reason', 'action'],
    without: 'denied connections look unanswered',
  },
]
