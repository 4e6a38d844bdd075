import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogType, Row } from '@margay/model'
import { dnsLog, flowLog, logType, readRow } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { parseKql } from '../kql/parse.ts'
import { compileMatch } from '../match.ts'
import { specimenLog } from '../testing/specimen.ts'
import type { BindOptions } from './bind.ts'
import { bind } from './bind.ts'

const now = 1_793_500_000

function boundOf(text: string, type: LogType, options: Partial<BindOptions> = {}) {
  const parsed = parseKql(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.errors[0].message}`)
  return bind(parsed.filter, type, { now, positions: parsed.positions, ...options })
}

/** The names of those rows that a query finds. */
function found<N extends string>(
  text: string,
  type: LogType,
  rows: { readonly [name in N]: Row },
  options?: Partial<BindOptions>,
): N[] {
  const bound = boundOf(text, type, options)
  if (!bound.ok) throw new Error(`${text}: ${bound.errors[0].message}`)
  const match = compileMatch(bound.filter, type)
  return (Object.keys(rows) as N[]).filter((name) => match(rows[name]))
}

const flow = (fields: Row): Row => ({ start_time: 1_793_000_000, ...fields })
const specimen = (fields: Row): Row => ({ time: 1_793_000_000, ...fields })

describe('values by the kind of their field', () => {
  const names = [
    '070',
    '70',
    '0A0',
    '1e3',
    '1000',
    '0x10',
    'true',
    '9007199254740993',
    '-0',
    '.3',
    'Web',
    'web',
    'null',
  ]
  const named = Object.fromEntries(names.map((name) => [name, flow({ dest_name: name })]))
  it.each(names)('finds the text %s itself only, however it looks', (name) => {
    expect(found(`dest_name: ${name}`, flowLog, named)).toEqual([name])
    expect(found(`dest_name: "${name}"`, flowLog, named)).toEqual([name])
  })

  const numbers = Object.fromEntries(
    ['0', '1', '70', '443', '1000', '9007199254740992', '9007199254740993', '18446744073709551615'].map((digits) => [
      digits,
      specimen({ bytes: BigInt(digits) <= 2n ** 53n - 1n ? Number(digits) : BigInt(digits) }),
    ]),
  )
  const numeric: readonly (readonly [string, readonly string[]])[] = [
    ['bytes: 070', ['70']],
    ['bytes: 1e3', ['1000']],
    ['bytes: "443"', ['443']],
    ['bytes: 443.0', ['443']],
    ['bytes: 443.5', []],
    ['bytes: -0', ['0']],
    ['bytes: 9007199254740993', ['9007199254740993']],
    ['bytes > 9007199254740992', ['9007199254740993', '18446744073709551615']],
    ['bytes >= 18446744073709551615', ['18446744073709551615']],
    ['bytes > 18446744073709551615', []],
    ['bytes < 1e400', Object.keys(numbers)],
    ['bytes > -1', Object.keys(numbers)],
    ['bytes < .3', ['0']],
    ['bytes > .3 and bytes < 70.5', ['1', '70']],
    ['bytes: 44*', ['443']],
    ['bytes: *0', ['0', '70', '1000']],
  ]
  it.each(numeric)('reads the number of %s', (text, expected) => {
    expect(found(text, specimenLog, numbers).sort()).toEqual([...expected].sort())
  })

  const addresses = Object.fromEntries(
    ['10.77.0.1', '10.77.1.1', '10.78.0.1', 'fd77::1', 'fd78::1'].map((address) => [address, specimen({ address })]),
  )
  const addressed: readonly (readonly [string, readonly string[]])[] = [
    ['address: 10.77.0.1', ['10.77.0.1']],
    ['address: "::ffff:10.77.0.1"', ['10.77.0.1']],
    ['address: "::FFFF:0a4d:1"', ['10.77.0.1']],
    ['address: "FD77:0::1"', ['fd77::1']],
    ['address: 10.77.0.0/16', ['10.77.0.1', '10.77.1.1']],
    ['address: "::ffff:10.77.0.0/112"', ['10.77.0.1', '10.77.1.1']],
    ['not address: "10.77.0.0/16"', ['10.78.0.1', 'fd77::1', 'fd78::1']],
    ['address: "fd77::/64"', ['fd77::1']],
    ['address: 10.77.*', ['10.77.0.1', '10.77.1.1']],
    ['address: FD7*', ['fd77::1', 'fd78::1']],
    ['address >= 10.77.1.0 and address < 11.0.0.0', ['10.77.1.1', '10.78.0.1']],
    ['address: null', []],
  ]
  it.each(addressed)('reads the address of %s', (text, expected) => {
    expect(found(text, specimenLog, addresses)).toEqual(expected)
  })

  it('compares keywords with ranges by the order of UTF-8', () => {
    const rows = Object.fromEntries(['a', 'b', '\uffee', '\u{1f600}'].map((name) => [name, specimen({ name })]))
    expect(found('name > a', specimenLog, rows)).toEqual(['b', '\uffee', '\u{1f600}'])
    expect(found('name > "\uffee"', specimenLog, rows)).toEqual(['\u{1f600}'])
  })

  it('folds where the catalogue says so', () => {
    const rows = { a: { start_time: 1, qname: 'www.example.test', rcode: 'NXDOMAIN', 'rrsets.type': ['AAAA'] } }
    for (const text of ['qname: WWW.Example.TEST.', 'qname: *.Example.test.', 'rcode: NXDomain', 'rrsets.type: aaaa']) {
      expect(found(text, dnsLog, rows)).toEqual(['a'])
    }
  })

  it('finds words and phrases of free text in any case', () => {
    const rows = {
      a: specimen({ message: 'The SSH login\nfailed' }),
      b: specimen({ message: 'login ok' }),
      c: specimen({}),
    }
    expect(found('message: failed ssh', specimenLog, rows)).toEqual(['a'])
    expect(found('message: "ssh LOGIN"', specimenLog, rows)).toEqual(['a'])
    expect(found('message: "login ssh"', specimenLog, rows)).toEqual([])
    expect(found('message: LOGIN*', specimenLog, rows)).toEqual(['b'])
    expect(found('message: *login*', specimenLog, rows)).toEqual(['a', 'b'])
    expect(found('not message: login', specimenLog, rows)).toEqual(['c'])
  })

  it('reads true and false', () => {
    const rows = { yes: specimen({ flag: true }), no: specimen({ flag: false }), none: specimen({}) }
    expect(found('flag: true', specimenLog, rows)).toEqual(['yes'])
    expect(found('flag: "FALSE"', specimenLog, rows)).toEqual(['no'])
    expect(found('not flag: true', specimenLog, rows)).toEqual(['no', 'none'])
    expect(found('flag: null', specimenLog, rows)).toEqual(['none'])
  })
})

describe('dates (C5)', () => {
  const rows = {
    october: flow({ start_time: 1_793_491_199 }),
    midnight: flow({ start_time: 1_793_491_200 }),
    recent: flow({ start_time: now - 60 }),
    later: flow({ start_time: 1_793_577_600 }),
  }
  const cases: readonly (readonly [string, readonly (keyof typeof rows)[]])[] = [
    ['start_time: 2026-11-01', ['midnight', 'recent']],
    ['start_time <= 2026-11-01', ['october', 'midnight', 'recent']],
    ['start_time < 2026-11-01', ['october']],
    ['start_time > 2026-11-01', ['later']],
    ['start_time >= 2026-11-01', ['midnight', 'recent', 'later']],
    ['start_time: 2026-11', ['midnight', 'recent', 'later']],
    ['start_time: 1793491199', ['october']],
    ['start_time > now-30m', ['recent', 'later']],
    ['start_time > now-30m and start_time <= now', ['recent']],
    ['start_time: now/d', ['midnight', 'recent']],
    ['start_time: "2026-10-31T23:59"', ['october']],
  ]
  it.each(cases)('answers %s, with quotes and without', (text, expected) => {
    expect(found(text, flowLog, rows)).toEqual(expected)
    const quoted = text.replaceAll(/([:<>=]+) (now[-/\w]*|[\d-]+)/g, '$1 "$2"')
    expect(found(quoted, flowLog, rows)).toEqual(expected)
  })

  it("take the viewer's zone", () => {
    expect(found('start_time: 2026-11-01', flowLog, rows, { zone: 'Europe/Berlin' })).toEqual([
      'october',
      'midnight',
      'recent',
    ])
  })
})

describe('absent values', () => {
  const record = (fields: object) => {
    const read = readRow(flowLog, { start_time: 1_793_000_000, ...fields }, now)
    if (!read.ok) throw new Error('refused')
    return read.row
  }
  it('are found by not, in lists and texts (C4)', () => {
    const lists = { one: record({ dest_domains: ['x.test'] }), empty: record({ dest_domains: [] }), none: record({}) }
    expect(found('not dest_domains: "x.test"', flowLog, lists)).toEqual(['empty', 'none'])
    expect(found('dest_domains: *', flowLog, lists)).toEqual(['one'])
    const texts = {
      p: record({ process_name: 'p' }),
      empty: record({ process_name: '' }),
      none: record({}),
      dash: record({ process_name: '-' }),
    }
    expect(found('not process_name: p', flowLog, texts)).toEqual(['empty', 'none', 'dash'])
    expect(found('process_name: *', flowLog, texts)).toEqual(['p', 'dash'])
    expect(found('not process_name: *', flowLog, texts)).toEqual(['empty', 'none'])
    expect(found('process_name: ""', flowLog, texts)).toEqual(['empty', 'none'])
  })

  it('include a zero that means not measured', () => {
    const rows = { measured: specimen({ latency: 5 }), zero: specimen({ latency: 0 }), none: specimen({}) }
    expect(found('latency: *', specimenLog, rows)).toEqual(['measured'])
    expect(found('latency < 10', specimenLog, rows)).toEqual(['measured'])
  })
})

describe('lists and elements', () => {
  const rows = {
    ab: specimen({ labels: ['app=a', 'tier=b'] }),
    a: specimen({ labels: ['app=a'] }),
    none: specimen({}),
  }
  it('let each clause be met by another element, and one element only within braces', () => {
    expect(found('labels: "app=a" and labels: "tier=b"', specimenLog, rows)).toEqual(['ab'])
    expect(found('labels: (*a and *p*)', specimenLog, rows)).toEqual(['ab', 'a'])
    expect(found('labels: { app* and *b }', specimenLog, rows)).toEqual([])
    expect(found('labels: { app* and not *b }', specimenLog, rows)).toEqual(['ab', 'a'])
    expect(found('not labels: { tier* }', specimenLog, rows)).toEqual(['a', 'none'])
    expect(found('labels: { name=a or app=a }', specimenLog, rows)).toEqual(['ab', 'a'])
    expect(found('labels: { *: * }', specimenLog, rows).length).toBe(2)
  })

  it('take the members of one object together', () => {
    const answers = {
      a: { start_time: 1, 'rrsets.name': ['x.test', 'y.test'], 'rrsets.rdata': [['1.1.1.1'], ['2.2.2.2', '3.3.3.3']] },
    }
    expect(found('rrsets: { name: x.test and rdata: 1.1.1.1 }', dnsLog, answers)).toEqual(['a'])
    expect(found('rrsets: { name: x.test and rdata: 2.2.2.2 }', dnsLog, answers)).toEqual([])
    expect(found('rrsets.name: x.test and rrsets.rdata: 2.2.2.2', dnsLog, answers)).toEqual(['a'])
    expect(found('rrsets: { rdata: (2.2.2.2 and 3.3.3.3) }', dnsLog, answers)).toEqual(['a'])
  })

  it('know an object of one list by its name', () => {
    const labelled = { a: flow({ 'dest_labels.labels': ['security=strict'] }) }
    expect(found('dest_labels: "security=strict"', flowLog, labelled)).toEqual(['a'])
    expect(found('dest_labels: { labels: security* and labels: *strict }', flowLog, labelled)).toEqual(['a'])
  })
})

describe('policy hits', () => {
  const restrict = '0|tenant-01|tenant-01.tenant-01-restrict|deny|0'
  const passed = '0|tenant-01|tenant-01.tenant-01-restrict|pass|2'
  const other = '1|default|shop/knp.default.web|deny|-1'
  const staged = '1|default|ns2/staged:default.web|allow|0'
  const rows = {
    denied: flow({ 'policies.enforced_policies': [restrict] }),
    elsewhere: flow({ 'policies.enforced_policies': [passed, other] }),
    pending: flow({ 'policies.pending_policies': [restrict], 'policies.enforced_policies': [passed] }),
    sent: flow({ 'policies.all_policies': [other], 'policies.enforced_policies': [restrict] }),
    staged: flow({ 'policies.pending_policies': [staged] }),
    none: flow({}),
  }
  const cases: readonly (readonly [string, readonly (keyof typeof rows)[]])[] = [
    ['policies:{all_policies: deny and all_policies: tenant-01-restrict}', ['denied', 'pending']],
    ['policies:{enforced_policies: deny and enforced_policies: tenant-01-restrict}', ['denied', 'sent']],
    ['policies:{all_policies: "*deny*"}', ['denied', 'elsewhere', 'pending', 'sent']],
    ['policies.all_policies: deny and policies.all_policies: tenant-01-restrict', ['denied', 'elsewhere', 'pending']],
    ['policies:{ all_policies: *tenant-01-restrict|pass|2* }', ['elsewhere', 'pending']],
    ['policies:{ all_policies: tenant-01.tenant-01-restrict|pass|2 }', ['elsewhere', 'pending']],
    ['policies:{ all_policies: tenant-01-restrict|pass }', []],
    ['policies:{ all_policies: web }', ['elsewhere', 'sent', 'staged']],
    ['policies:{ all_policies: *staged\\:default.w* }', ['staged']],
    ['policies:{ web and deny }', ['elsewhere', 'sent']],
    ['policies:{ pending_policies: deny and enforced_policies: deny }', []],
    ['policies:{ restrict }', []],
    ['policies.all_policies: *', ['denied', 'elsewhere', 'pending', 'sent', 'staged']],
    ['not policies.all_policies: *', ['none']],
    ['not policies:{all_policies: deny}', ['staged', 'none']],
  ]
  it.each(cases)('answers %s', (text, expected) => {
    expect(found(text, flowLog, rows)).toEqual(expected)
  })
})

const conformance = process.env.MARGAY_CONFORMANCE ?? join(import.meta.dirname, '../../../../../shared/conformance')

describe.skipIf(!existsSync(conformance))(
  'published queries (needs the conformance data, see MARGAY_CONFORMANCE)',
  () => {
    it('in KQL mean something on their log type', () => {
      const items = JSON.parse(readFileSync(join(conformance, 'queries.json'), 'utf8')) as {
        language: string
        dataset: string
        query: string
      }[]
      const queries = items.filter(({ language }) => language === 'kql')
      expect(queries.length).toBeGreaterThan(10)
      for (const { query, dataset } of queries) {
        const type = logType(dataset)
        if (type) expect(boundOf(query, type)).toMatchObject({ ok: true })
      }
    })
  },
)

describe('searches without a field', () => {
  const rows = {
    name: flow({ dest_name_aggr: 'web' }),
    domain: flow({ dest_domains: ['web'] }),
    port: flow({ dest_port: 443 }),
    bytes: flow({ bytes_in: 443, source_port: 443 }),
    ip: flow({ source_ip: '10.77.0.9' }),
    hit: flow({ 'policies.enforced_policies': ['0|t|t.web|deny|0'] }),
  }
  const cases: readonly (readonly [string, readonly (keyof typeof rows)[]])[] = [
    ['web', ['name', 'domain']],
    ['we*', ['name', 'domain']],
    ['*web*', ['name', 'domain', 'hit']],
    ['443', ['port']],
    ['443.5', []],
    ['10.77.0.0/16', ['ip']],
    ['"10.77.0.9"', ['ip']],
    ['*', ['name', 'domain', 'port', 'bytes', 'ip', 'hit']],
    ['*: *', ['name', 'domain', 'port', 'bytes', 'ip', 'hit']],
    ['*_name_aggr: web', ['name']],
    ['*: 443', ['port', 'bytes']],
  ]
  it.each(cases)('answers %s', (text, expected) => {
    expect(found(text, flowLog, rows)).toEqual(expected)
  })
})

describe('the index', () => {
  const rows = { a: flow({ cluster: 'managed-1' }), b: flow({ cluster: 'cluster' }), none: flow({}) }
  const cases: readonly (readonly [string, readonly (keyof typeof rows)[]])[] = [
    ['_index: *managed-1*', ['a']],
    ['_index: tigera_secure_ee_flows.managed-1.*', ['a']],
    ['_index: tigera_secure_ee_flows.managed-1.fluentd-20261101-000001', ['a']],
    ['_index: "tigera_secure_ee_flows.cluster.20261101"', ['b']],
    ['_index: tigera_secure_ee_flows*', ['a', 'b', 'none']],
    ['_index: tigera_secure_ee_flows.*', ['a', 'b', 'none']],
    ['_index: tigera_secure_ee_dns*', []],
    ['not _index: *managed*', ['b', 'none']],
    ['_index: *', ['a', 'b', 'none']],
    ['_index: *.cluster.*', ['b']],
  ]
  it.each(cases)('narrows by %s', (text, expected) => {
    expect(found(text, flowLog, rows)).toEqual(expected)
  })
})

describe('errors of meaning', () => {
  const cases: readonly (readonly [string, string, RegExp, RegExp | undefined])[] = [
    ['nspace: x', 'nspace', /unknown field "nspace" on log type "flows"/, /namespace/],
    ['sorce_name: x', 'sorce_name', /unknown field/, /did you mean source_name/],
    ['Action: x', 'Action', /unknown field/, /did you mean action/],
    ['zzz*: x', 'zzz*', /unknown field/, undefined],
    ['policies: x', 'policies', /unknown field/, /policies\.enforced_policies/],
    ['policies: { enforced: x }', 'enforced', /unknown field/, /enforced_policies/],
    ['!action: deny', '!action', /unknown field/, /not action:/],
    ['-action: deny', '-action', /unknown field/, /not action:/],
    ['NOTaction: deny', 'NOTaction', /unknown field/, /not action:/],
    ['bytes_in => 5', 'bytes_in =', /unknown field/, /bytes_in >= /],
    ['_exists_: action', '_exists_', /unknown field/, /: \*/],
    ['curl reporter: src', 'curl reporter', /unknown field/, /"and" or "or" may be missing before reporter/],
    ['dest_port: http', 'http', /is no number/, /whole numbers/],
    ['bytes_in > 1k', '1k', /is no number/, /bytes/],
    ['dest_ip: 10.0.0', '10.0.0', /is no address/, /10\.0\.0\.0\/8/],
    ['dest_ip > 10.0.0.0/8', '10.0.0.0/8', /block has no place/, /field: /],
    ['counts: yes', 'yes', /neither true nor false/, /true or false/],
    ['start_time > yesterday', 'yesterday', /is no date/, /now-15m/],
    ['start_time > now-15x', 'now-15x', /no date maths/, /y M w d h m s/],
    ['start_time: 1793000000123', '1793000000123', /milliseconds/, /1793000000/],
    ['start_time: 2026-13-01', '2026-13-01', /is no date/, /./],
    ['start_time: 2026-11*', '2026-11*', /no wildcard/, /2026-11/],
    ['dest_port > 4*', '4*', /no wildcard/, /quote/],
    ['action: { deny }', 'action', /is no list/, /action: \(/],
    ['dest_port: [400 TO 499]', '[400 TO 499]', /Lucene/, /dest_port >= 400 and dest_port <= 499/],
    ['dest_name: {a TO b}', 'dest_name', /is no list/, /dest_name > a and dest_name < b/],
    ['source_name: [a TO *]', '[a TO *]', /Lucene/, /write source_name >= a$/],
    ['process_name: /cu.l/', '/cu.l/', /regular expressions/, /wildcards/],
    ['process_name: curl~', 'curl~', /no "~"/, /wildcards/],
    ['process_name: curl~2', 'curl~2', /no "~"/, /wildcards/],
    ["action: 'deny'", "'deny'", /single quotes/, /write "deny"/],
    ['action = deny', 'action = deny', /no operator of KQL/, /write action: deny/],
    ['action=deny', 'action=deny', /no operator of KQL/, /write action: deny/],
    ['action == deny', 'action == deny', /no operator of KQL/, /write action: deny/],
    ['action != deny', 'action != deny', /no operator of KQL/, /write not action: deny/],
    ['acton = deny', 'acton = deny', /no operator of KQL/, /write action: deny/],
    ['action: != deny', '!= deny', /part of the value/, /write not action: deny/],
    ['action: =deny', '=deny', /part of the value/, /write action: deny/],
    ['curl && wget', 'curl && wget', /part of the value/, /write and/],
    ['action: deny || allow', 'deny || allow', /part of the value/, /write or/],
  ]
  it.each(cases)('points at the error of %s', (text, marked, message, hint) => {
    const bound = boundOf(text, flowLog)
    if (bound.ok) throw new Error('was bound')
    const [error] = bound.errors
    expect(text.slice(error.from, error.to)).toBe(marked)
    expect(error.message).toMatch(message)
    if (hint) expect(error.hint).toMatch(hint)
  })

  it('gives all errors, in order and once each', () => {
    const bound = boundOf('nope: x and dest_port: y and policies: { bad: z }', flowLog)
    expect(bound.ok ? [] : bound.errors.map(({ from }) => from)).toEqual([0, 23, 41])
  })

  it('limits the comparisons that a filter may ask for', () => {
    const bound = boundOf(Array.from({ length: 5000 }, () => 'web').join(' or '), flowLog)
    expect(bound.ok ? [] : bound.errors).toMatchObject([{ message: 'the filter asks for more than 20000 comparisons' }])
    expect(boundOf(`dest_port: (${Array.from({ length: 5000 }, (_, port) => port).join(' or ')})`, flowLog).ok).toBe(
      true,
    )
  })

  it('finds nothing, but says nothing, where another log type has the field', () => {
    const rows = { a: flow({}) }
    expect(found('qname: x', flowLog, rows, { alongside: [dnsLog] })).toEqual([])
    expect(found('not qname: x', flowLog, rows, { alongside: [dnsLog] })).toEqual(['a'])
    expect(boundOf('qnam: x', flowLog, { alongside: [dnsLog] }).ok).toBe(false)
  })

  it('means by quotes what would be a slip without them', () => {
    const rows = {
      a: flow({ process_name: '/cu.l/' }),
      b: flow({ process_name: "'deny'" }),
      c: flow({ process_name: 'a && b' }),
    }
    expect(found('process_name: "/cu.l/"', flowLog, rows)).toEqual(['a'])
    expect(found(`"'deny'"`, flowLog, rows)).toEqual(['b'])
    expect(found('"a && b"', flowLog, rows)).toEqual(['c'])
  })

  it('takes label values with an equals sign without a field', () => {
    expect(found('app=web', flowLog, { a: flow({ 'dest_labels.labels': ['app=web'] }) })).toEqual(['a'])
  })
})
