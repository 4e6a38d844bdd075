import { dnsLog, flowLog, objectLog, policyActivityLog } from '@margay/model'
import type { Row } from '@margay/model'
import { bind, compileMatch, parseKql } from '@margay/query'
import { describe, expect, it } from 'vitest'
import { queryText } from './filters.ts'
import type { FilterFlags } from './flow-filter.ts'
import { measuredField, parseMeasure } from './measure.ts'
import { parseDuration, parseMoment, parseRange } from './moment.ts'

function matcher(flags: FilterFlags, query?: string) {
  const text = queryText(flowLog, flags, query)
  const parsed = parseKql(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.errors[0].message}`)
  const bound = bind(parsed.filter, flowLog, { now: 0 })
  if (!bound.ok) throw new Error(`${text}: ${bound.errors[0].message}`)
  return compileMatch(bound.filter, flowLog)
}

const flow: Row = {
  source_namespace: 'shop',
  source_name: 'checkout-7d9f8b6c54-x2k4p',
  source_name_aggr: 'checkout-7d9f8b6c54-*',
  'source_labels.labels': ['app=checkout', 'role=api'],
  source_ip: '10.42.7.31',
  dest_namespace: 'payments',
  dest_name: 'payments-84c6b7f9d5-q8d2k',
  dest_name_aggr: 'payments-84c6b7f9d5-*',
  dest_ip: '10.42.3.18',
  dest_port: 8443,
  dest_domains: ['api.stripe.com'],
  proto: 'tcp',
  action: 'deny',
  process_name: 'checkout',
  'policies.enforced_policies': ['1|app|payments/app.payments-ingress|deny|-1'],
}

describe('filter flags', () => {
  it.each<[FilterFlags, boolean]>([
    [{}, true],
    [{ namespace: ['payments'] }, true],
    [{ namespace: ['data', 'shop'] }, true],
    [{ fromNamespace: ['payments'] }, false],
    [{ pod: ['shop/checkout'] }, true],
    [{ fromPod: ['checkout-7d9f8b6c54-x2k4p'] }, true],
    [{ toPod: ['shop/payments'] }, false],
    [{ toPod: ['pay*'] }, true],
    [{ fromLabel: ['role=api'] }, true],
    [{ label: ['role'] }, true],
    [{ toLabel: ['role'] }, false],
    [{ toIp: ['10.42.0.0/16'] }, true],
    [{ ip: ['10.42.7.31'] }, true],
    [{ fromIp: ['fd00::/8'] }, false],
    [{ port: ['443', '8443'] }, true],
    [{ verdict: ['DROPPED'] }, true],
    [{ verdict: ['allow'] }, false],
    [{ toDomain: ['API.stripe.com'] }, true],
    [{ policy: ['payments-ingress'] }, true],
    [{ policy: ['payments/payments-ingress'] }, true],
    [{ policy: ['payments/app.payments-ingress'] }, true],
    [{ policy: ['app.payments-ingress'] }, true],
    [{ policy: ['payments/*'] }, true],
    [{ policy: ['payments-*'] }, true],
    [{ policy: ['shop/payments-ingress'] }, false],
    [{ policy: ['ingress'] }, false],
    [{ policy: ['0'] }, false],
    [{ policy: ['-1'] }, false],
    [{ policy: ['deny'] }, false],
    [{ policy: ['app'] }, false],
    [{ policy: ['payments'] }, false],
    [{ process: ['check*'], protocol: ['TCP'], namespace: ['shop'] }, true],
  ])('%o matches: %s', (flags, matches) => {
    expect(matcher(flags)(flow)).toBe(matches)
  })

  it('binds the text of --query before it is joined with the flags', () => {
    expect(matcher({ port: ['1'] }, 'action: deny or action: allow')(flow)).toBe(false)
    expect(matcher({ namespace: ['shop'] }, 'action: allow or proto: tcp')(flow)).toBe(true)
    expect(queryText(flowLog, {}, ' action: deny ')).toBe('action: deny')
  })

  it.each([
    'C:\\dir\\',
    'say "hi"',
    'a:b (c) {d}',
    'x\\*y',
    'or',
    'and not',
    '070',
    '70',
    '1e3',
    '1000',
    '0x10',
    'true',
    '9007199254740993',
    ' leading',
    'tab\tand\nline',
    '<b>&amp;</b>',
    '{}',
    'é😀',
  ])('finds the program %j and no other', (name) => {
    const match = matcher({ process: [name] })
    const wanted = name.replaceAll('\\*', '*')
    expect(match({ process_name: wanted })).toBe(true)
    expect([`${wanted}x`, `x${wanted}`, '1000.0', 'x1y'].filter((other) => match({ process_name: other }))).toEqual([])
  })

  it.each([
    [{ policy: ['np~payments~app.payments-ingress'] }, true],
    [{ policy: ['gnp~app.payments-ingress'] }, false],
    [{ label: ['app==checkout'] }, true],
    [{ outcome: ['UNANSWERED'] }, false],
  ])('%o, as others write it, matches: %s', (flags, matches) => {
    expect(matcher(flags)(flow)).toBe(matches)
  })

  it('finds a service by its name, and in its namespace alone where that is said', () => {
    const row = { dest_service_name: 'payments', dest_service_namespace: 'payments' }
    const matches = ['payments', 'payments/payments', 'shop/payments'].map((name) =>
      matcher({ toService: [name] })(row),
    )
    expect(matches).toEqual([true, true, false])
  })

  it.each([
    [{ outcome: ['nix'] }, 'unknown outcome "nix"; one of established, refused'],
    [{ reporter: ['foo'] }, 'unknown reporter "foo"; one of src, dst, fwd'],
    [{ port: ['70000'] }, '"70000" is no port'],
    [{ port: ['http'] }, '"http" is no port'],
    [{ label: ['app!=checkout'] }, '-q \'not source_labels.labels: "app=checkout"\''],
  ])('refuses %o, which nothing can match, and says what to write', (flags, message) => {
    expect(() => queryText(flowLog, flags)).toThrow(message)
  })

  it.each([
    [dnsLog, { namespace: ['shop'], process: ['curl'] }, { client_namespace: 'shop', process_name: 'curl' }],
    [dnsLog, { pod: ['shop/web'] }, { client_namespace: 'shop', client_name_aggr: 'web-*' }],
    [dnsLog, { toDomain: ['API.example'], outcome: ['answered'] }, { qname: 'api.example', outcome: 'answered' }],
    [dnsLog, { ip: ['10.0.0.0/8'] }, { 'servers.ip': ['10.96.0.10'] }],
    [policyActivityLog, { policy: ['np~shop~app.db'] }, { 'policy.namespace': 'shop', 'policy.name': 'app.db' }],
    [policyActivityLog, { policy: ['db'], verdict: ['denied'] }, { 'policy.name': 'app.db', action: 'deny' }],
    [objectLog, { namespace: ['shop'], label: ['app=web'] }, { namespace: 'shop', labels: ['app=web'] }],
  ])('of the log %o: %o is %o', (type, flags, row) => {
    const parsed = parseKql(queryText(type, flags))
    const bound = parsed.ok && bind(parsed.filter, type, { now: 0 })
    if (!bound || !bound.ok) throw new Error(queryText(type, flags))
    expect(compileMatch(bound.filter, type)(row as Row)).toBe(true)
    expect(compileMatch(bound.filter, type)({})).toBe(false)
  })

  it('says by its name which flag a log has no use for, and which there are', () => {
    expect(() => queryText(dnsLog, { verdict: ['deny'] })).toThrow(
      '--verdict says nothing of the log dns; there are --namespace',
    )
    expect(() => queryText(objectLog, { toService: ['a'] })).toThrow('--to-service says nothing of the log objects')
  })

  it('refuses an address and a verdict that are none', () => {
    expect(() => queryText(flowLog, { ip: ['10.0.0'] })).toThrow('cannot read the address "10.0.0"')
    expect(() => queryText(flowLog, { verdict: ['maybe'] })).toThrow('unknown verdict "maybe"')
  })
})

describe('times', () => {
  const now = new Date('2026-11-25T14:00:00Z')
  it.each([
    ['now', { ago: 0 }],
    ['90s', { ago: 90 }],
    ['1h30m', { ago: 5400 }],
    ['7d ago', { ago: 604_800 }],
    ['1793000000', { at: 1_793_000_000 }],
    ['13:48', { at: Date.parse('2026-11-25T13:48:00Z') / 1000 }],
    ['2026-11-24', { at: Date.parse('2026-11-24T00:00:00Z') / 1000 }],
    ['2026-11-24T01:02', { at: Date.parse('2026-11-24T01:02:00Z') / 1000 }],
    ['2026-11-24T01:02:03+02:00', { at: Date.parse('2026-11-23T23:02:03Z') / 1000 }],
  ])('reads %s', (text, moment) => {
    expect(parseMoment(text, now, true)).toEqual(moment)
  })

  it.each(['yesterday', '25:00', '10', '1h 30m', '2026-13-01', ''])(
    'refuses %j and says what can be written',
    (text) => {
      expect(() => parseMoment(text, now, true)).toThrow('write an age (10m')
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})

describe('measures', () => {
  it.each([
    ['rows', 'rows', { rows: true }],
    ['bytes_out', 'bytes_out', { sum: 'bytes_out' }],
    ['sum:bytes_out', 'bytes_out', { sum: 'bytes_out' }],
    ['distinct:dest_ip', 'distinct_dest_ip', { distinct: 'dest_ip' }],
    ['p99.9:tcp_max_smooth_rtt', 'p99.9_tcp_max_smooth_rtt', { quantile: 'tcp_max_smooth_rtt', at: 0.999 }],
  ])('reads %s', (text, name, measure) => {
    const [given, read] = parseMeasure(text, flowLog)
    expect(given).toBe(name)
    expect(read).toEqual('quantile' in measure ? { ...measure, at: expect.closeTo(0.999) } : measure)
  })

  it('refuses what is none, and knows whose kind a value has', () => {
    expect(() => parseMeasure('nope', flowLog)).toThrow('cannot read the measure "nope"')
    expect(() => parseMeasure('avg:bytes_in', flowLog)).toThrow('mean:FIELD')
    expect(measuredField({ distinct: 'dest_ip' })).toBeUndefined()
    expect(measuredField({ quantile: 'bytes_in', at: 0.5 })).toBe('bytes_in')
  })
})

describe('a range', () => {
  const at = new Date('2026-11-25T14:00:00Z')
  const seconds = at.getTime() / 1000

  it('is fixed for all pages, from the usual beginning to this very second', () => {
    const range = parseRange({ since: '10m', until: '5m' }, { at: 0 }, at, true)
    expect(range).toEqual({ from: { at: seconds - 600 }, to: { at: seconds - 300 } })
    expect(parseRange({}, { ago: 3600 }, at, true)).toEqual({ from: { at: seconds - 3600 }, to: { at: seconds + 1 } })
  })

  it.each([{ since: '5m', until: '10m' }, { since: '5m', until: '5m' }, { since: '2027-01-01' }])(
    'that can hold nothing is said, not answered with nothing: %o',
    (options) => {
      expect(() => parseRange(options, { at: 0 }, at, true)).toThrow(/is not after the beginning|is after now/)
    },
  )
})
