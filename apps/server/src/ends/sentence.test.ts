import type { Exemplar, Row } from '@margay/model'
import { fateSchema } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { evidenceOf } from './evidence.ts'
import type { Joined, View } from './joined.ts'
import { sentenceOf } from './sentence.ts'

const source = { ip: '10.0.0.1', port: 40_000 }
const dest = { ip: '10.0.0.2', port: 8080 }

function view(at: View['at'], host: string, exemplar: Partial<Exemplar> | undefined, row: Row = {}): View {
  const whole = { startMs: 0, went: 'unanswered', proto: 'tcp', source, dest, ...exemplar } as const
  return { at, host, row, ...(exemplar && { exemplar: whole }) }
}

const atSource = (exemplar: Partial<Exemplar>, row: Row = {}) => view('source', 'n1', exemplar, row)
const atDest = (exemplar: Partial<Exemplar>, row: Row = {}) => view('destination', 'n2', exemplar, row)
const onWay = (host: string, exemplar: Partial<Exemplar>, row: Row = {}) => view('way', host, exemplar, row)

const joined = (views: readonly View[], rest: Partial<Joined> = {}): Joined => ({
  startMs: 0,
  proto: 'tcp',
  source,
  dest,
  names: { source: 'shop/checkout', dest: 'pay/api' },
  leavesCluster: false,
  views,
  pair: [],
  reporters: { source: { host: 'n1', state: 'reports' }, dest: { host: 'n2', state: 'reports' } },
  isFresh: false,
  isCrowded: false,
  isHandedOn: false,
  ...rest,
})

const outside: Partial<Joined> = {
  names: { source: 'shop/checkout', dest: '203.0.113.9' },
  dest: { ip: '203.0.113.9', port: 443 },
  leavesCluster: true,
  reporters: { source: { host: 'n1', state: 'reports' }, dest: { state: 'none' } },
}
const uncovered = (state: 'none' | 'silent' | 'later'): Partial<Joined> => ({
  reporters: { source: { host: 'n1', state: 'reports' }, dest: { host: 'n2', state } },
})

const rule = { went: 'dropped', dropReason: 'NETFILTER_DROP' } as const
const denial: Row = { action: 'deny', 'policies.enforced_policies': ['0|default|pay/knp.default.api|deny|0'] }
const tieredHit = '0|app|pay/app.api|deny|0'
const tiered: Row = { action: 'deny', 'policies.enforced_policies': [tieredHit] }
const isolation: Row = { action: 'deny', 'policies.enforced_policies': ['0|default|pay/knp.default.api|deny|-1'] }
const unbacked: Row = {
  drop_reason: 'SERVICE_WITHOUT_ENDPOINTS',
  dest_service_namespace: 'pay',
  dest_service_name: 'api',
}
const policy = {
  verdict: 'deny',
  where: 'destination',
  hit: '0|default|pay/knp.default.api|deny|-1',
  sentences: ['ingress to pay/api: tier default isolates it by api'],
  fix: 'set label role = api on pod shop/checkout',
} as const

const asked = atSource({ syns: 3 })

