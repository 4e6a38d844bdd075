// Faults that comparable products had, as tests that pass: groups A5 (its policy half) and D of the list of known faults.
import { printGoldmaneHit } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../index/engine.ts'
import { explain } from '../explain/explain.ts'
import { parseYaml, flow, namespaceYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluateBoth as evaluate } from '../testing/judge.ts'
import type { DirectionResult } from './flow.ts'

const traceOf = (result: DirectionResult | undefined) => result?.trace.map(printGoldmaneHit)

const base = `${namespaceYaml('a')}${namespaceYaml('b')}${podYaml('a/web', '10.77.0.1', '{app: web}')}${podYaml('b/client', '10.77.0.9', '{app: client}')}`

const policy = (name: string, ingress: string, namespace = 'a') => `
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: ${namespace}}, spec: {podSelector: {}, policyTypes: [Ingress], ingress: ${ingress}}}`

describe('A5: IPv4 in its IPv6 form', () => {
  const cluster = (rule: string) =>
    snapshotOf(`${base}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {selector: "app == 'web'", ingress: [${rule}]}}`)

  it.each([
    ['a block', '{action: Allow, source: {nets: [10.77.0.0/24]}}', 'allow'],
    ['a block written in the mapped form', "{action: Allow, source: {nets: ['::ffff:10.77.0.0/120']}}", 'allow'],
    ['"not in a block" stays false', '{action: Allow, source: {notNets: [10.77.0.0/24]}}', 'deny'],
    ['IP version 4', '{action: Allow, ipVersion: 4}', 'allow'],
    ['IP version 6', '{action: Allow, ipVersion: 6}', 'deny'],
  ])('%s', (_, rule, verdict) => {
    expect(evaluate(flow('::ffff:10.77.0.2', 'a/web', 'tcp/80'), cluster(rule)).verdict).toBe(verdict)
    expect(evaluate(flow('10.77.0.2', 'a/web', 'tcp/80'), cluster(rule)).verdict).toBe(verdict)
  })

  it('a network set and a pod are found by the mapped form', () => {
    const snapshot = snapshotOf(`${base}${policy('p', '[{from: [{podSelector: {}, namespaceSelector: {}}]}]')}`)
    expect(evaluate(flow('::ffff:10.77.0.9', 'a/web', 'tcp/80'), snapshot).verdict).toBe('allow')
  })
})

describe('D1: except is no deny', () => {
  const p = policy('p', '[{from: [{ipBlock: {cidr: 10.77.0.0/16, except: [10.77.0.0/24]}}]}]', 'b')
  const q = policy('q', '[{from: [{ipBlock: {cidr: 10.77.0.1/32}}]}]', 'b')
  it.each([
    ['P first', p + q],
    ['Q first', q + p],
  ])('another policy allows what the block leaves out, %s', (_, policies) => {
    const snapshot = snapshotOf(base + policies)
    expect(evaluate(flow('10.77.0.1', 'b/client', 'tcp/80'), snapshot).verdict).toBe('allow')
    expect(evaluate(flow('10.77.0.5', 'b/client', 'tcp/80'), snapshot).verdict).toBe('deny')
    expect(evaluate(flow('10.77.3.5', 'b/client', 'tcp/80'), snapshot).verdict).toBe('allow')
  })
})

describe('D2: empty selector against empty rule', () => {
  const node = `
---
{apiVersion: v1, kind: Node, metadata: {name: other}, status: {addresses: [{type: InternalIP, address: 10.1.0.2}]}}`
  const verdicts = (ingress: string) => {
    const snapshot = snapshotOf(base + node + policy('p', ingress))
    return ['b/client', '10.1.0.2', '192.0.2.9'].map(
      (from) => evaluate(flow(from, 'a/web', 'tcp/80'), snapshot).verdict,
    )
  }
  it.each([
    ['namespaceSelector: {} is pods only', '[{from: [{namespaceSelector: {}}]}]', ['allow', 'deny', 'deny']],
    ['an empty rule is everybody', '[{}]', ['allow', 'allow', 'allow']],
    ['from: [] is everybody too', '[{from: []}]', ['allow', 'allow', 'allow']],
    ['ingress: [] is nobody', '[]', ['deny', 'deny', 'deny']],
    ['ingress left out is nobody', 'null', ['deny', 'deny', 'deny']],
  ])('%s', (_, ingress, wanted) => expect(verdicts(ingress)).toEqual(wanted))
})

