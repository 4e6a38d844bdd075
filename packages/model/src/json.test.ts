import { describe, expect, it } from 'vitest'
import { dnsLog, flowLog, parseJsonExact, printJsonExact, readRow, writeRow } from './index.ts'

const now = 1_793_100_000

/** An ordinary record as Calico publishes it. */
const record = {
  start_time: 1_793_000_000,
  end_time: 1_793_000_015,
  action: 'allow',
  reporter: 'dst',
  proto: 'tcp',
  source_ip: '10.77.0.1',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name: 'a-1',
  source_name_aggr: 'a-*',
  source_labels: { labels: ['app=a'] },
  dest_service_name: '-',
  dest_domains: null,
  bytes_in: 1000,
  policies: { enforced_policies: ['0|default|shop/default.p1|allow|0'], pending_policies: [] },
}

const read = (change: object) => readRow(flowLog, { ...record, ...change }, now)
const problemOf = (change: object) => {
  const result = read(change)
  return result.ok
    ? 'accepted'
    : result.problems.map(({ field, value, problem }) => `${field}=${value}: ${problem}`).join('; ')
}

describe('reading a published record', () => {
  it('flattens nested objects, keeps `-`, leaves out what is absent or empty', () => {
    const result = read({})
    expect(result.ok && result.row).toMatchObject({
      'source_labels.labels': ['app=a'],
      'policies.enforced_policies': ['0|default|shop/default.p1|allow|0'],
      dest_service_name: '-',
    })
    expect(result.ok && Object.keys(result.row)).not.toContain('dest_domains')
    expect(result.ok && Object.keys(result.row)).not.toContain('policies.pending_policies')
  })

  it.each([
    [{ start_time: 1_793_000_000_000 }, 'start_time=1793000000000: looks like milliseconds; Unix seconds are expected'],
    [{ start_time: 12 }, 'start_time=12: is before 2001'],
    [{ start_time: now + 172_800 }, `start_time=${now + 172_800}: is more than a day in the future`],
    [{ end_time: 1_792_999_999 }, 'end_time=1792999999: is before start_time 1793000000'],
    [{ start_time: undefined }, 'start_time=undefined: is missing'],
    [{ action: 'drop' }, 'action="drop": one of allow, deny is expected'],
    [{ source_ip: '10.0.0.256' }, 'source_ip="10.0.0.256": an IPv4 or IPv6 address is expected'],
    [{ dest_port: 70_000 }, 'dest_port=70000: a port from 0 to 65535 is expected'],
    [{ bytes_in: -1 }, 'bytes_in=-1: a whole number'],
    [{ bytes_in: 2 ** 60 }, 'bytes_in=1152921504606847000: is over 2^53 and has lost digits'],
    [{ num_flows: 2 ** 33 }, 'num_flows=8589934592: is over 4294967295'],
    [{ source_name: {} }, 'source_name={}: text is expected'],
  ])('refuses %j and says why', (change, expected) => {
    expect(problemOf(change)).toContain(expected)
  })

  it('keeps a row with members that are no fields, and names them', () => {
    const result = read({ nspace: 'x', source_labels: { labels: ['a=b'], extra: 1 } })
    expect(result).toMatchObject({ ok: true, unknown: ['source_labels.extra', 'nspace'] })
  })

  it('brings addresses and DNS names to one spelling', () => {
    const result = readRow(
      dnsLog,
      { start_time: now, client_ip: '::ffff:10.0.0.1', qname: 'WwW.ExAmPlE.test.', rcode: 'NXDomain' },
      now,
    )
    expect(result.ok && result.row).toMatchObject({
      client_ip: '10.0.0.1',
      qname: 'www.example.test',
      rcode: 'NXDOMAIN',
    })
  })

  it('turns nested answers into parallel lists and back', () => {
    const answers = {
      rrsets: [
        { name: 'x.test', type: 'A', class: 'IN', rdata: ['10.0.0.1', '10.0.0.2'] },
        { name: 'y.test', type: 'CNAME', class: 'IN' },
      ],
    }
    const result = readRow(dnsLog, { start_time: now, ...answers }, now)
    if (!result.ok) throw new Error('refused')
    expect(result.row['rrsets.rdata']).toEqual([['10.0.0.1', '10.0.0.2'], []])
    expect(writeRow(dnsLog, result.row)).toMatchObject({ rrsets: [answers.rrsets[0], { name: 'y.test', rdata: [] }] })
  })

  it('refuses what is no object', () => {
    expect(readRow(flowLog, [1], now)).toMatchObject({ ok: false })
    expect(readRow(flowLog, null, now)).toMatchObject({ ok: false })
  })

  it('reads back what it writes', () => {
    const first = read({
      bytes_out: 18_446_744_073_709_551_615n,
      dest_domains: ['X.test.'],
      nat_outgoing_ports: [1, 2],
      counts: false,
    })
    if (!first.ok) throw new Error('refused')
    expect(readRow(flowLog, writeRow(flowLog, first.row), now)).toEqual(first)
  })
})

describe('exact JSON', () => {
  it.each([
    '9007199254740993',
    '18446744073709551615',
    '-9007199254740993',
    '[1,9007199254740993]',
    '{"a":{"b":18446744073709551615}}',
  ])('carries %s digit for digit', (text) => {
    expect(printJsonExact(parseJsonExact(text))).toBe(text)
  })

  it('leaves digits inside texts alone', () => {
    expect(parseJsonExact('{"a":"9007199254740993","b":1.5}')).toEqual({ a: '9007199254740993', b: 1.5 })
  })
})
