// Field by field: what fills it, and what becomes of it where a source is missing. Pure; held against the catalogue by a
// test, so that a field without an entry is noticed.
import { programs } from '../kernel/programs.ts'
import type { FieldFinding, Verdict } from './report.ts'

export interface Sources {
  /** Names of the kernel programs that load. */
  readonly programs: ReadonlySet<string>
  readonly conntrack: boolean
  /** Numbers of drop reasons are known. */
  readonly reasons: boolean
}

interface FieldGroup {
  readonly fields: readonly string[]
  readonly from: string
  /** Programs without which the fields are empty. */
  readonly needs: readonly string[]
  /** Programs without which they are less sure or incomplete. */
  readonly wants?: readonly string[]
  readonly needsConntrack?: boolean
  readonly needsReasons?: boolean
}

export const fieldGroups: readonly FieldGroup[] = [
  {
    fields: ['source_ip', 'dest_ip', 'source_port', 'dest_port', 'proto', 'reporter', 'local', 'netns'],
    from: 'sockets of all network namespaces',
    needs: ['see_state'],
    wants: ['see_egress', 'see_ingress'],
  },
  {
    fields: ['direction', 'partial'],
    from: 'the handshake; for older sockets who listens',
    needs: ['see_state'],
    wants: ['seed_owners', 'show_sockets'],
  },
  {
    fields: [
      'bytes_in',
      'bytes_out',
      'packets_in',
      'packets_out',
      'num_flows',
      'num_flows_started',
      'num_flows_completed',
    ],
    from: "the kernel's TCP counters, and packets of UDP and ICMP",
    needs: ['see_state'],
    wants: ['show_sockets', 'see_egress', 'see_ingress'],
  },
  {
    fields: [
      'tcp_mean_send_congestion_window',
      'tcp_min_send_congestion_window',
      'tcp_mean_smooth_rtt',
      'tcp_max_smooth_rtt',
      'tcp_mean_min_rtt',
      'tcp_max_min_rtt',
      'tcp_mean_mss',
      'tcp_min_mss',
      'tcp_total_retransmissions',
      'tcp_lost_packets',
      'tcp_unrecovered_to',
    ],
    from: "the kernel's tcp_sock",
    needs: ['see_state'],
    wants: ['show_sockets'],
  },
  { fields: ['outcome'], from: 'the end of each connection', needs: ['see_state'], wants: ['see_drop'] },
  {
    fields: ['action', 'drop_reason'],
    from: 'drops by netfilter',
    needs: ['see_drop'],
    needsReasons: true,
  },
  {
    fields: ['exemplars', 'num_exemplars'],
    from: 'the end of each connection, drops, and what listeners turned away',
    needs: ['see_state'],
    wants: ['see_drop', 'see_ingress', 'see_answer_again'],
  },
  {
    fields: ['process_name', 'process_id', 'num_process_names', 'num_process_ids', 'pod_uid', 'container'],
    from: 'the process at the socket and its cgroup',
    needs: ['see_state'],
    wants: ['see_send', 'see_receive', 'see_create', 'seed_owners'],
  },
  {
    fields: ['process_args', 'num_process_args'],
    from: 'programs as they start, else /proc',
    needs: [],
    wants: ['see_exec'],
  },
  {
    fields: ['dest_domains', 'dest_domain_aliases', 'dest_domain_source'],
    from: "the client's own DNS answers",
    needs: ['see_ingress'],
    wants: ['see_egress'],
  },
  { fields: ['dialled_ip', 'dialled_port'], from: 'conntrack of the node', needs: [], needsConntrack: true },
  { fields: ['dns'], from: 'DNS payloads at the sockets of clients', needs: ['see_egress', 'see_ingress'] },
]

/** What is not seen without some programs, each reason once. */
export const withoutOf = (names: readonly string[]) =>
  [...new Set(names.map((name) => programs.find((program) => program.name === name)?.without ?? name))].join('; ')

function judge(group: FieldGroup, sources: Sources): { readonly verdict: Verdict; readonly why: string } {
  const lacking = (names: readonly string[]) => names.filter((name) => !sources.programs.has(name))
  const needs = lacking(group.needs)
  if (needs.length > 0) return { verdict: 'missing', why: withoutOf(needs) }
  if (group.needsConntrack && !sources.conntrack) return { verdict: 'missing', why: 'conntrack is not there' }
  if (group.needsReasons && !sources.reasons)
    return { verdict: 'missing', why: 'the kernel does not name its drop reasons' }
  const wants = lacking(group.wants ?? [])
  if (wants.length > 0) return { verdict: 'limited', why: withoutOf(wants) }
  return { verdict: 'ok', why: `from ${group.from}` }
}

/** What will be seen of each field, from the sources there are. */
export const judgeFields = (sources: Sources): FieldFinding[] =>
  fieldGroups.map((group) => ({ fields: group.fields, ...judge(group, sources) }))