/** What was seen, what became of it, where and by what, whether that is sure, and the sentence. */
const cases: readonly (readonly [what: string, joined: Joined, decided: string, sentence: string])[] = [
  [
    'a packet that found no listener',
    joined([atSource({ went: 'refused' }), atDest({ went: 'refused', dropReason: 'NO_SOCKET' })]),
    'nobody_listens destination kernel sure yes yes',
    'Reached pay/api on n2; nobody listens on tcp 8080 there.',
  ],
  [
    'a refusal in whose node no agent looks',
    joined([atSource({ went: 'refused' })], uncovered('none')),
    'refused destination unknown unsure yes yes',
    'Refused in the name of pay/api on n2: nobody listens on tcp 8080 there, or a firewall answered; no agent reports for pay/api.',
  ],
  [
    'a refusal that the destination’s kernel knows nothing of',
    joined([atSource({ went: 'refused' })]),
    'refused destination unknown sure yes yes',
    'Refused in the name of pay/api on n2: a reset came back, though its own kernel refused nothing; something on the way answered, or the program did.',
  ],
  [
    'a rule in the destination’s namespace',
    joined([asked, atDest(rule)]),
    'dropped destination rule sure yes yes',
    'Reached the node of pay/api on n2 and was dropped before any program saw it, by a netfilter rule on n2.',
  ],
  [
    'a rule that rejects at the destination',
    joined([atSource({ went: 'refused' }), atDest(rule)]),
    'rejected destination rule sure yes yes',
    'Rejected by a netfilter rule on n2, which answered in the name of pay/api.',
  ],
  [
    'a refusal in the name of a service without endpoints, whatever policies would say',
    joined([atSource({ ...rule, went: 'refused' }, unbacked)], { policy }),
    'rejected source rule sure no no',
    'Refused by n1: service pay/api has no endpoints.',
  ],
  [
    'a drop by a node without an endpoint of a service that sends to none elsewhere',
    joined([atSource(rule, { ...unbacked, drop_reason: 'SERVICE_WITHOUT_LOCAL_ENDPOINTS' })], { policy }),
    'rejected source rule sure no no',
    'Dropped by n1: service pay/api has no endpoint there, and its traffic policy, Local, admits no others.',
  ],
  [
    'a policy whose rule denied',
    joined([asked, atDest(rule, denial)]),
    'denied destination policy sure yes yes',
    'Denied on arrival at pay/api on n2 by policy pay/api, rule 0.',
  ],
  [
    'a policy of a tier, as its object is called',
    joined([asked, atDest(rule, tiered)], { policy: { ...policy, names: new Map([[tieredHit, 'pay/app.api']]) } }),
    'denied destination policy sure yes yes',
    'Denied on arrival at pay/api on n2 by policy pay/app.api, rule 0; to admit it, set label role = api on pod shop/checkout.',
  ],
  [
    'a policy of a tier whose object is called otherwise',
    joined([asked, atDest(rule, tiered)], { policy: { ...policy, names: new Map([[tieredHit, 'pay/api']]) } }),
    'denied destination policy sure yes yes',
    'Denied on arrival at pay/api on n2 by policy pay/api, rule 0; to admit it, set label role = api on pod shop/checkout.',
  ],
  [
    'a policy of a tier whose object is not known',
    joined([asked, atDest(rule, tiered)]),
    'denied destination policy sure yes yes',
    'Denied on arrival at pay/api on n2 by policy pay/app.api, rule 0.',
  ],
  [
    'a policy that isolates, with what would admit it',
    joined([asked, atDest(rule, isolation)], { policy }),
    'denied destination policy sure yes yes',
    'Denied on arrival at pay/api on n2 by the end of tier default: policy pay/api isolates, and no rule of it matches; to admit it, set label role = api on pod shop/checkout.',
  ],
  [
    'a drop that the policies of the moment explain',
    joined([asked, atDest(rule)], { policy }),
    'denied destination policy sure yes yes',
    'Denied on arrival at pay/api on n2 by the end of tier default: policy pay/api isolates, and no rule of it matches; to admit it, set label role = api on pod shop/checkout.',
  ],
  [
    'silence where the policies deny',
    joined([asked], { ...uncovered('none'), policy }),
    'denied destination policy unsure yes yes',
    'No answer came; by the policies of that moment it is denied on arrival at pay/api on n2 by the end of tier default: policy pay/api isolates, and no rule of it matches; to admit it, set label role = api on pod shop/checkout.',
  ],
  [
    'a rule in the source’s own namespace',
    joined([atSource(rule)]),
    'dropped source rule sure no no',
    'Never left shop/checkout on n1: dropped there by a netfilter rule on n1.',
  ],
  [
    'a next hop that does not answer',
    joined([atSource({ went: 'dropped', dropReason: 'NEIGH_FAILED' })]),
    'dropped source kernel sure no no',
    'Never left shop/checkout on n1: dropped there by the kernel on n1: the next hop does not answer (NEIGH_FAILED).',
  ],
  [
    'a rule of the source’s node',
    joined([atSource(rule), onWay('n1', rule)]),
    'dropped way rule sure no no',
    'Never left the node of shop/checkout on n1: dropped by a netfilter rule on n1.',
  ],
  [
    'a rule of a node between',
    joined([asked, onWay('n3', rule)]),
    'dropped way rule sure yes no',
    'Left shop/checkout on n1, never reached pay/api on n2: dropped on the way by a netfilter rule on n3.',
  ],
  [
    'a rule of the destination’s node',
    joined([asked, onWay('n2', rule)]),
    'dropped way rule sure yes yes',
    'Reached the node of pay/api on n2, never pay/api itself: dropped by a netfilter rule on n2.',
  ],
  [
    'silence of a destination that reports',
    joined([asked]),
    'lost_on_the_way way network sure yes no',
    'Left shop/checkout on n1, never reached pay/api on n2: lost on the way.',
  ],
  [
    'silence of a destination without an agent',
    joined([asked], uncovered('none')),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: no agent reports for pay/api on n2.',
  ],
  [
    'silence of a destination whose agent was silent altogether',
    joined([asked], uncovered('silent')),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: the agent of pay/api on n2 was silent then.',
  ],
  [
    'silence of a destination whose agent came later',
    joined([asked], uncovered('later')),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: the agent of pay/api on n2 began only after that.',
  ],
  [
    'silence while the records of the other end may still come',
    joined([asked], { isFresh: true }),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: the records of pay/api on n2 are not in yet, ask again in half a minute.',
  ],
  [
    'silence among more records than were read',
    joined([asked], { isCrowded: true }),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: more than 5,000 records speak of this pair in that time, and not all were read.',
  ],
  [
    'silence of the outside, which the policies allow',
    joined([asked], { ...outside, policy: { verdict: 'allow', sentences: [] } }),
    'no_answer_outside unknown unknown sure yes unknown',
    'Left the cluster for 203.0.113.9:443, no answer; policy is not the cause.',
  ],
  [
    'silence of the outside, of which nobody can say what the policies do',
    joined([asked], { ...outside, policy: { verdict: 'unknown', sentences: [] } }),
    'no_answer_outside unknown unknown unsure yes unknown',
    'Left shop/checkout for 203.0.113.9:443, no answer; whether a policy is the cause is not known.',
  ],
  [
    'silence of the address of a pod that is gone',
    joined([asked], {
      ...outside,
      names: { source: 'shop/checkout', dest: '10.244.2.77' },
      policy: { verdict: 'unknown', isWhoUnknown: true, sentences: [] },
    }),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: no agent reports for 10.244.2.77.',
  ],
  [
    'silence of a service that was dialled',
    joined([asked], {
      isHandedOn: true,
      service: 'pay/api',
      names: { source: 'shop/checkout', dest: 'service pay/api' },
    }),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: no record of an endpoint of service pay/api was found.',
  ],
  [
    'silence of a node that hands the connection on',
    joined([asked], { isHandedOn: true, names: { source: 'shop/checkout', dest: 'n2' } }),
    'cannot_tell unknown unknown unsure yes unknown',
    'Left shop/checkout on n1, nothing came back; what happened beyond n1 cannot be told: n2 hands it on to another address, under which it was not found.',
  ],
  [
    'a rule at the source, while the policies deny at the destination alone',
    joined([atSource(rule, { action: 'deny', outcome: 'dropped' })], { policy }),
    'dropped source rule sure no no',
    'Never left shop/checkout on n1: dropped there by a netfilter rule on n1.',
  ],
  [
    'a rule on a third node, while the policies deny at the destination alone',
    joined([asked, onWay('gw', rule)], { policy }),
    'dropped way rule sure yes no',
    'Left shop/checkout on n1, never reached pay/api on n2: dropped on the way by a netfilter rule on gw.',
  ],
  [
    'a rule on the node of the destination, which the policies deny by several that isolate',
    joined([asked, onWay('n2', rule)], { policy: { ...policy, isolating: ['pay/api', 'pay/other'] } }),
    'denied way policy sure yes yes',
    'Denied on the way by the end of tier default: policies pay/api and pay/other isolate, and no rule of them matches; to admit it, set label role = api on pod shop/checkout.',
  ],
  [
    'a full accept queue',
    joined([asked, atDest({ went: 'dropped', dropReason: 'TCP_LISTEN_OVERFLOW' }, { process_name: 'nginx' })]),
    'queue_full destination program sure yes yes',
    'Reached pay/api on n2; the accept queue of nginx was full, so the connection was not taken.',
  ],
  [
    'an answer that a rule at the source dropped',
    joined([atSource({ ...rule, answers: 2 }), atDest({ answers: 3 })]),
    'answer_lost source rule sure yes yes',
    'Reached pay/api on n2, which answered; the answer never came back to shop/checkout on n1: dropped by a netfilter rule on n1.',
  ],
  [
    'an answer that got lost unseen',
    joined([asked, atDest({ answers: 3 })]),
    'answer_lost unknown network sure yes yes',
    'Reached pay/api on n2, which answered; the answer never came back to shop/checkout on n1.',
  ],
  [
    'a datagram that nobody answered',
    joined([atSource({ proto: 'udp' })], {
      proto: 'udp',
      pair: [view('destination', 'n2', undefined, { packets_in: 3, packets_out: 0, process_name: 'dnsmasq' })],
    }),
    'not_answered destination program sure yes yes',
    'Reached pay/api on n2; dnsmasq took it and did not answer.',
  ],
  [
    'a reset by the destination’s program',
    joined([
      atSource({ went: 'reset', endedBy: 'peer', bytesOut: 6, bytesIn: 1200 }),
      atDest({ went: 'reset', endedBy: 'here', bytesOut: 1200, bytesIn: 6 }, { process_name: 'nginx' }),
    ]),
    'reset_by_destination destination program sure yes yes',
    'Reset by the program nginx of pay/api on n2, after it had sent 1,200 bytes and received 6 bytes.',
  ],
  [
    'a reset that only the source was told of',
    joined(
      [atSource({ went: 'reset', endedBy: 'peer', bytesOut: 6, bytesIn: 1200 }, { process_name: 'curl' })],
      outside,
    ),
    'reset_by_destination destination program unsure yes yes',
    'Reset by 203.0.113.9, after it had sent 1,200 bytes and received 6 bytes.',
  ],
  [
    'a reset by the source',
    joined([atSource({ went: 'reset', endedBy: 'here', bytesOut: 1, bytesIn: 0 }, { process_name: 'curl' })]),
    'reset_by_source source program sure yes yes',
    'Reset by the program curl of shop/checkout on n1, after it had sent 1 byte and received 0 bytes.',
  ],
  [
    'a reset by somebody between',
    joined([atSource({ went: 'reset', endedBy: 'peer' }), atDest({ went: 'reset', endedBy: 'peer' })]),
    'reset_unseen way network sure yes yes',
    'Reset by neither end: shop/checkout and pay/api were both told that the other had, so something between them did.',
  ],
  [
    'answers that stopped',
    joined([atSource({ went: 'reset', endedBy: 'silence', resent: 15 })]),
    'fell_silent unknown network unsure yes yes',
    'Established, then nothing came from pay/api any more; the kernel of shop/checkout gave up after sending again 15 times.',
  ],
  [
    'a slow handshake whose first question a rule dropped',
    joined([atSource({ went: 'slow', handshakeUs: 3_012_000, syns: 3 }), atDest(rule)]),
    'slow_handshake destination rule sure yes yes',
    'Slow: the handshake took 3.0 s, shop/checkout asked 3 times; what it asked first was dropped at pay/api on n2: a netfilter rule.',
  ],
  [
    'a slow handshake before a full queue',
    joined([
      atSource({ went: 'slow', handshakeUs: 1_012_000, syns: 2 }),
      atDest({ went: 'dropped', dropReason: 'TCP_LISTEN_OVERFLOW' }),
    ]),
    'slow_handshake destination kernel sure yes yes',
    'Slow: the handshake took 1.0 s, shop/checkout asked twice; what it asked first was dropped at pay/api on n2: the accept queue was full (TCP_LISTEN_OVERFLOW).',
  ],
  [
    'a slow handshake whose first question got lost',
    joined([atSource({ went: 'slow', handshakeUs: 1_012_000, syns: 2 })]),
    'slow_handshake unknown network sure yes yes',
    'Slow: the handshake took 1.0 s, shop/checkout asked twice; what it asked first was lost on the way.',
  ],
  [
    'a slow handshake whose answers got lost',
    joined([atSource({ went: 'slow', handshakeUs: 1_012_000, syns: 2 }), atDest({ answers: 2 })]),
    'slow_handshake destination network sure yes yes',
    'Slow: the handshake took 1.0 s, shop/checkout asked twice; answers of pay/api on n2 did not arrive.',
  ],
  [
    'a slow network',
    joined([atSource({ went: 'slow', handshakeUs: 100_000, rttUs: 812_000, syns: 1 })]),
    'slow_network unknown network sure yes yes',
    'Slow: a round trip between shop/checkout and pay/api takes 812 ms.',
  ],
  [
    'a reset without any word of who did it',
    joined([view('source', 'n1', undefined, { outcome: 'reset' })]),
    'reset_unseen unknown network unsure yes yes',
    'Reset; which end did it was not seen.',
  ],
]

