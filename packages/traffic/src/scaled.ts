// Traffic of any size for benches: no story, only the proportions that decide what storing and asking cost. Popularity of
// edges is skewed, both ends report, and a share of the rows comes from clients that are seen once.
import type { Row } from '@margay/model'
import type { Emission } from './emission.ts'
import type { Random } from './random.ts'
import { around, createRandom, hex, mix, podSuffix } from './random.ts'

export interface ScaledOptions {
  readonly seed: number
  readonly namespaces: number
  readonly pods: number
  /** Pairs of pods that talk. */
  readonly edges: number
  readonly rowsPerInterval: number
  /** Share of the rows, 0 to 1, whose client is an address outside that hardly comes twice. */
  readonly hostile: number
  /** Seconds from one interval to the next. */
  readonly intervalSeconds: number
}

export const scaledDefaults: ScaledOptions = {
  seed: 1,
  namespaces: 50,
  pods: 2_000,
  edges: 8_000,
  rowsPerInterval: 20_000,
  hostile: 0.1,
  intervalSeconds: 10,
}

export interface Scaled {
  readonly options: ScaledOptions
  /** Rows of the interval that starts at `start`, Unix seconds; the same start gives the same rows. */
  rows(start: number): Generator<Emission>
}

interface Place {
  readonly name: string
  readonly aggr: string
  readonly namespace: string
  readonly ip: string
  readonly node: string
  readonly uid: string
  readonly container: string
  readonly app: string
}

interface Edge {
  readonly source: Place
  readonly dest: Place
  readonly port: number
  readonly denied: boolean
  src?: Row
  dst?: Row
}

const podsPerWorkload = 4
const podsPerNode = 40
const ports = [80, 443, 8080, 5432, 6379, 9090] as const