describe('D3: cluster tier, NetworkPolicy, baseline', () => {
  const admin = (name: string, tier: string, priority: number, rules: string) => `
---
{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: ${name}}, spec: {tier: ${tier}, priority: ${priority}, subject: {namespaces: {}}, ${rules}}}`
  const everybody = '[{namespaces: {}}]'

  it('the NetworkPolicy isolates after a Pass, and the baseline is not asked', () => {
    const snapshot = snapshotOf(
      base +
        admin('pass', 'Admin', 1, `ingress: [{action: Pass, from: ${everybody}}]`) +
        policy('isolate', '[{from: [{podSelector: {matchLabels: {app: other}}}]}]') +
        admin('allow', 'Baseline', 1, `ingress: [{action: Accept, from: ${everybody}}]`),
    )
    const { verdict, destination } = evaluate(flow('b/client', 'a/web', 'tcp/80'), snapshot)
    expect(verdict).toBe('deny')
    expect(traceOf(destination)).toEqual(['0|kube-admin|kcnp:pass|pass|0', '1|default|knp:a/isolate|deny|-1'])
  })

  it('each direction is judged by itself: egress passes, ingress is accepted above a NetworkPolicy that would drop', () => {
    const snapshot = snapshotOf(
      base +
        admin(
          'both',
          'Admin',
          1,
          `ingress: [{action: Accept, from: ${everybody}}], egress: [{action: Pass, to: ${everybody}}]`,
        ) +
        policy('drop', '[]'),
    )
    const { verdict, source, destination } = evaluate(flow('b/client', 'a/web', 'tcp/80'), snapshot)
    expect(verdict).toBe('allow')
    expect(traceOf(source)).toEqual(['0|kube-admin|kcnp:both|pass|0', '1|__PROFILE__|pro:kns.b|allow|0'])
    expect(traceOf(destination)).toEqual(['0|kube-admin|kcnp:both|allow|0'])
  })

  it('both directions must allow', () => {
    const snapshot = snapshotOf(base + admin('no', 'Admin', 1, `egress: [{action: Deny, to: ${everybody}}]`))
    expect(evaluate(flow('b/client', 'a/web', 'tcp/80'), snapshot).verdict).toBe('deny')
  })
})

describe('D4: a tier without a policy for this endpoint; Pass at the end', () => {
  const snapshot = snapshotOf(`${base}
---
{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: t1}, spec: {order: 1}}
---
{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: t2}, spec: {order: 2, defaultAction: Pass}}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: others}, spec: {tier: t1, selector: "app == 'nobody'", ingress: [{action: Allow}]}}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: no-match}, spec: {tier: t2, selector: "app == 'web'", ingress: [{action: Deny, protocol: UDP}]}}`)

  it('skips the first, shows the pass of the second, and lets the profile decide', () => {
    const { verdict, destination } = evaluate(flow('b/client', 'a/web', 'tcp/80'), snapshot)
    expect(verdict).toBe('allow')
    expect(traceOf(destination)).toEqual(['0|t2|gnp:no-match|pass|-1', '1|__PROFILE__|pro:kns.a|allow|0'])
  })

  it('a pass is no accept: without a profile that allows, it is denied', () => {
    const bare = { ...snapshot, pods: snapshot.pods.map((pod) => ({ ...pod, profiles: [] })) }
    expect(evaluate(flow('192.0.2.9', 'a/web', 'tcp/80'), bare).verdict).toBe('deny')
  })
})

