import { flowLog, objectLog } from '@margay/model'
import type { FlowRow } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { dnsLine } from './dns-line.ts'
import { endsLines } from './ends-lines.ts'
import { deciderOf, flowLine } from './flow-line.ts'
import { formatBytes, formatDuration, formatTime } from './numbers.ts'
import { createPaint } from './paint.ts'
import { plainLine } from './plain-line.ts'
import { safeText } from './safe-text.ts'
import { tableLines } from './table.ts'
import { formatValue } from './value.ts'

const now = new Date('2026-11-25T14:03:00Z')
const options = { paint: createPaint('never'), utc: true, now }
const end = Date.parse('2026-11-25T14:02:11Z') / 1000

const flow: FlowRow = {
  start_time: end - 10,
  end_time: end,
  action: 'allow',
  outcome: 'established',
  reporter: 'src',
  proto: 'tcp',
  source_namespace: 'shop',
  source_name: 'frontend-b7d65c9f4d-x2k4p',
  dest_namespace: 'shop',
  dest_name: '-',
  dest_name_aggr: 'checkout-7d9f8b6c54-*',
  dest_port: 8080,
  num_flows: 31,
  bytes_in: 18_000,
  bytes_out: 6_100,
  tcp_mean_smooth_rtt: 450,
  process_name: 'node',
  process_id: '1',
}

describe('a flow as a line', () => {
  it('says when, verdict, who to whom, how much and which program', () => {
    expect(flowLine(flow, options)).toBe(
      ' 14:02:11  src  allow       shop/frontend-b7d65c9f4d-x2k4p → shop/checkout-7d9f8b6c54-*:8080 tcp  31 conns ↑6.1 kB ↓18.0 kB 450 µs  node[1]',
    )
  })

  it('says which side denied and who decided, without colour too', () => {
    const denied: FlowRow = {
      ...flow,
      action: 'deny',
      reporter: 'dst',
      outcome: 'dropped',
      num_flows: 1,
      'policies.enforced_policies': [
        '1|app|payments/app.payments-ingress|deny|-1',
        '0|platform|platform.scrape|pass|-1',
      ],
    }
    const line = flowLine(denied, options)
    expect(line).toContain('✕ dest ')
    expect(line).toContain('1 conn ')
    expect(line).toContain('by payments/app.payments-ingress, no rule matched')
    expect(flowLine({ ...denied, reporter: 'src' }, options)).toContain('✕ source')
  })

  it.each([
    [{ dest_name_aggr: 'pub', dest_ip: '203.0.113.9' }, '→ public 203.0.113.9:443 tcp'],
    [{ dest_name_aggr: 'pub', dest_ip: '2001:db8::1' }, '→ public [2001:db8::1]:443 tcp'],
    [
      { dest_name_aggr: 'pub', dest_ip: '203.0.113.9', dest_domains: ['api.stripe.com'] },
      '→ api.stripe.com (203.0.113.9):443',
    ],
    [{ dest_name_aggr: 'pvt' }, '→ private:443'],
    [{ dest_ip: '127.0.0.1' }, '→ 127.0.0.1:443'],
    [{}, '→ ?:443'],
  ])('names a destination outside: %o', (dest, text) => {
    const outside: FlowRow = {
      start_time: end,
      proto: 'tcp',
      dest_port: 443,
      dest_namespace: '-',
      dest_name: '-',
      ...dest,
    }
    expect(flowLine(outside, options)).toContain(text)
  })

  it('says how a connection went where it was not established, and marks what is not stored yet', () => {
    expect(flowLine({ ...flow, outcome: 'unanswered' }, options, true)).toMatch(/^~14:02:11 {2}src {2}unanswered/)
  })

  it('shows control characters as codes: a terminal obeys nothing that came from the network', () => {
    const line = flowLine({ ...flow, process_name: '\u001b[2Jevil\u202e' }, options)
    expect(line).toContain('\\u001b[2Jevil\\u202e')
    expect(safeText('a\nb\u0007')).toBe('a\\u000ab\\u0007')
  })

  it('reads the deciding hit by its index, not by its place', () => {
    expect(deciderOf(['1|app|x|deny|2', '0|platform|y|pass|-1'])).toBe('x rule 2')
    expect(deciderOf(['0|__PROFILE__|__PROFILE__.kns.shop|allow|0'])).toBe('no policy')
    expect(deciderOf(['0|t|p|deny|-2'])).toBe('p')
    expect(deciderOf(undefined)).toBeUndefined()
  })
})