function makePlace({ seed, namespaces }: ScaledOptions, index: number): Place {
  const workload = Math.floor(index / podsPerWorkload)
  const shared = createRandom(mix(seed, workload, 7))
  const own = createRandom(mix(seed, index, 11))
  const app = `app-${workload}`
  const aggr = `${app}-${hex(shared, 10)}-*`
  return {
    app,
    aggr,
    name: `${aggr.slice(0, -1)}${podSuffix(own)}`,
    namespace: `team-${workload % namespaces}`,
    ip: `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
    node: `node-${Math.floor(index / podsPerNode)}`,
    uid: [8, 4, 4, 4, 12].map((length) => hex(own, length)).join('-'),
    container: hex(own, 12),
  }
}

function makeEdges(options: ScaledOptions, places: readonly Place[]): Edge[] {
  const random = createRandom(mix(options.seed, 3))
  const place = () => places[Math.floor(random() * places.length)]!
  return Array.from({ length: options.edges }, () => ({
    source: place(),
    dest: place(),
    port: ports[Math.floor(random() * ports.length)]!,
    denied: random() < 0.02,
  }))
}

const endOf = (prefix: 'source' | 'dest', place: Place): Row => ({
  [`${prefix}_name`]: place.name,
  [`${prefix}_name_aggr`]: place.aggr,
  [`${prefix}_namespace`]: place.namespace,
  [`${prefix}_type`]: 'wep',
  [`${prefix}_labels.labels`]: [`app=${place.app}`, `team=${place.namespace}`],
})

const outsideSource: Row = {
  source_name: '-',
  source_name_aggr: 'pub',
  source_namespace: '-',
  source_type: 'net',
}

function dimensions(edge: Edge, side: 'src' | 'dst', outside: boolean): Row {
  const pod = side === 'src' ? edge.source : edge.dest
  const denied = edge.denied && side === 'dst'
  const action = denied ? 'deny' : 'allow'
  const hits = [
    '0|platform|platform.base|pass|-1',
    `1|app|${pod.namespace}/app.${pod.app}|${action}|${denied ? -1 : 0}`,
  ]
  return Object.freeze({
    cluster: 'scaled',
    origin: 'demo',
    host: pod.node,
    reporter: side,
    direction: side === 'src' ? 'egress' : 'ingress',
    local: false,
    action,
    outcome: denied ? 'dropped' : edge.denied ? 'unanswered' : 'established',
    evidence: 'evaluated',
    proto: 'tcp',
    ...(outside ? outsideSource : endOf('source', edge.source)),
    ...endOf('dest', edge.dest),
    dest_port: edge.port,
    dest_service_name: edge.dest.app,
    dest_service_namespace: edge.dest.namespace,
    dest_service_port: 'main',
    dest_service_port_num: edge.port,
    process_name: pod.app,
    container: pod.container,
    pod_uid: pod.uid,
    'policies.enforced_policies': hits,
    'policies.pending_policies': hits,
  })
}

function measures(random: Random): Row {
  const connections = 1 + Math.floor(random() * 20)
  const packets = connections * (8 + Math.floor(random() * 40))
  const rtt = Math.round(around(random, 400))
  return {
    bytes_in: Math.round(around(random, packets * 700, 0.5)),
    bytes_out: Math.round(around(random, packets * 180, 0.5)),
    packets_in: packets,
    packets_out: Math.round(packets * 0.8),
    num_flows: connections,
    num_flows_started: connections,
    num_flows_completed: connections,
    num_process_names: 1,
    num_process_ids: 1,
    num_process_args: 1,
    tcp_mean_send_congestion_window: 10,
    tcp_min_send_congestion_window: 10,
    tcp_mean_smooth_rtt: rtt,
    tcp_max_smooth_rtt: rtt + 300,
    tcp_mean_min_rtt: Math.round(rtt * 0.7),
    tcp_max_min_rtt: rtt,
    tcp_mean_mss: 1448,
    tcp_min_mss: 1448,
    tcp_total_retransmissions: random() < 0.05 ? 1 : 0,
    tcp_lost_packets: 0,
    tcp_unrecovered_to: 0,
  }
}

/** An address of the whole internet's size, from a block set aside for tests of devices (RFC 2544) or from IPv6's examples. */
function stranger(random: Random): string {
  const draw = Math.floor(random() * 2 ** 32)
  if (draw % 4 === 0) return `2001:db8:${(draw >>> 16).toString(16)}:${(draw & 0xffff).toString(16)}::1`
  return `198.${18 + (draw & 1)}.${(draw >>> 8) & 255}.${(draw >>> 16) & 255}`
}

export function scaled(given: Partial<ScaledOptions> = {}): Scaled {
  const options = { ...scaledDefaults, ...given }
  const places = Array.from({ length: options.pods }, (_, index) => makePlace(options, index))
  const edges = makeEdges(options, places)
  const visited = edges.map((edge): Edge => ({ source: edge.source, dest: edge.dest, port: 443, denied: false }))

  function* rows(start: number): Generator<Emission> {
    const random = createRandom(mix(options.seed, start))
    const times = { start_time: start, end_time: start + options.intervalSeconds }
    for (let left = options.rowsPerInterval; left > 0;) {
      const outside = random() < options.hostile
      const edge = (outside ? visited : edges)[Math.floor(random() ** 3 * options.edges)]!
      const source_ip = outside ? stranger(random) : edge.source.ip
      const shared = { ...times, source_ip, dest_ip: edge.dest.ip, partial: false, process_id: '1' }
      const sent = measures(random)
      if (!outside && left-- > 0) {
        edge.src ??= dimensions(edge, 'src', false)
        yield { logType: 'flows', dimensions: edge.src, rest: { ...shared, ...sent, counts: true } }
      }
      if (left-- <= 0) return
      edge.dst ??= dimensions(edge, 'dst', outside)
      yield { logType: 'flows', dimensions: edge.dst, rest: { ...shared, ...fromTheOtherEnd(sent), counts: outside } }
    }
  }
  return { options, rows }
}

function fromTheOtherEnd(sent: Row): Row {
  const { bytes_in, bytes_out, packets_in, packets_out } = sent
  return { ...sent, bytes_in: bytes_out, bytes_out: bytes_in, packets_in: packets_out, packets_out: packets_in }
}