describe('D5: a denial that nobody wrote', () => {
  const text = `${base}${policy('p', '[{from: [{podSelector: {}}]}]')}${policy('q', '[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {role: web}}}], ports: [{port: 80}]}]')}`
  const question = flow('b/client', 'a/web', 'tcp/80')

  it('is told as isolation by both, never as a rule', () => {
    const { evaluation, directions } = explain(question, snapshotOf(text))
    const ingress = directions.find((each) => each.direction === 'ingress')
    expect(traceOf(evaluation.destination)).toEqual(['0|default|knp:a/q|deny|-1'])
    expect(ingress?.sentence).toContain('tier default isolates it by a/p and a/q')
    expect(ingress?.sentence).toContain('no rule matches, the end of tier default denies')
    expect(ingress?.sentence).not.toMatch(/allowed by|denied by/)
  })

  it('cannot be told once the peer is gone, and says which fact is missing', () => {
    const snapshot = snapshotOf(text)
    const gone = { ...snapshot, pods: snapshot.pods.filter((pod) => pod.name !== 'client') }
    const { evaluation, directions } = explain(question, gone)
    expect(evaluation.verdict).toBe('unknown')
    const ingress = directions.find((each) => each.direction === 'ingress')
    expect(ingress?.sentence).toBe('ingress to a/web: cannot tell: labels of pod b/client not known')
  })

  it('an address where pods live and no pod is known is a missing fact as well', () => {
    const { snapshot } = parseYaml(text, { podBlocks: [{ family: 4, words: [0x0a4d0000], bits: 16 }] })
    const { verdict, missing } = evaluate(flow('10.77.5.5', 'a/web', 'tcp/80'), snapshot)
    expect(verdict).toBe('unknown')
    expect(missing.map((fact) => fact.text)).toContain('who the pod at 10.77.5.5 is')
  })

  it('labels of a namespace that nobody gave are missing, its name is not', () => {
    const peer = (labels: string) => `[{from: [{namespaceSelector: {matchLabels: {${labels}}}}]}]`
    const nameless = (labels: string) =>
      `${podYaml('a/web', '10.77.0.1', '{app: web}')}${podYaml('b/client', '10.77.0.9', '{app: client}')}${policy('p', peer(labels))}`
    const byLabel = evaluate(question, snapshotOf(nameless('env: prod')))
    expect([byLabel.verdict, byLabel.missing.map((fact) => fact.text)]).toEqual(['unknown', ['labels of namespace b']])
    expect(evaluate(question, snapshotOf(nameless('kubernetes.io/metadata.name: b'))).verdict).toBe('allow')
    expect(evaluate(question, snapshotOf(nameless('kubernetes.io/metadata.name: c'))).verdict).toBe('deny')
  })

  it('a missing fact that makes no difference is no obstacle', () => {
    const snapshot = snapshotOf(`${base}${policy('open', '[{}]')}`)
    const { verdict, destination } = evaluate(flow('b/vanished', 'a/web', 'tcp/80'), snapshot)
    expect(destination?.verdict).toBe('allow')
    expect(verdict).toBe('allow')
  })
})

describe('many rules that may pass', () => {
  it('cost their sum, not their product, where a fact is missing', () => {
    const tiers = Array.from(
      { length: 12 },
      (_, index) => `
---
{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: t${index}}, spec: {order: ${index}}}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p${index}}, spec: {tier: t${index}, selector: "app == 'web'", ingress: [${Array.from({ length: 10 }, (__, rule) => `{action: Pass, source: {selector: "role == 'r${rule}'"}}`).join(', ')}]}}`,
    )
    const snapshot = snapshotOf(base + tiers.join(''))
    expect(evaluate(flow('b/vanished', 'a/web', 'tcp/80'), snapshot).verdict).toBe('unknown')
  })
})

describe('a pod cannot shut itself out', () => {
  const closed = `
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: a}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}`
  it.each([
    ['by name', 'a/web', 'a/web'],
    ['by address', '10.77.0.1', 'a/web'],
  ])('%s', (_, source, destination) => {
    const { verdict, source: egress } = evaluate(flow(source, destination, 'tcp/80'), snapshotOf(base + closed))
    expect(verdict).toBe('allow')
    expect(egress).toMatchObject({ trace: [], decision: { by: 'exemption', reason: 'a pod always reaches itself' } })
  })

  it('and no other pod of its workload is itself', () => {
    const twin = podYaml('a/web-2', '10.77.0.2', '{app: web}')
    expect(evaluate(flow('a/web', 'a/web-2', 'tcp/80'), snapshotOf(base + twin + closed)).verdict).toBe('deny')
  })
})

