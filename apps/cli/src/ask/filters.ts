// Filters as flags: each flag is one clause of a filter tree, several values of one flag are alternatives. The tree is
// printed as KQL, so whatever a value holds (quotes, backslashes, brackets) travels unharmed. What a flag means depends on the
// log; one that means nothing there is refused by its name.
import type { LogType } from '@margay/model'
import { dnsLog, flowLog, objectLog, policyActivityLog } from '@margay/model'
import { allOf, anyOf, printKql } from '@margay/query'
import { CliError } from '../fail.ts'
import type { Clause, FilterFlags } from './flow-filter.ts'
import { flowClauses, ipIs, is, labelIs, oneOf, podNamed, splitName, verdictFilter, withoutId } from './flow-filter.ts'

type Clauses = { readonly [K in keyof FilterFlags]?: Clause }

/** Who asks is the source of a lookup, and its name server the destination. */
const dnsClauses: Clauses = {
  namespace: (text) => is('client_namespace', text),
  fromNamespace: (text) => is('client_namespace', text),
  toNamespace: (text) => is('servers.namespace', text),
  pod: (text) => podNamed('client', text),
  fromPod: (text) => podNamed('client', text),
  label: (text) => labelIs('client_labels', text),
  fromLabel: (text) => labelIs('client_labels', text),
  ip: (text) => anyOf(ipIs('client_ip', text), ipIs('servers.ip', text)),
  fromIp: (text) => ipIs('client_ip', text),
  toIp: (text) => ipIs('servers.ip', text),
  toDomain: (text) => is('qname', text.toLowerCase()),
  protocol: (text) => is('transport', text.toLowerCase()),
  outcome: oneOf(dnsLog, 'outcome', 'outcome'),
  process: (text) => is('process_name', text),
  node: (text) => is('host', text),
}

function activityOf(text: string) {
  const { namespace, name } = splitName(withoutId(text))
  const byName = anyOf(is('policy.name', name), is('policy.name', `*.${name}`))
  return namespace === undefined ? byName : allOf(is('policy.namespace', namespace), byName)
}

const activityClauses: Clauses = {
  namespace: (text) => is('policy.namespace', text),
  policy: activityOf,
  verdict: verdictFilter,
}

const objectClauses: Clauses = {
  namespace: (text) => is('namespace', text),
  label: (text) => labelIs('labels', text),
}

const clausesOf: Readonly<Record<string, Clauses>> = {
  [flowLog.name]: flowClauses,
  [dnsLog.name]: dnsClauses,
  [policyActivityLog.name]: activityClauses,
  [objectLog.name]: objectClauses,
}

/** `--to-service` of `toService`. */
const flagOf = (name: string) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

function clauseOf(type: LogType, name: keyof FilterFlags): Clause {
  const clauses = clausesOf[type.name] ?? {}
  const clause = clauses[name]
  if (clause) return clause
  const those = Object.keys(clauses).map(flagOf).join(', ')
  throw new CliError(`${flagOf(name)} says nothing of the log ${type.name}; there are ${those}, and --query`, 2)
}

/** The flags and the text of `--query` as one KQL text for a log. Empty matches everything. Throws a CliError. */
export function queryText(type: LogType, flags: FilterFlags, query = ''): string {
  const parts = (Object.keys(flowClauses) as (keyof FilterFlags)[]).flatMap((name) => {
    const values = flags[name] ?? []
    if (values.length === 0) return []
    const clause = clauseOf(type, name)
    return [anyOf(...values.map((value) => clause(value)))]
  })
  const text = parts.length === 0 ? '' : printKql(allOf(...parts))
  if (query.trim() === '' || text === '') return query.trim() || text
  return `(${query.trim()}) and ${parts.length === 1 && parts[0]!.kind === 'or' ? `(${text})` : text}`
}
