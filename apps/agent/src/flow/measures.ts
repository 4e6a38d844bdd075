// The numbers of a flow in one interval, as slots of a Float64Array: adding a socket's second to a flow makes no objects.
// A slot's merge rule is its place: sums first, then the smallest and the largest values.
import type { Row } from '@margay/model'

export const slot = {
  bytesIn: 0,
  bytesOut: 1,
  packetsIn: 2,
  packetsOut: 3,
  flows: 4,
  started: 5,
  completed: 6,
  retrans: 7,
  lost: 8,
  timeouts: 9,
  /** Samples of window and segment size, and their sums. */
  samples: 10,
  cwndSum: 11,
  mssSum: 12,
  /** Round trips count only where the kernel measured one. */
  rttCount: 13,
  rttSum: 14,
  minRttCount: 15,
  minRttSum: 16,
  cwndMin: 17,
  mssMin: 18,
  rttMax: 19,
  minRttMax: 20,
} as const

const sums = slot.cwndMin
const smallest = slot.rttMax
const slots = slot.minRttMax + 1

export type Measures = Float64Array

export const createMeasures = (): Measures => clearMeasures(new Float64Array(slots))

export function clearMeasures(measures: Measures): Measures {
  measures.fill(0)
  measures.fill(Infinity, sums, smallest)
  return measures
}

/** Adds by each slot's merge rule. */
export function addMeasures(into: Measures, from: Measures): void {
  for (let i = 0; i < sums; i++) into[i]! += from[i]!
  for (let i = sums; i < smallest; i++) if (from[i]! < into[i]!) into[i] = from[i]!
  for (let i = smallest; i < slots; i++) if (from[i]! > into[i]!) into[i] = from[i]!
}

const mean = (sum: number, count: number) => Math.round(sum / count)

/** The measures as fields of a flow row. What was not measured is absent. */
export function measureFields(measures: Measures): Row {
  const at = (index: number) => measures[index]!
  const row: Row = {
    bytes_in: at(slot.bytesIn),
    bytes_out: at(slot.bytesOut),
    packets_in: at(slot.packetsIn),
    packets_out: at(slot.packetsOut),
    num_flows: at(slot.flows),
    num_flows_started: at(slot.started),
    num_flows_completed: at(slot.completed),
  }
  if (at(slot.retrans) > 0) row.tcp_total_retransmissions = at(slot.retrans)
  if (at(slot.lost) > 0) row.tcp_lost_packets = at(slot.lost)
  if (at(slot.timeouts) > 0) row.tcp_unrecovered_to = at(slot.timeouts)
  if (at(slot.samples) > 0) addTcpFields(row, measures)
  return row
}

function addTcpFields(row: Row, measures: Measures): void {
  const at = (index: number) => measures[index]!
  row.tcp_mean_send_congestion_window = mean(at(slot.cwndSum), at(slot.samples))
  row.tcp_min_send_congestion_window = at(slot.cwndMin)
  row.tcp_mean_mss = mean(at(slot.mssSum), at(slot.samples))
  row.tcp_min_mss = at(slot.mssMin)
  if (at(slot.rttCount) > 0) {
    row.tcp_mean_smooth_rtt = mean(at(slot.rttSum), at(slot.rttCount))
    row.tcp_max_smooth_rtt = at(slot.rttMax)
  }
  if (at(slot.minRttCount) > 0) {
    row.tcp_mean_min_rtt = mean(at(slot.minRttSum), at(slot.minRttCount))
    row.tcp_max_min_rtt = at(slot.minRttMax)
  }
}
