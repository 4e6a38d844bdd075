import { describe, expect, it } from 'vitest'
import { parseSnapshot } from '../objects/parse.ts'
import { lint, lintExitCode, printFindings, type LintCheck } from './lint.ts'

const pod = (name: string, labels: object, ports: readonly object[] = []) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name, labels },
  spec: { containers: [{ ports }] },
  status: { podIP: '10.0.0.1' },
})

const cluster = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'shop', name: 'default' } },
  pod('web', { app: 'web' }, [{ name: 'http', containerPort: 80 }]),
]

const kubernetes = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'shop', name },
  spec,
})
const calico = (name: string, spec: object) => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkPolicy',
  metadata: { name },
  spec,
})
const cilium = (name: string, spec: object) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { namespace: 'shop', name },
  spec,
})

const web = { matchLabels: { app: 'web' } }

function found(...documents: readonly unknown[]) {
  const { snapshot, issues } = parseSnapshot([...cluster, ...documents])
  return lint(snapshot, issues)
}

describe('lint finds', () => {
  it.each<[LintCheck, string, readonly unknown[]]>([
    [
      'selects-nothing',
      'nobody has namespace = shop and app = wbe',
      [kubernetes('p', { podSelector: { matchLabels: { app: 'wbe' } }, ingress: [{ from: [{ podSelector: {} }] }] })],
    ],
    [
      'peer-selects-nothing',
      'source matches nobody',
      [kubernetes('p', { podSelector: web, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'gone' } } }] }] })],
    ],
    [
      'shadowed-rule',
      'never takes effect: ingress[0] (allow everything)',
      [
        calico('p', {
          selector: 'all()',
          order: 1,
          ingress: [{ action: 'Allow' }, { action: 'Deny', protocol: 'TCP' }],
        }),
      ],
    ],
    [
      'shadowed-rule',
      'says the same again',
      [
        kubernetes('p', {
          podSelector: web,
          ingress: [{ from: [{ podSelector: {} }] }, { from: [{ podSelector: web }] }],
        }),
      ],
    ],
    [
      'unreachable-rule',
      'GlobalNetworkPolicy a decides everything before',
      [
        calico('a', { selector: 'all()', order: 1, ingress: [{ action: 'Deny' }] }),
        calico('b', { selector: "app == 'web'", order: 2, ingress: [{ action: 'Allow' }] }),
      ],
    ],
    [
      'unknown-port-name',
      'port https is a name',
      [kubernetes('p', { podSelector: web, ingress: [{ ports: [{ port: 'https' }] }] })],
    ],
    ['empty-rule-means-everything', 'allows everything', [kubernetes('p', { podSelector: web, ingress: [{}] })]],
    [
      'empty-rule-means-everything',
      'allows everything',
      [kubernetes('p', { podSelector: web, ingress: [{ from: [], ports: [] }] })],
    ],
    ['empty-rule-means-nothing', 'allows none', [kubernetes('p', { podSelector: web, ingress: [] })]],
    [
      'empty-rule-means-nothing',
      'allows nothing and isolates',
      [cilium('p', { endpointSelector: web, ingress: [{}] })],
    ],
    [
      'order-tie',
      'their names decide',
      [
        calico('a', { selector: 'all()', order: 1, ingress: [{ action: 'Deny', protocol: 'TCP' }] }),
        calico('b', { selector: "app == 'web'", order: 1, ingress: [{ action: 'Allow', protocol: 'TCP' }] }),
      ],
    ],
    [
      'unknown-tier',
      'names tier nowhere',
      [calico('a', { tier: 'nowhere', selector: 'all()', ingress: [{ action: 'Allow' }] })],
    ],
    [
      'rules-without-type',
      'its types leave egress out',
      [calico('a', { selector: 'all()', types: ['Ingress'], egress: [{ action: 'Allow' }] })],
    ],
    [
      'invalid',
      'want one of Allow, Deny, Pass, Log',
      [calico('a', { selector: 'all()', ingress: [{ action: 'allow' }] })],
    ],
  ])('%s: %s', (check, text, documents) => {
    const findings = found(...documents).filter((each) => each.check === check)
    expect(findings.map((each) => each.message).join('\n')).toContain(text)
  })

  it('nothing in a policy that is as it should be', () => {
    const findings = found(
      kubernetes('p', { podSelector: web, ingress: [{ from: [{ podSelector: web }], ports: [{ port: 'http' }] }] }),
    )
    expect(findings).toEqual([])
    expect(printFindings(findings)).toBe('0 errors, 0 warnings, 0 notes')
  })

  it('errors make the exit code 1, warnings do not', () => {
    expect(lintExitCode(found(calico('a', { selector: 'app ==' })))).toBe(1)
    expect(lintExitCode(found(kubernetes('p', { podSelector: web, ingress: [{}] })))).toBe(0)
  })
})
