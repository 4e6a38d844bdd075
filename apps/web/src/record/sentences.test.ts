import { describe, expect, it } from 'vitest'
import { dnsSentences, evidenceSentence, flowSentences, noAnswerOutside } from './sentences.ts'

const flow = {
  start_time: 100,
  end_time: 110,
  action: 'allow',
  reporter: 'src',
  proto: 'tcp',
  source_name_aggr: 'client-*',
  source_namespace: 'dev',
  dest_name_aggr: 'api-*',
  dest_namespace: 'prod',
  dest_type: 'wep',
  dest_port: 443,
  num_flows: 3,
  bytes_in: 10,
  bytes_out: 20,
}
const outside = {
  ...flow,
  dest_name_aggr: 'pub',
  dest_namespace: '-',
  dest_type: 'net',
  dest_ip: '203.0.113.9',
  bytes_in: 0,
}
const said = (row: object) => flowSentences(row as never).join(' ')

describe('a flow in words', () => {
  it('says who, how often, to whom and on what', () =>
    expect(said(flow)).toBe(
      'client-* in dev talked 3 times within 10 s to api-* in prod on tcp 443. Policy allowed it at the source.',
    ))

  it('says of an allowed flow to the outside without an answer that policy is not the cause', () => {
    expect(said(outside)).toContain(noAnswerOutside)
    expect(noAnswerOutside.toLowerCase()).toContain('left the cluster, no answer; calico policy is not the cause')
    expect(said(outside)).toContain('203.0.113.9 on the public network')
  })

  it('does not say that of a flow within the cluster, which its destination may have denied', () => {
    const inside = said({ ...flow, bytes_in: 0 })
    expect(inside).not.toContain('not the cause')
    expect(inside).toContain('the source alone cannot tell')
  })

  it('does not say that where nothing was sent, where it was denied, or by the destination’s record', () => {
    for (const change of [{ bytes_out: 0 }, { action: 'deny' }, { reporter: 'dst' }, { bytes_in: undefined }])
      expect(said({ ...outside, ...change })).not.toContain('not the cause')
  })

  it.each([
    ['src', 'denied at the source'],
    ['dst', 'denied at the destination'],
    ['fwd', 'denied on the way'],
  ])('says where %s denied', (reporter, words) => expect(said({ ...flow, action: 'deny', reporter })).toContain(words))

  it('names the domain before the network', () =>
    expect(said({ ...outside, dest_domains: ['api.test', 'b.test'] })).toContain(
      'api.test (or b.test) on the public network',
    ))

  it('tells a record that totals leave out', () =>
    expect(said({ ...flow, counts: false })).toContain('Totals leave this record out'))
})

it('says of a verdict where it comes from', () => {
  expect(evidenceSentence({ origin: 'agent', host: 'n1', evidence: 'observed' })).toMatch(
    /^Seen by agent on n1\. .* observed/,
  )
  expect(evidenceSentence({})).toContain('does not say')
})

it.each([
  [{ qname: 'x.test', qtype: 'A', rcode: 'NXDOMAIN', client_name: 'a', count: 2, tries: 5 }, 'does not exist'],
  [{ qname: 'x.test', outcome: 'unanswered' }, 'No answer came'],
  [{ outcome: 'malformed' }, 'could not be read'],
])('puts a lookup in words: %j', (row, words) => expect(dnsSentences(row).join(' ')).toContain(words))
