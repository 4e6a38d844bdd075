// What an agent knows of a flow or a lookup, before the server gives it names. The agent speaks the catalogue's own field
// names: the dimensions it can know from the kernel make its series, addresses and everything else are in the row.
import type { DnsRow, FlowRow, Row } from '@margay/model'

/**
 * An agent's flow. Names, labels, services, policies and `counts` are the server's to add.
 * Dimensions sent: reporter, direction, local, action, outcome, drop_reason, proto, dest_port, process_name, container,
 * pod_uid, marks (each made by `printMark`, in the order of the rules). The rest: times, source_ip, dest_ip, source_port
 * (only at aggregation level 0), process_id, process_args, dest_domains, dest_domain_aliases, dest_domain_source, netns,
 * partial, exemplars and the measures.
 */
export interface AgentFlow extends FlowRow {
  /** Address and port that the program dialled, where conntrack changed them on the way (a service). */
  readonly dialled_ip?: string
  readonly dialled_port?: number
  /** Seconds from start_time to the first thing that was counted, and to the end of the second of the last. */
  readonly active_from?: number
  readonly active_to?: number
}

export type AgentLookup = DnsRow

/**
 * Where collectors put what they saw. `series` is called once for a set of dimensions and its number reused until the
 * epoch ends (`epoch` changes); `add` is one row of the interval. The sink copies what it is given.
 */
export interface RecordSink {
  /** Grows when every series number given before has become void. */
  readonly epoch: number
  series(logType: string, dimensions: Row): number
  add(series: number, rest: Row & { readonly dialled_ip?: string; readonly dialled_port?: number }): void
}

/** A sink with two ways through it: rows that last, every ten seconds, and the last second's deltas while watched. */
export interface AgentOutput {
  readonly lasting: RecordSink
  /** Shown as provisional, never stored. */
  readonly live: RecordSink
  /** Whether somebody watches; where not, nothing is put into `live`. */
  readonly watched: () => boolean
  /**
   * Calls whenever an address passed from one pod to another: what is counted from then on belongs to another row. A row of
   * both would be named after one of them. Returns what ends that.
   */
  readonly onHandover: (listener: () => void) => () => void
  /** The interval is complete: what `lasting` holds goes to the spool. */
  endInterval(endTime: number): void
  /** Sends what `live` holds. */
  endDelta(): void
  /** Counts what could not be observed or kept: `ring_full`, `map_full`, …; sent with the next batch. */
  lost(what: string, count: number): void
}
