import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../evaluate/evaluate.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { anyFlow, anySnapshot, type Dialect, runs } from '../testing/arbitrary.ts'
import { flow, namespaceYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { printSimulation, simulationExitCode } from './print.ts'
import { simulate } from './simulate.ts'

/** The second snapshot is the first with some parts taken from another, so that much stays and something changes. */
const anyPair = (dialect: Dialect) =>
  fc
    .record({
      one: anySnapshot(dialect, true),
      two: anySnapshot(dialect, true),
      pods: fc.boolean(),
      sets: fc.boolean(),
      kept: fc.nat(6),
    })
    .map(({ one, two, pods, sets, kept }): readonly [Snapshot, Snapshot] => [
      one,
      {
        ...one,
        policies: [...one.policies.slice(0, kept), ...two.policies.slice(kept)],
        pods: pods ? two.pods : one.pods,
        networkSets: sets ? two.networkSets : one.networkSets,
        namespaces: pods ? two.namespaces : one.namespaces,
        serviceAccounts: pods ? two.serviceAccounts : one.serviceAccounts,
      },
    ])

describe.each<Dialect>(['kubernetes', 'calico', 'hosts', 'cilium'])('simulating changes of %s policies', (dialect) => {
  it('finds every changed verdict and no other, whatever it leaves out of judging', () => {
    const story = anyPair(dialect).chain(([before, after]) =>
      fc.array(anyFlow(before, true), { minLength: 1, maxLength: 10 }).map((flows) => ({ before, after, flows })),
    )
    fc.assert(
      fc.property(story, ({ before, after, flows }) => {
        const wanted = flows.filter((each) => evaluate(each, before).verdict !== evaluate(each, after).verdict)
        expect(simulate(before, after, flows).changed.map((change) => change.flow)).toEqual(wanted)
      }),
      runs(100),
    )
  })
})

const cluster = `${namespaceYaml('shop')}${podYaml('shop/web', '10.0.0.1', '{app: web}')}${podYaml('shop/db', '10.0.0.2', '{app: db}')}${podYaml('shop/other', '10.0.0.3', '{app: other}')}`
const isolate = `
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}}`

describe('a simulation', () => {
  const flows = [flow('shop/web', 'shop/db', 'tcp/5432'), flow('shop/web', 'shop/other', 'tcp/80')]
  const simulation = simulate(snapshotOf(cluster), snapshotOf(cluster + isolate), flows)

  it('judges only what the change can touch', () => {
    expect([simulation.flows, simulation.judged, simulation.changed.length]).toEqual([2, 1, 1])
  })

  it('prints Markdown with the reason, and fails a check that denies what was allowed', () => {
    const text = printSimulation(simulation)
    expect(text).toContain('**1 newly denied**')
    expect(text).toContain(
      '| newly denied | shop/web → shop/db:5432 tcp | was ingress: no policy decides; profile kns.shop allows; now ingress: tier default isolates it by shop/db; no rule matches, the end of tier default denies |',
    )
    expect(simulationExitCode(simulation)).toBe(1)
  })

  it('says so when nothing changes', () => {
    const same = simulate(snapshotOf(cluster), snapshotOf(cluster), flows)
    expect(printSimulation(same)).toBe(
      '### Policy change: no verdict changes\n\n2 flows, 0 of them within reach of the change.\n',
    )
    expect(simulationExitCode(same)).toBe(0)
  })
})
