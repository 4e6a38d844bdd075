// A policy as an object again: what was given, unknown fields included, with selectors in their canonical form and the
// directions written out. Parsing the result gives the same policy.
import { parseSelector } from '../selector/parse.ts'
import { printSelector } from '../selector/print.ts'
import { isRecord } from './place.ts'
import type { Policy } from './policy.ts'

/** Members that hold a selector as text, wherever they stand in Calico's kinds. */
const selectorMembers = new Set(['selector', 'notSelector', 'namespaceSelector', 'serviceAccountSelector'])

function canonical(text: string): string {
  const { selector } = parseSelector(text)
  return selector ? withoutOuterParentheses(printSelector(selector)) : text
}

/** The printer wraps every group; around a whole text that says nothing. */
function withoutOuterParentheses(text: string): string {
  const inner = text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text
  const { selector } = parseSelector(inner)
  return selector && printSelector(selector) === text ? inner : text
}

function printMember(key: string, value: unknown): unknown {
  if (typeof value === 'string' && selectorMembers.has(key)) return canonical(value)
  if (Array.isArray(value)) return value.map((each: unknown) => printMember('', each))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([member, held]) => [member, printMember(member, held)]))
}

function typesMember(policy: Policy): Readonly<Record<string, readonly string[]>> {
  const types = [...(policy.ingress ? ['Ingress'] : []), ...(policy.egress ? ['Egress'] : [])]
  if (policy.kind === 'KubernetesNetworkPolicy') return { policyTypes: types }
  return policy.kind === 'CalicoNetworkPolicy' || policy.kind === 'GlobalNetworkPolicy' ? { types } : {}
}

/** The object, ready for JSON or YAML. */
export function printPolicy(policy: Policy): Readonly<Record<string, unknown>> {
  const { source } = policy
  const isCalico = policy.kind === 'CalicoNetworkPolicy' || policy.kind === 'GlobalNetworkPolicy'
  const spec = isCalico ? printMember('spec', source.spec ?? {}) : source.spec
  return isRecord(spec) ? { ...source, spec: { ...spec, ...typesMember(policy) } } : source
}
