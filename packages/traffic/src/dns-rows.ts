// Lookups of the story: names inside and outside the cluster, the misses that the resolver's search path makes of them,
// one name that is mistyped and one whose servers fail for a while.
import type { Row } from '@margay/model'
import type { Interval } from './clock.ts'
import { rhythm } from './clock.ts'
import type { Cluster, Pod } from './cluster.ts'
import type { Emission } from './emission.ts'
import { isWithin, mailNameFails, reports } from './incidents.ts'
import { siteOf, sites } from './outside.ts'
import { around, createRandom, hashText, mix, pick, poisson } from './random.ts'
import { clusterName } from './workloads.ts'

/** One name that one workload looks up. */
interface Lookup {
  readonly client: string
  readonly qname: string
  readonly perMinute: number
  /** The addresses it has, by question; an empty object means that there is no such name. */
  readonly answers: { readonly A?: readonly string[]; readonly AAAA?: readonly string[] }
  /** Asked of servers outside, which is slower. */
  readonly outside: boolean
}

/** Names that workloads ask for, with how often in a minute at the busiest hour. */
const asked: readonly (readonly [client: string, name: string, perMinute: number])[] = [
  ['ingress/nginx', 'frontend.shop', 9],
  ['ingress/nginx', 'catalog.shop', 7],
  ['shop/frontend', 'checkout.shop', 14],
  ['shop/frontend', 'catalog.shop', 16],
  ['shop/frontend', 'cart.shop', 12],
  ['shop/checkout', 'payments.payments', 18],
  ['shop/checkout', 'orders.shop', 10],
  ['shop/cart', 'redis.data', 8],
  ['shop/catalog', 'search.shop', 15],
  ['shop/search', 'api.stripe.com', 5],
  ['shop/orders', 'postgres.data', 9],
  ['shop/email', 'redis.data', 4],
  ['shop/email', 'smtp.sendgrid.net', 6],
  ['shop/email', 'paymnts.payments', 3],
  ['payments/payments', 'api.stripe.com', 12],
  ['payments/payments', 'ledger.payments', 8],
  ['payments/ledger', 'postgres.data', 5],
  ['data/rate-sync', 'www.ecb.europa.eu', 1],
  ['data/rate-sync', 'drop.files.example', 1.5],
  ['monitoring/grafana', 'prometheus.monitoring', 4],
]

const domain = 'svc.cluster.local'

function inside(cluster: Cluster, name: string): readonly string[] {
  return cluster.services.filter((service) => `${service.name}.${service.namespace}` === name).map((s) => s.clusterIp)
}

/** What a client with `ndots:5` asks for one name: first the names that its search path makes of it. */
function lookupsFor(cluster: Cluster, [client, name, perMinute]: (typeof asked)[number]): Lookup[] {
  const own = client.split('/')[0]!
  const base = { client, perMinute, outside: false }
  const site = sites.find((candidate) => candidate.name === name)
  if (!site) {
    const clusterIps = inside(cluster, name)
    const answers = clusterIps.length > 0 ? { A: clusterIps } : {}
    return [
      { ...base, qname: `${name}.${own}.${domain}`, answers: {} },
      { ...base, qname: `${name}.${domain}`, answers },
    ]
  }
  const known = siteOf(name).addresses
  const answers = { A: known.filter((ip) => !ip.includes(':')), AAAA: known.filter((ip) => ip.includes(':')) }
  const misses = [`${name}.${own}.${domain}`, `${name}.${domain}`, `${name}.cluster.local`]
  return [...misses.map((qname) => ({ ...base, qname, answers: {} })), { ...base, qname: name, answers, outside: true }]
}

/** A name asked by one pod, with its row's series kept by what was answered. */
export interface Asker {
  readonly lookup: Lookup
  readonly pod: Pod
  readonly servers: readonly Pod[]
  readonly share: number
  readonly seed: number
  readonly known: Map<string, Row>
}

