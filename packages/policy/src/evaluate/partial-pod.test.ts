// A pod that only flow records tell of: its labels are known, the names of its ports and its account are not.
import { describe, expect, it } from 'vitest'
import { createEngine } from '../index/engine.ts'
import { parseAddress } from '../net/address.ts'
import type { Pod, Snapshot } from '../objects/snapshot.ts'
import { flow, namespaceYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluate } from './evaluate.ts'

const pod = (name: string, address: string): Pod => ({
  namespace: 'shop',
  name,
  labels: new Map([['app', name]]),
  addresses: [parseAddress(address)!],
  ports: undefined,
  serviceAccount: undefined,
  hostNetwork: false,
})

const under = (policy: string): Snapshot => ({
  ...snapshotOf(`${namespaceYaml('shop')}\n---\n${policy}`),
  pods: [pod('web', '10.0.0.1'), pod('db', '10.0.0.2')],
})

const toDb = flow('shop/web', 'shop/db', 'tcp/5432')

const byPortName = `
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: db}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: sql}]}]}}`
const byAccount = `
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {namespace: shop, name: db}, spec: {selector: app == 'db', ingress: [{action: Allow, source: {serviceAccounts: {names: [web]}}}]}}`
const byLabel = `
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: db}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}}`

describe.each([
  ['a named port', byPortName, 'unknown', ['port names of pod shop/db']],
  ['a service account', byAccount, 'unknown', ['service account of pod shop/web']],
  ['a label', byLabel, 'allow', []],
] as const)('a pod from records, asked for %s', (_, policy, verdict, missing) => {
  it('is judged as far as it is known, by the reference and by the engine alike', () => {
    const evaluation = evaluate(toDb, under(policy))
    expect(evaluation.verdict).toBe(verdict)
    expect(evaluation.missing.map(({ text }) => text)).toEqual(missing)
    expect(createEngine(under(policy)).evaluate(toDb).verdict).toBe(verdict)
  })
})
