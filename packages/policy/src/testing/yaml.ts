// Clusters and flows as tests and documents write them.
import { parseAllDocuments } from 'yaml'
import type { Flow, FlowEnd } from '../evaluate/flow.ts'
import { parseAddress } from '../net/address.ts'
import { parseSnapshot, type ParsedSnapshot } from '../objects/parse.ts'
import { protocolNumber } from '../objects/ports.ts'
import type { Snapshot, SnapshotOptions } from '../objects/snapshot.ts'

export const documentsOf = (text: string): readonly unknown[] =>
  parseAllDocuments(text).map((document): unknown => document.toJS())

export const parseYaml = (text: string, options: Partial<SnapshotOptions> = {}): ParsedSnapshot =>
  parseSnapshot(documentsOf(text), options)

/** A snapshot from YAML in which nothing is wrong. */
export function snapshotOf(text: string, options: Partial<SnapshotOptions> = {}): Snapshot {
  const { snapshot, issues } = parseYaml(text, options)
  if (issues.length > 0)
    throw new Error(issues.map((issue) => `${issue.object} ${issue.path}: ${issue.message}`).join('\n'))
  return snapshot
}

function endOf(text: string): FlowEnd {
  if (text.startsWith('host:')) return { hostEndpoint: text.slice(5) }
  const address = parseAddress(text)
  return address ? { address } : { pod: text }
}

/** `flow('shop/web', 'shop/db', 'tcp/5432')`; ends are pods, addresses, or `host:<HostEndpoint>`. */
export function flow(source: string, destination: string, layer4: string, more: Partial<Flow> = {}): Flow {
  const [protocol = '', port] = layer4.split('/')
  return {
    source: endOf(source),
    destination: endOf(destination),
    protocol: protocolNumber(protocol) ?? 0,
    ...(port !== undefined && { port: Number(port) }),
    ...more,
  }
}

/** YAML of a namespace with its default service account. */
export const namespaceYaml = (name: string, labels = '{}') => `
---
{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: ${labels}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {namespace: ${name}, name: default}}`

/** YAML of a pod. */
export const podYaml = (key: string, address: string, labels: string, more = '') => {
  const [namespace, name] = key.split('/')
  return `
---
{apiVersion: v1, kind: Pod, metadata: {namespace: ${namespace}, name: ${name}, labels: ${labels}}, spec: {containers: []${more && `, ${more}`}}, status: {podIP: ${address}}}`
}