describe('both ends in one sentence', () => {
  it.each(cases)('%s', (_what, facts, decided, sentence) => {
    const decision = decide(facts)
    const { fate, left, arrived, sure } = decision
    const { where, by } = decision.decided
    expect([fate, where, by, sure ? 'sure' : 'unsure', left, arrived].join(' ')).toBe(decided)
    expect(sentenceOf(facts, decision)).toBe(sentence)
  })

  it('has a case for each thing that can become of a connection', () => {
    const told = new Set(cases.map(([, facts]) => decide(facts).fate))
    expect(fateSchema.options.filter((fate) => !told.has(fate))).toEqual([])
  })

  it('is not sure of a silence where the other end’s list was cut', () => {
    const cut = view('destination', 'n2', undefined, { num_exemplars: 9, exemplars: ['one'] })
    expect(decide(joined([asked], { pair: [cut] })).sure).toBe(false)
  })
})

describe('the evidence', () => {
  const textsOf = (facts: Joined) =>
    evidenceOf(facts, decide(facts)).map(({ at, from, host, text }) => [at, host, from, text].join(' | '))

  it('is each report, with who made it', () =>
    expect(
      textsOf(
        joined([
          atSource({ syns: 2, dialled: { ip: '10.96.0.1', port: 80 } }, { process_name: 'curl' }),
          onWay('n3', { ...rule, syns: 2 }),
        ]),
      ),
    ).toEqual([
      'source | n1 | exemplar | unanswered: asked twice, dialled 10.96.0.1:80, program curl',
      'way | n3 | exemplar | dropped: a netfilter rule (NETFILTER_DROP), came twice',
      'destination | n2 | silence | its agent reports, and saw nothing of this connection',
    ]))

  it('says where nobody looked, and what policies say', () =>
    expect(textsOf(joined([asked], { ...uncovered('silent'), policy })).slice(1)).toEqual([
      'destination | n2 | coverage | its agent was silent at that time',
      'destination |  | policy | ingress to pay/api: tier default isolates it by api',
    ]))
})