describe('conditions that nobody here knows', () => {
  const calico = (rule: string) => `
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: p, namespace: a}, spec: {selector: "app == 'web'", types: [Ingress], ingress: [${rule}]}}`
  it.each([
    ['of an end of a Calico rule', calico('{action: Allow, source: {futureMatch: [x]}}'), 'source.futureMatch'],
    ['of a Calico rule', calico('{action: Allow, during: night}'), 'during'],
    ['of a NetworkPolicy peer', policy('p', '[{from: [{namespaceSelector: {}, sameOwner: true}]}]'), 'from.sameOwner'],
  ])('%s are a missing fact, and no match', (_, text, part) => {
    const { snapshot } = parseYaml(base + text)
    const { verdict, missing } = evaluate(flow('b/client', 'a/web', 'tcp/80'), snapshot)
    expect(verdict).toBe('unknown')
    expect(missing).toEqual([{ kind: 'unevaluated', text: part }])
  })

  it('where the rest of the rule says no, nothing is missing', () => {
    const { snapshot } = parseYaml(base + calico('{action: Allow, protocol: UDP, source: {futureMatch: [x]}}'))
    expect(evaluate(flow('b/client', 'a/web', 'tcp/80'), snapshot)).toMatchObject({ verdict: 'deny', missing: [] })
  })
})

describe('ports and endpoints that a pod has for a while', () => {
  it('a name of a plain init container is no port of the pod, one of a sidecar is', () => {
    const pod = podYaml(
      'a/job',
      '10.77.0.3',
      '{app: job}',
      'initContainers: [{name: i, ports: [{name: http, containerPort: 8080}]}, {name: s, restartPolicy: Always, ports: [{name: http, containerPort: 8081}]}]',
    )
    const snapshot = snapshotOf(base + pod + policy('p', '[{ports: [{port: http}]}]'))
    expect([8080, 8081].map((port) => evaluate(flow('b/client', 'a/job', `tcp/${port}`), snapshot).verdict)).toEqual([
      'deny',
      'allow',
    ])
  })

  it("Calico's services are all endpoints, ready or not", () => {
    const slice = `
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: web-1, namespace: a, labels: {kubernetes.io/service-name: web}}, endpoints: [{addresses: [10.77.0.1], conditions: {ready: false, serving: true, terminating: true}}], ports: [{port: 80, protocol: TCP}]}`
    const egress = `
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: p, namespace: b}, spec: {types: [Egress], egress: [{action: Allow, destination: {services: {name: web, namespace: a}}}]}}`
    expect(evaluate(flow('b/client', 'a/web', 'tcp/80'), snapshotOf(base + slice + egress)).verdict).toBe('allow')
  })
})

describe('A3: several pods that claim one address', () => {
  const claimant = (key: string, created: string, app: string) => {
    const [namespace, name] = key.split('/')
    return `
---
{apiVersion: v1, kind: Pod, metadata: {namespace: ${namespace}, name: ${name}, creationTimestamp: "${created}", labels: {app: ${app}}}, spec: {containers: []}, status: {phase: Running, podIP: 10.77.0.5}}`
  }
  // On a node that is gone its object stays, and is told of again when it is evicted.
  const hung = claimant('b/hung', '2026-01-01T10:00:00Z', 'hung')
  const heir = claimant('b/heir', '2026-01-01T11:00:00Z', 'heir')
  const admitsHeir = policy('p', '[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: heir}}}]}]')
  const question = flow('10.77.0.5', 'a/web', 'tcp/80')

  it.each([
    ['the older told last', heir + hung],
    ['the younger told last', hung + heir],
  ])('the one made last has it, %s', (_, pods) => {
    expect(evaluate(question, snapshotOf(base + admitsHeir + pods)).verdict).toBe('allow')
  })

  it('an update of the older takes nothing back, and it has the address again when the younger is gone', () => {
    const { pods } = snapshotOf(hung + heir)
    const [older] = pods
    const engine = createEngine(snapshotOf(base + admitsHeir + hung + heir))
    if (older) engine.apply({ put: 'pod', value: { ...older, labels: new Map([...older.labels, ['evicted', 'yes']]) } })
    expect(engine.evaluate(question).verdict).toBe('allow')
    engine.apply({ remove: 'pod', key: 'b/heir' })
    expect(engine.evaluate(question).source).toMatchObject({ endpoint: 'pod b/hung' })
    expect(engine.evaluate(question).verdict).toBe('deny')
  })
})