describe('a lookup as a line', () => {
  it('says who asked what, and what came', () => {
    const row = {
      end_time: end,
      client_namespace: 'shop',
      client_name: 'email-3c71',
      qtype: 'A',
      qname: 'smtp.sendgrid.net',
      rcode: 'SERVFAIL',
      count: 2,
      tries: 4,
      latency_mean: 2_000_000_000,
      process_name: 'node',
    }
    expect(dnsLine(row, options)).toBe(
      ' 14:02:11  shop/email-3c71 asks A smtp.sendgrid.net  SERVFAIL  2×, 4 tries 2.0 s  node',
    )
    const answered = { ...row, rcode: 'NOERROR', tries: 2, 'rrsets.rdata': [['203.0.113.60', '203.0.113.61']] }
    expect(dnsLine(answered, options)).toContain('NOERROR 203.0.113.60, 203.0.113.61  2×')
  })
})

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [960, '960 B'],
    [6100, '6.1 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [38_100_000, '38.1 MB'],
    [18_446_744_073_709_551_615n, '18.4 EB'],
    [undefined, '–'],
  ])('%s bytes read %s', (value, text) => {
    expect(formatBytes(value)).toBe(text)
  })

  it('gives durations the unit that fits, and other days their date', () => {
    expect([formatDuration(210, 'us'), formatDuration(1800, 'us'), formatDuration(480_000, 'ns')]).toEqual([
      '210 µs',
      '1.8 ms',
      '480 µs',
    ])
    expect(formatTime(end, now, true)).toBe('14:02:11')
    expect(formatTime(end - 86_400, now, true)).toBe('2026-11-24 14:02:11')
  })

  it('tells zero from unknown', () => {
    expect(formatValue(0, flowLog.fields.bytes_in, options)).toBe('0 B')
    expect(formatValue(undefined, flowLog.fields.bytes_in, options)).toBe('–')
  })

  it('prints a list, and one of its elements where it is the key of a group', () => {
    const { dest_domains: domains, 'policies.enforced_policies': hits } = flowLog.fields
    expect(formatValue(['a.test', 'b.test'], domains, options)).toBe('a.test, b.test')
    expect(formatValue('a.test', domains, options)).toBe('a.test')
    expect(formatValue('0|default|p|deny|0', hits, options)).toBe('0|default|p|deny|0')
  })

  it('aligns numbers to the right', () => {
    const lines = tableLines(
      [{ title: 'name' }, { title: 'n', numeric: true }],
      [
        ['a', '1'],
        ['bbbbb', '20'],
      ],
      options.paint,
    )
    expect(lines).toEqual(['name    n', 'a       1', 'bbbbb  20'])
  })
})

describe('a row of any log as a line', () => {
  it('has its columns in their order, without those that say nothing', () => {
    const row = {
      time: end,
      change: 'modified',
      kind: 'Pod',
      api_version: 'v1',
      namespace: 'shop',
      name: 'web-1',
      labels: ['app=web', 'tier=front'],
      generation: 3,
    }
    expect(plainLine(objectLog, row, options)).toBe(
      ' 14:02:11  modified  Pod  shop  web-1  app=web, tier=front  generation 3  v1',
    )
    expect(
      plainLine(objectLog, { time: end, change: 'deleted', kind: 'Node', namespace: '-', name: 'n1' }, options),
    ).toBe(' 14:02:11  deleted  Node  n1')
  })
})

describe('both ends under a flow', () => {
  const connection = {
    start: end * 1000,
    proto: 'tcp',
    source: { name: 'shop/checkout', ip: '10.0.0.1', port: 40_000, host: 'n1' },
    dest: { name: 'pay/api', ip: 'fd00::2', port: 8080, host: 'n2' },
    fate: 'cannot_tell' as const,
    left: 'yes' as const,
    arrived: 'unknown' as const,
    decided: { where: 'unknown' as const, by: 'unknown' as const },
    sentence: 'Left shop/checkout on n1, nothing came back.',
    evidence: [
      {
        at: 'source' as const,
        host: 'n1',
        time: end * 1000 + 7,
        from: 'exemplar' as const,
        text: 'unanswered: asked \u001b[31mtwice',
      },
      { at: 'destination' as const, from: 'coverage' as const, text: 'no agent reports' },
    ],
    sure: false,
  }

  it('are the sentence, the connection, and what each place saw; what a terminal would obey is shown', () =>
    expect(endsLines({ connections: [connection], more: 2, exact: true }, options)).toEqual([
      '           └ Left shop/checkout on n1, nothing came back. (not certain)',
      '             10.0.0.1:40000 → [fd00::2]:8080',
      '             source       14:02:11.007 n1: unanswered: asked \\u001b[31mtwice',
      '             destination  no agent reports',
      '           and 2 more',
    ]))

  it('say that there are at least so many more where they could not all be counted', () =>
    expect(endsLines({ connections: [connection], more: 2, exact: false }, options).at(-1)).toBe(
      '           and at least 2 more',
    ))

  it('are nothing where nothing failed', () =>
    expect(endsLines({ connections: [], more: 0, exact: true }, options)).toEqual([]))
})
