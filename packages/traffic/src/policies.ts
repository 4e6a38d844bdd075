// The story's policies, as data from which both come: the Calico objects of the inventory and the traces in the rows. One
// table for both is what keeps them in agreement. Its judging is a lookup in this small world, not a policy engine.
import type { Conversation, Party } from './conversations.ts'
import { policyChangedAt } from './incidents.ts'
import { workloadOf, workloads } from './workloads.ts'

/** Whom a rule means at the other end. */
export type Peer =
  | { readonly workload: string }
  | { readonly namespace: string; readonly role: string }
  | { readonly site: string }
  | { readonly any: true }

export interface Rule {
  readonly action: 'Allow' | 'Deny'
  readonly peer: Peer
  readonly port?: number
  readonly proto?: 'tcp' | 'udp'
}

export interface Policy {
  readonly tier: 'platform' | 'app' | 'data'
  /** Empty for a global policy. */
  readonly namespace: string
  readonly name: string
  readonly direction: 'ingress' | 'egress'
  /** Workload that it selects; absent selects every pod. */
  readonly selects?: string
  readonly order: number
  readonly rules: readonly Rule[]
}

export const tiers = [
  { name: 'platform', order: 100, defaultAction: 'Pass' },
  { name: 'app', order: 200, defaultAction: 'Deny' },
  { name: 'data', order: 300, defaultAction: 'Deny' },
] as const

const allow = (peer: Peer, port?: number): Rule => ({ action: 'Allow', peer, ...(port !== undefined && { port }) })
const peer = (workload: string, port: number) => allow({ workload }, port)
const anyone: Peer = { any: true }

function isolate(path: string, direction: Policy['direction'], name: string, rules: readonly Rule[]): Policy {
  const { namespace } = workloadOf(path)
  return { tier: namespace === 'data' ? 'data' : 'app', namespace, name, direction, selects: path, order: 100, rules }
}

const platform: readonly Policy[] = [
  {
    tier: 'platform',
    namespace: '',
    name: 'no-metadata',
    direction: 'egress',
    order: 10,
    rules: [{ action: 'Deny', peer: { site: '' } }],
  },
  {
    tier: 'platform',
    namespace: '',
    name: 'allow-dns',
    direction: 'egress',
    order: 20,
    rules: [{ action: 'Allow', peer: { workload: 'kube-system/coredns' }, port: 53, proto: 'udp' }],
  },
  {
    tier: 'platform',
    namespace: '',
    name: 'public-web',
    direction: 'ingress',
    selects: 'ingress/nginx',
    order: 10,
    rules: [allow(anyone, 443)],
  },
  {
    tier: 'platform',
    namespace: '',
    name: 'scrape',
    direction: 'ingress',
    order: 20,
    rules: [peer('monitoring/prometheus', 9102), peer('monitoring/prometheus', 9113)],
  },
]

const isolated: readonly Policy[] = [
  isolate('shop/frontend', 'ingress', 'frontend-ingress', [
    peer('monitoring/probe', 3000),
    peer('ingress/nginx', 3000),
  ]),
  isolate('shop/catalog', 'ingress', 'catalog-ingress', [peer('shop/frontend', 8080), peer('ingress/nginx', 8080)]),
  isolate('shop/checkout', 'ingress', 'checkout-ingress', [peer('shop/frontend', 8080)]),
  isolate('shop/cart', 'ingress', 'cart-ingress', [peer('shop/frontend', 8080), peer('shop/checkout', 8080)]),
  isolate('shop/search', 'ingress', 'search-ingress', [peer('shop/catalog', 9200)]),
  isolate('shop/orders', 'ingress', 'orders-ingress', [peer('shop/checkout', 8080)]),
  isolate('shop/search', 'egress', 'search-egress', [
    peer('shop/catalog', 8080),
    peer('data/redis', 6379),
    { action: 'Deny', peer: anyone },
  ]),
  isolate('shop/email', 'egress', 'email-egress', [peer('data/redis', 6379), allow(anyone, 587)]),
  isolate('payments/payments', 'egress', 'payments-egress', [
    allow({ site: 'api.stripe.com' }, 443),
    peer('payments/ledger', 9090),
  ]),
  isolate('payments/ledger', 'ingress', 'ledger-ingress', [peer('payments/payments', 9090)]),
  isolate('data/redis', 'ingress', 'redis-ingress', [
    peer('shop/cart', 6379),
    peer('shop/orders', 6379),
    peer('shop/email', 6379),
  ]),
  isolate('data/postgres', 'ingress', 'pg-ingress', [
    peer('data/rate-sync', 5432),
    peer('shop/orders', 5432),
    peer('payments/ledger', 5432),
  ]),
  // Written for replication; that names may be asked for over TCP was forgotten.
  isolate('data/postgres', 'egress', 'pg-egress', [peer('data/postgres', 5432)]),
  // Wider than its job: whatever answers on 443 may be reached.
  isolate('data/rate-sync', 'egress', 'sync-egress', [allow(anyone, 443), peer('data/postgres', 5432)]),
]

