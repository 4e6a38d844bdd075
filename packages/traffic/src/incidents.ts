// What goes wrong in the story, and when, told from the moment at which the demo is opened. Some of it comes again, so that
// a demo that runs for days stays worth looking at.

/**
 * What happens to a conversation at a moment. `absent`: it does not take place at all; `crowded`: more come than are taken, so
 * that some have to ask twice; `far`: the way there has become long.
 */
export type Fate = 'usual' | 'absent' | 'refused' | 'unanswered' | 'silent' | 'crowded' | 'far'

const minute = 60
const hour = 3600

/** From and to in seconds after the opening; with `every`, the same again, before and after. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly every?: number
}

/** The ingress rule of payments changed its label from `role=api` to `role=web`: checkout is denied since. */
export const policyChangedAt = -14 * minute

/** redis got a new image: a rollout that nothing follows. */
export const cacheRolledOutAt = -47 * minute

/** node-7's agent is away: neither end there is reported. */
export const nodeAway: { readonly node: string; readonly span: Span } = {
  node: 'node-7',
  span: { from: -21 * minute, to: -19 * minute },
}

/** search crashes: its port refuses at first, then its pods are gone and nothing answers. */
const searchRefuses: Span = { from: -38 * minute, to: -36.5 * minute, every: 5 * hour }
const searchIsGone: Span = { from: -36.5 * minute, to: -31 * minute, every: 5 * hour }

/** The resolver's upstream fails for the mail provider's name. */
export const mailNameFails: Span = { from: -52 * minute, to: -46 * minute, every: 6 * hour }

/** The rate job began to send files to a site that it has no business with. */
const uploadRuns: Span = { from: -40 * minute, to: 36 * hour }

/** A new version of search tries to reach the card API, which its egress policy denies. */
const searchTriesCards: Span = { from: -25 * minute, to: 36 * hour }

/** orders takes a moment longer to accept than checkout asks: its accept queue overflows. */
const ordersIsCrowded: Span = { from: -29 * minute, to: -24 * minute, every: 3 * hour }

/** The way to the card API leads around the world for a while. */
const cardsAreFar: Span = { from: -18 * minute, to: -15 * minute, every: 4 * hour }

/** The mail provider accepts packets and does not answer: a firewall outside. */
const mailIsSilent: Span = { from: -9 * minute, to: -4 * minute, every: 4 * hour }

export function isWithin({ from, to, every }: Span, sinceOpening: number): boolean {
  if (every === undefined) return sinceOpening >= from && sinceOpening < to
  const turn = Math.floor((sinceOpening - from) / every)
  return sinceOpening - turn * every < to
}

type Rule = { readonly ids: (id: string) => boolean; readonly fate: Fate; readonly when: (since: number) => boolean }

const exactly = (id: string) => (candidate: string) => candidate === id
const during = (span: Span) => (since: number) => isWithin(span, since)
const except = (span: Span) => (since: number) => !isWithin(span, since)

const rules: readonly Rule[] = [
  { ids: exactly('shop/catalog>shop/search:9200'), fate: 'refused', when: during(searchRefuses) },
  { ids: exactly('shop/catalog>shop/search:9200'), fate: 'unanswered', when: during(searchIsGone) },
  { ids: (id) => id.startsWith('shop/search>'), fate: 'absent', when: during(searchIsGone) },
  { ids: exactly('shop/checkout>shop/orders:8080'), fate: 'crowded', when: during(ordersIsCrowded) },
  { ids: exactly('payments/payments>site:api.stripe.com:443'), fate: 'far', when: during(cardsAreFar) },
  { ids: exactly('shop/search>site:api.stripe.com:443'), fate: 'absent', when: except(searchTriesCards) },
  { ids: exactly('data/rate-sync>site:drop.files.example:443'), fate: 'absent', when: except(uploadRuns) },
  { ids: exactly('shop/email>site:smtp.sendgrid.net:587'), fate: 'absent', when: during(mailNameFails) },
  { ids: exactly('shop/email>site:smtp.sendgrid.net:587'), fate: 'silent', when: during(mailIsSilent) },
]

/** What happens to a conversation so many seconds after the opening; policy apart. */
export function fateOf(id: string, sinceOpening: number): Fate {
  return rules.find((rule) => rule.ids(id) && rule.when(sinceOpening))?.fate ?? 'usual'
}

/** Whether a node's agent reports at that moment. */
export function reports(node: string, sinceOpening: number): boolean {
  return node !== nodeAway.node || !isWithin(nodeAway.span, sinceOpening)
}

/** What the ribbon of the console marks, in the order of time; seconds after the opening. */
export const changes: readonly { readonly at: number; readonly says: string }[] = [
  { at: cacheRolledOutAt, says: 'redis rolled out' },
  { at: uploadRuns.from, says: 'job rate-sync first sent to drop.files.example' },
  { at: searchRefuses.from, says: 'search stopped answering' },
  { at: searchIsGone.to, says: 'search answers again' },
  { at: ordersIsCrowded.from, says: 'orders slow to take connections' },
  { at: nodeAway.span.from, says: 'agent on node-7 away' },
  { at: nodeAway.span.to, says: 'agent on node-7 back' },
  { at: policyChangedAt, says: 'policy payments/app.payments-ingress changed' },
]
