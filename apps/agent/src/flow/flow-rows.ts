// A variant of a flow as fields of the log: dimensions for its series, details for its row.
import type { Row } from '@margay/model'
import type { FlowIdentity, Variant, Verdict } from './flow.ts'

/** The dimensions that a kernel can tell; the server adds the rest once per series. */
export function dimensionsOf(identity: FlowIdentity, verdict: Verdict): Row {
  return {
    reporter: identity.reporter,
    direction: identity.direction,
    local: identity.local,
    action: verdict.action,
    outcome: verdict.outcome,
    drop_reason: verdict.dropReason,
    proto: identity.proto,
    dest_port: identity.destPort,
    process_name: identity.processName,
    container: identity.container,
    pod_uid: identity.podUid,
    marks: verdict.marks?.texts,
  }
}

const orSeveral = (pids: ReadonlySet<number>): string =>
  pids.size === 0 ? '-' : pids.size === 1 ? String(pids.values().next().value) : '*'

/** What the outside world and the process chose, gathered over the interval. */
export function detailsOf(variant: Variant): Row {
  const { identity } = variant.flow
  const { pids, args, domains, aliases, partial } = variant.gathered
  const row: Row = {
    source_ip: identity.sourceIp,
    dest_ip: identity.destIp,
    source_port: identity.sourcePort,
    netns: identity.netns,
    process_id: orSeveral(pids),
    num_process_names: identity.processName === '-' ? 0 : 1,
    num_process_ids: pids.size,
    num_process_args: args.size,
    dialled_ip: identity.dialledIp,
    dialled_port: identity.dialledPort,
  }
  if (args.size > 0) row.process_args = [...args]
  if (domains.size > 0) {
    row.dest_domains = [...domains]
    row.dest_domain_source = 'dns'
    const others = [...aliases].filter((alias) => !domains.has(alias))
    if (others.length > 0) row.dest_domain_aliases = others
  }
  if (partial) row.partial = true
  return row
}
