// Filters as flags: each flag is one clause of a filter tree, several values of one flag are alternatives. The tree is
// printed as KQL, so whatever a value holds (quotes, backslashes, brackets) travels unharmed.
import { canonicalIp, parseCidr } from '@margay/model'
import type { Filter } from '@margay/query'
import { allOf, anyOf, fieldIs, literal, printKql } from '@margay/query'
import { CliError } from '../fail.ts'

export interface FilterFlags {
  readonly namespace?: readonly string[]
  readonly fromNamespace?: readonly string[]
  readonly toNamespace?: readonly string[]
  readonly pod?: readonly string[]
  readonly fromPod?: readonly string[]
  readonly toPod?: readonly string[]
  readonly label?: readonly string[]
  readonly fromLabel?: readonly string[]
  readonly toLabel?: readonly string[]
  readonly ip?: readonly string[]
  readonly fromIp?: readonly string[]
  readonly toIp?: readonly string[]
  readonly toService?: readonly string[]
  readonly toDomain?: readonly string[]
  readonly port?: readonly string[]
  readonly protocol?: readonly string[]
  readonly verdict?: readonly string[]
  readonly outcome?: readonly string[]
  readonly process?: readonly string[]
  readonly policy?: readonly string[]
  readonly node?: readonly string[]
  readonly reporter?: readonly string[]
}

/** A value in which `*` stands for anything and `\*` for a star. */
export function patternOf(text: string) {
  const pieces = text.split(/(?<!\\)\*/).map((piece) => piece.replaceAll('\\*', '*'))
  return { pieces, quoted: pieces.length === 1 }
}

const is = (field: string, text: string): Filter => ({ kind: 'is', field: literal(field), value: patternOf(text) })

type End = 'source' | 'dest'

/** `NAMESPACE/NAME` or `NAME`; a name is a pod's, its workload's, or the start of either. */
function podFilter(end: End, text: string): Filter {
  const slash = text.indexOf('/')
  const name = slash < 0 ? text : text.slice(slash + 1)
  const names = name.includes('*') ? [name] : [name, `${name}-*`]
  const byName = anyOf(...names.flatMap((one) => [is(`${end}_name`, one), is(`${end}_name_aggr`, one)]))
  return slash < 0 ? byName : allOf(is(`${end}_namespace`, text.slice(0, slash)), byName)
}

function ipFilter(end: End, text: string): Filter {
  if (!canonicalIp(text) && !parseCidr(text)) {
    throw new CliError(`cannot read the address "${text}"; write it as 10.1.2.3, 10.1.0.0/16 or fd00::/8`, 2)
  }
  return fieldIs(`${end}_ip`, text)
}

const verdicts: Readonly<Record<string, string>> = {
  allow: 'allow',
  allowed: 'allow',
  forwarded: 'allow',
  deny: 'deny',
  denied: 'deny',
  dropped: 'deny',
}

function verdictFilter(text: string): Filter {
  const action = verdicts[text.toLowerCase()]
  if (!action) throw new CliError(`unknown verdict "${text}"; one of allow, deny`, 2)
  return is('action', action)
}

/** What may stand before a policy's bare name: nothing, its namespace, its tier, or that it is staged. */
const beforeBare = [[''], ['', '/'], ['', '.'], ['', ':']] as const

/** A hit, `<index>|<tier>|<name>|<action>|<rule>`, whose name is `start` and then `text`: no other part has two bars on either side. */
function hitNamed(start: readonly string[], text: string): Filter {
  const [first = '', ...middle] = patternOf(text).pieces
  const name = [...start.slice(0, -1), `${start.at(-1)}${first}`, ...middle]
  const last = name.length - 1
  const pieces = name.map((piece, at) => `${at === 0 ? '|' : ''}${piece}${at === last ? '|' : ''}`)
  const value = { pieces: ['', '|', ...pieces, '|', ''], quoted: false }
  return { kind: 'is', field: literal(hitsField), value }
}

const hitsField = 'policies.enforced_policies'

/**
 * A policy by its bare name, `NAMESPACE/NAME`, or the name as traces have it. A word of a hit may also be its index, tier, action
 * or rule, so the name is asked for at its place; and a bare name ends where it does, so it is asked for as a word too.
 */
function policyFilter(text: string): Filter {
  const slash = text.indexOf('/')
  if (slash >= 0) {
    const [namespace, name] = [text.slice(0, slash), text.slice(slash + 1)]
    const forms = [[`${namespace}/`], [`${namespace}/`, '.'], [`${namespace}/`, ':']]
    return anyOf(...forms.map((start) => hitNamed(start, name)))
  }
  const named = anyOf(...beforeBare.map((start) => hitNamed(start, text)))
  return patternOf(text).quoted && !text.includes('.') ? allOf(named, is(hitsField, text)) : named
}

type Clause = (text: string) => Filter
const eitherEnd =
  (clause: (end: End, text: string) => Filter): Clause =>
  (text) =>
    anyOf(clause('source', text), clause('dest', text))

const namespaceFilter = (end: End, text: string) => is(`${end}_namespace`, text)
const labelFilter = (end: End, text: string) => is(`${end}_labels.labels`, text.includes('=') ? text : `${text}=*`)

const clauses: { readonly [K in keyof FilterFlags]-?: Clause } = {
  namespace: eitherEnd(namespaceFilter),
  fromNamespace: (text) => namespaceFilter('source', text),
  toNamespace: (text) => namespaceFilter('dest', text),
  pod: eitherEnd(podFilter),
  fromPod: (text) => podFilter('source', text),
  toPod: (text) => podFilter('dest', text),
  label: eitherEnd(labelFilter),
  fromLabel: (text) => labelFilter('source', text),
  toLabel: (text) => labelFilter('dest', text),
  ip: eitherEnd(ipFilter),
  fromIp: (text) => ipFilter('source', text),
  toIp: (text) => ipFilter('dest', text),
  toService: (text) => is('dest_service_name', text),
  toDomain: (text) => is('dest_domains', text.toLowerCase()),
  port: (text) => is('dest_port', text),
  protocol: (text) => is('proto', text.toLowerCase()),
  verdict: verdictFilter,
  outcome: (text) => is('outcome', text.toLowerCase()),
  process: (text) => is('process_name', text),
  policy: policyFilter,
  node: (text) => is('host', text),
  reporter: (text) => is('reporter', text),
}

/** The flags and the text of `--query` as one KQL text. Empty matches everything. */
export function queryText(flags: FilterFlags, query = ''): string {
  const parts = (Object.keys(clauses) as (keyof FilterFlags)[]).flatMap((name) => {
    const values = flags[name] ?? []
    return values.length === 0 ? [] : [anyOf(...values.map(clauses[name]))]
  })
  const text = parts.length === 0 ? '' : printKql(allOf(...parts))
  if (query.trim() === '' || text === '') return query.trim() || text
  return `(${query.trim()}) and ${parts.length === 1 && parts[0]!.kind === 'or' ? `(${text})` : text}`
}
