// Domains in Calico's rules and network sets. Source: Calico Enterprise documentation, "Use external IPs or networks rules in
// policy: domain names" (exact names, `*` for one or more labels; egress Allow rules and allowedEgressDomains of network
// sets); names are equal in any case and with or without final dot by RFC 4343 (known fault B2, policy half).
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../net/address.ts'
import { flow, namespaceYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluateBoth as evaluate } from '../testing/judge.ts'

const pod = `${namespaceYaml('a')}${podYaml('a/web', '10.0.0.1', '{app: web}')}`
const byRule = (domain: string) => `${pod}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {selector: "app == 'web'", types: [Egress], egress: [{action: Allow, destination: {domains: ['${domain}']}}]}}`
const bySet = `${pod}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: s, labels: {kind: partners}}, spec: {nets: [198.51.100.0/24], allowedEgressDomains: [API.example.com]}}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {selector: "app == 'web'", types: [Egress], egress: [{action: Allow, destination: {selector: "kind == 'partners'"}}]}}`

const address = parseAddress('203.0.113.7') ?? expect.fail('address')
const other = parseAddress('203.0.113.8') ?? expect.fail('address')
const question = flow('a/web', '203.0.113.7', 'tcp/443')

const verdict = (text: string, names: readonly string[]) =>
  evaluate(question, { ...snapshotOf(text), domains: names.map((name) => ({ name, address })) }).verdict

describe('domains', () => {
  it.each([
    ['the name itself', 'api.example.com', 'api.example.com', 'allow'],
    ['any case, final dot', 'Api.Example.com', 'API.example.COM.', 'allow'],
    ['a star for one label', '*.example.com', 'api.example.com', 'allow'],
    ['a star for several', '*.example.com', 'a.b.example.com', 'allow'],
    ['not the bare domain', '*.example.com', 'example.com', 'unknown'],
  ])('%s', (_, pattern, name, wanted) => expect(verdict(byRule(pattern), [name])).toBe(wanted))

  it('a name that was seen with other addresses only does not match', () => {
    const snapshot = {
      ...snapshotOf(byRule('api.example.com')),
      domains: [{ name: 'api.example.com', address: other }],
    }
    expect(evaluate(question, snapshot).verdict).toBe('deny')
  })

  it('a name never seen is the missing fact', () => {
    const { verdict, missing } = evaluate(question, snapshotOf(byRule('api.example.com')))
    expect([verdict, missing.map((fact) => fact.text)]).toEqual(['unknown', ['addresses of domain api.example.com']])
  })

  it('names that the client asked before it connected count', () => {
    const asked = { ...question, destination: { address, domains: ['api.example.com'] } }
    expect(evaluate(asked, snapshotOf(byRule('api.example.com'))).verdict).toBe('allow')
  })

  it('network sets hold blocks and domains', () => {
    expect(verdict(bySet, ['api.example.com'])).toBe('allow')
    expect(evaluate(flow('a/web', '198.51.100.9', 'tcp/443'), snapshotOf(bySet)).verdict).toBe('allow')
    expect(verdict(bySet, [])).toBe('unknown')
  })

  it("names that are known and others are a no, and nobody's names are a missing fact", () => {
    const asked = (domains: readonly string[]) => ({ ...question, destination: { address, domains } })
    const snapshot = snapshotOf(byRule('api.example.com'))
    expect(evaluate(asked(['www.example.com']), snapshot).verdict).toBe('deny')
    expect(evaluate(asked([]), snapshot).verdict).toBe('unknown')
  })

  it('of network sets neither deny nor admit: they are for rules that let traffic out', () => {
    const names = { address, domains: ['api.example.com'] }
    const denying = snapshotOf(bySet.replace('action: Allow', 'action: Deny'))
    const { verdict, destination, source } = evaluate({ ...question, destination: names }, denying)
    expect([verdict, source?.trace.at(-1)?.rule, destination]).toEqual(['deny', 'none', undefined])
    const admitting = bySet.replace('Egress], egress', 'Ingress], ingress').replace('destination:', 'source:')
    const from = { ...question, source: { address }, destination: { pod: 'a/web' } }
    expect(evaluate(from, snapshotOf(admitting))).toMatchObject({ verdict: 'deny', missing: [] })
  })
})

describe('aliases of a name that the client asked for', () => {
  const names = { domains: ['bucket.company.test'], aliases: ['x.CDN.example.', 'bucket.s3.example'] }
  const asked = { ...question, destination: { address, ...names } }
  it.each([
    ['at the end of the chain', '*.s3.example', 'allow'],
    ['within the chain', 'x.cdn.example', 'allow'],
    ['beside the name that was asked for', 'bucket.company.test', 'allow'],
    ['not of another name', 's3.example', 'deny'],
  ])('count: %s', (_, domain, wanted) => expect(evaluate(asked, snapshotOf(byRule(domain))).verdict).toBe(wanted))

  it('count in network sets, and are as good as a name where a set is excluded', () => {
    const set = bySet.replace('API.example.com', "'*.s3.example'")
    expect(evaluate(asked, snapshotOf(set)).verdict).toBe('allow')
    const excluding = snapshotOf(set.replace('{selector: "kind', '{notSelector: "kind'))
    expect(evaluate(asked, excluding).verdict).toBe('deny')
    expect(evaluate({ ...question, destination: { address, domains: names.domains } }, excluding).verdict).toBe('allow')
  })

  it('are not in the way of a rule that denies by name', () => {
    const denying = byRule('*.s3.example')
      .replace('{action: Allow,', '{action: Deny,')
      .replace('}}]}}', '}}, {action: Allow}]}}')
    expect(evaluate(asked, snapshotOf(denying)).verdict).toBe('deny')
    expect(evaluate({ ...question, destination: { address, domains: ['a.test'] } }, snapshotOf(denying)).verdict).toBe(
      'allow',
    )
  })

  it('that are told with no name leave it a missing fact where they are others', () => {
    const alone = { ...question, destination: { address, aliases: ['bucket.s3.example'] } }
    expect(evaluate(alone, snapshotOf(byRule('*.s3.example'))).verdict).toBe('allow')
    expect(evaluate(alone, snapshotOf(byRule('*.other.example'))).verdict).toBe('unknown')
  })
})