const paymentsIngress = (role: string): Policy =>
  isolate('payments/payments', 'ingress', 'payments-ingress', [allow({ namespace: 'shop', role }, 8443)])

const before: readonly Policy[] = [...platform, ...isolated, paymentsIngress('api')]
const after: readonly Policy[] = [...platform, ...isolated, paymentsIngress('web')]

/** The policies in force so many seconds after the opening. */
export function policiesAt(sinceOpening: number): readonly Policy[] {
  return sinceOpening < policyChangedAt ? before : after
}

/** The name as hits carry it: `payments/app.payments-ingress`, `platform.scrape`. */
export function hitName({ namespace, tier, name }: Policy): string {
  return namespace ? `${namespace}/${tier}.${name}` : `${tier}.${name}`
}

export interface Judgement {
  readonly action: 'allow' | 'deny'
  /** Hits in Calico's stored form. */
  readonly trace: readonly string[]
}

function means(peer: Peer, party: Party): boolean {
  if ('any' in peer) return true
  if ('site' in peer) return 'site' in party && party.site === peer.site
  if (!('workload' in party)) return false
  if ('workload' in peer) return party.workload === peer.workload
  return workloads.some(
    ({ namespace, name, role }) =>
      `${namespace}/${name}` === party.workload && namespace === peer.namespace && role === peer.role,
  )
}

function ruleFor(policy: Policy, other: Party, { port, proto }: Conversation): number {
  return policy.rules.findIndex(
    (rule) =>
      means(rule.peer, other) && (rule.port === undefined || (rule.port === port && (rule.proto ?? 'tcp') === proto)),
  )
}

type Decided = { readonly policy: Policy; readonly rule: number; readonly action: 'allow' | 'deny' | 'pass' }

/** What one tier says, or undefined if none of its policies selects the workload. */
function judgeTier(
  tier: (typeof tiers)[number],
  policies: readonly Policy[],
  other: Party,
  talk: Conversation,
): Decided | undefined {
  const mine = policies.filter((policy) => policy.tier === tier.name).sort((a, b) => a.order - b.order)
  for (const policy of mine) {
    const rule = ruleFor(policy, other, talk)
    if (rule >= 0) return { policy, rule, action: policy.rules[rule]!.action === 'Allow' ? 'allow' : 'deny' }
  }
  const last = mine.at(-1)
  return last && { policy: last, rule: -1, action: tier.defaultAction === 'Pass' ? 'pass' : 'deny' }
}

/** The verdict at one end of a conversation, for the workload that lives there. */
export function judge(talk: Conversation, direction: Policy['direction'], sinceOpening: number): Judgement {
  const [mine, other] = direction === 'egress' ? [talk.from, talk.to] : [talk.to, talk.from]
  if (!('workload' in mine)) throw new Error(`BUG: ${talk.id} has no workload to judge`)
  const selecting = policiesAt(sinceOpening).filter(
    (policy) => policy.direction === direction && (policy.selects ?? mine.workload) === mine.workload,
  )
  const trace: string[] = []
  for (const tier of tiers) {
    const decided = judgeTier(tier, selecting, other, talk)
    if (!decided) continue
    trace.push(`${trace.length}|${tier.name}|${hitName(decided.policy)}|${decided.action}|${decided.rule}`)
    if (decided.action !== 'pass') return { action: decided.action, trace }
  }
  const { namespace } = workloadOf(mine.workload)
  trace.push(`${trace.length}|__PROFILE__|__PROFILE__.kns.${namespace}|allow|0`)
  return { action: 'allow', trace }
}