export function askersOf(cluster: Cluster, seed: number): Asker[] {
  const servers = cluster.podsOf.get('kube-system/coredns') ?? []
  return asked
    .flatMap((line) => lookupsFor(cluster, line))
    .flatMap((lookup) => {
      const pods = cluster.podsOf.get(lookup.client) ?? []
      return pods.map((pod, index): Asker => ({
        lookup,
        pod,
        servers,
        share: 1 / pods.length,
        seed: mix(seed, hashText(lookup.client), hashText(lookup.qname), index),
        known: new Map(),
      }))
    })
}

function dimensions({ pod, known }: Asker, server: Pod, qtype: string, rcode: string): Row {
  const key = `${server.name} ${qtype} ${rcode}`
  const before = known.get(key)
  if (before) return before
  const made: Row = Object.freeze({
    cluster: clusterName,
    host: pod.node,
    origin: 'demo',
    type: 'LOG',
    client_name: pod.name,
    client_name_aggr: pod.nameAggr,
    client_namespace: pod.namespace,
    client_type: 'wep',
    client_labels: pod.labels,
    hop: 'client',
    transport: 'udp',
    qtype,
    qclass: 'IN',
    rcode,
    outcome: 'answered',
    'servers.name': [server.name],
    'servers.name_aggr': [server.nameAggr],
    'servers.namespace': [server.namespace],
    process_name: pod.workload.program.name,
    container: pod.container,
    pod_uid: pod.uid,
  })
  known.set(key, made)
  return made
}

function codeOf({ lookup }: Asker, sinceOpening: number): string {
  if (lookup.qname === 'smtp.sendgrid.net' && isWithin(mailNameFails, sinceOpening)) return 'SERVFAIL'
  return Object.keys(lookup.answers).length === 0 ? 'NXDOMAIN' : 'NOERROR'
}

/** Nanoseconds: half a millisecond inside, some twelve outside, two seconds where the servers fail. */
const usualLatency = (outside: boolean, rcode: string): number =>
  rcode === 'SERVFAIL' ? 2_000_000_000 : outside ? 12_000_000 : 480_000

function answerFields(qname: string, qtype: string, addresses: readonly string[]): Row {
  if (addresses.length === 0) return {}
  return { 'rrsets.name': [qname], 'rrsets.type': [qtype], 'rrsets.class': ['IN'], 'rrsets.rdata': [addresses] }
}

/** The rows of one name asked by one pod in one interval: A and AAAA, as the C library asks. */
export function* dnsRows(asker: Asker, interval: Interval, opened: number): Generator<Emission> {
  const { lookup, pod, share, seed } = asker
  const since = interval.start - opened
  if (!reports(pod.node, since)) return
  const random = createRandom(mix(seed, interval.start))
  const minutes = (interval.end - interval.start) / 60
  const count = poisson(random, lookup.perMinute * minutes * share * rhythm(interval.start) * 0.5)
  if (count === 0) return
  const server = pick(random, asker.servers)
  const rcode = codeOf(asker, since)
  for (const qtype of ['A', 'AAAA'] as const) {
    const latency = Math.round(around(random, usualLatency(lookup.outside, rcode), 0.4))
    const rest: Row = {
      start_time: interval.start,
      end_time: interval.end,
      client_ip: pod.ip,
      qname: lookup.qname,
      ...answerFields(lookup.qname, qtype, rcode === 'NOERROR' ? (lookup.answers[qtype] ?? []) : []),
      'servers.ip': [server.ip],
      'servers.labels': [server.labels],
      process_id: pod.workload.program.pid,
      process_args: [pod.workload.program.args],
      netns: pod.netns,
      count,
      tries: rcode === 'SERVFAIL' ? count * 2 : count,
      latency_count: count,
      latency_mean: latency,
      latency_max: Math.round(latency * (1 + random())),
    }
    yield { logType: 'dns', dimensions: dimensions(asker, server, qtype, rcode), rest }
  }
}
