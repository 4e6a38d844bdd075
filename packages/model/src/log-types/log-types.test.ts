import { describe, expect, it } from 'vitest'
import { defineLogType, field } from '../field.ts'
import { dnsLog, flowLog, logTypes, policyActivityLog } from './index.ts'

/** Every field that Calico Enterprise 3.24 publishes for these logs, by its path; `@timestamp` says what end_time says. */
const published = {
  flows:
    'host start_time end_time action reporter proto source_ip source_name source_name_aggr source_namespace source_type source_labels.labels source_port dest_ip dest_name dest_name_aggr dest_namespace dest_type dest_labels.labels dest_port dest_domains dest_service_name dest_service_namespace dest_service_port dest_service_port_num bytes_in bytes_out packets_in packets_out num_flows num_flows_started num_flows_completed http_requests_allowed_in http_requests_denied_in policies.all_policies policies.enforced_policies policies.pending_policies policies.transit_policies process_name process_id process_args num_process_names num_process_ids num_process_args nat_outgoing_ports original_source_ips num_original_source_ips tcp_mean_send_congestion_window tcp_min_send_congestion_window tcp_mean_smooth_rtt tcp_max_smooth_rtt tcp_mean_min_rtt tcp_max_min_rtt tcp_mean_mss tcp_min_mss tcp_total_retransmissions tcp_lost_packets tcp_unrecovered_to',
  dns: 'start_time end_time type count client_ip client_name client_name_aggr client_namespace client_labels qname qtype qclass rcode rrsets.name rrsets.type rrsets.class rrsets.rdata servers.ip servers.name servers.name_aggr servers.namespace servers.labels latency_count latency_mean latency_max',
  policy_activity: 'policy.kind policy.namespace policy.name rule cluster last_evaluated',
}

describe('the catalogue', () => {
  it.each([flowLog, dnsLog, policyActivityLog])('holds every published field of $name under its own name', (type) => {
    const names = published[type.name as keyof typeof published].split(' ')
    expect(names.length).toBeGreaterThan(5)
    expect(names.filter((name) => type.fields[name as never] === undefined)).toEqual([])
  })

  it.each([flowLog, dnsLog, policyActivityLog])('marks as ours exactly what is not published of $name', (type) => {
    const names = new Set(published[type.name as keyof typeof published].split(' '))
    const wrong = Object.entries<{ ours?: boolean }>(type.fields).filter(
      ([name, { ours }]) => names.has(name) === (ours === true),
    )
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  it('documents every field and gives it a heading', () => {
    for (const type of logTypes) {
      for (const [name, { doc, label }] of Object.entries(type.fields)) {
        expect(doc, `${type.name}.${name}`).toMatch(/[.]$/)
        expect(label, `${type.name}.${name}`).toBeTruthy()
      }
    }
  })

  it('gives every measure a merge rule', () => {
    const without = logTypes.flatMap((type) =>
      Object.entries(type.fields).filter(([, { role, merge }]) => role === 'measure' && !merge),
    )
    expect(without).toEqual([])
  })

  it('does not take a declaration that names a field it does not have', () => {
    const declare = () =>
      defineLogType({
        name: 'x',
        title: 'x',
        doc: 'x',
        indexBase: 'x',
        time: 'start',
        sortKey: [],
        columns: [],
        fields: { start_time: field.timestamp({ role: 'time', doc: 'x' }) },
      })
    expect(declare).toThrow('BUG: log type x names the unknown field start')
  })
})
