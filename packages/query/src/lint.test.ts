import { dnsLog, flowLog } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { bind } from './bind/bind.ts'
import { parseKql } from './kql/parse.ts'
import { lint } from './lint.ts'

function remarks(text: string, type: typeof flowLog | typeof dnsLog = flowLog) {
  const parsed = parseKql(text)
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  expect(bind(parsed.filter, type, { now: 0 }).ok).toBe(true)
  return lint(parsed.filter, type, parsed.positions)
}

describe('the linter', () => {
  const cases: readonly (readonly [string, string, RegExp, RegExp])[] = [
    ['action: Deny', 'Deny', /case counts/, /action: deny/],
    ['proto: TCP', 'TCP', /case counts/, /proto: tcp/],
    ['proto: (tcp, udp)', 'tcp, udp', /comma/, /proto: \(tcp or udp\)/],
    ['action: drop', 'drop', /no row has "drop"/, /allow, deny/],
    ['process_name: ""', '""', /stored as no text/, /not process_name: \*/],
    ['dest_namespace: *', 'dest_namespace', /"-"/, /and not dest_namespace: "-"/],
    ['process_name: pyth?n', 'pyth?n', /stands for itself/, /pyth\*n/],
    ['process_name: "*curl*"', '"*curl*"', /within quotes/, /process_name: \*curl\*/],
    ['dest_port: 70000', '70000', /0 to 65535/, /none/],
    ['num_flows > 5e9', '5e9', /0 to 4294967295/, /none/],
    ['dest_port: 80.5', '80.5', /whole numbers/, /no row/],
    ['tcp_mean_smooth_rtt: 0', '0', /not measured/, /not tcp_mean_smooth_rtt: \*/],
    ['process_id > 1000', '1000', /as text/, /after/],
    ['policies: { all_policies: deny }', 'all_policies', /deprecated/, /enforced_policies/],
    ['process_name: curl and', 'curl and', /"and" is part of the value/, /quote it/],
    ['NOT', 'NOT', /"NOT" is part of the value/, /quote it/],
    ['action', 'action', /searched as a value/, /action: \*/],
    ['action deny', 'action deny', /searched as a value/, /action: deny/],
    ['_index: *.20261101', '*.20261101', /not compared/, /time range/],
  ]
  it.each(cases)('remarks on %s', (text, marked, message, hint) => {
    const [first] = remarks(text)
    expect(text.slice(first!.from, first!.to)).toBe(marked)
    expect(first!.message).toMatch(message)
    expect(first!.hint).toMatch(hint)
  })

  it.each([
    'action: deny and proto: tcp',
    'source_name_aggr: "web-*"',
    'policies: { enforced_policies: "*deny*" }',
    'bytes_in: 0',
    'origin: *',
    'dest_port > 1024',
    'proto: 132',
    'web front end',
    'process_name: "curl and"',
    '"action"',
  ])('has nothing to say about %s', (text) => {
    expect(remarks(text)).toEqual([])
  })

  it('leaves alone what the catalogue compares without case', () => {
    expect(remarks('rcode: NXDomain', dnsLog)).toEqual([])
  })
})
