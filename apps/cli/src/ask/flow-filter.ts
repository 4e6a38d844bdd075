// What each filter flag means of a flow, and the pieces of it that other logs share. A value that can mean nothing is refused
// here with what to write, so that a slip is not answered by silence.
import { canonicalIp, flowLog, parseCidr } from '@margay/model'
import type { LogType } from '@margay/model'
import type { Filter } from '@margay/query'
import { allOf, anyOf, fieldIs, literal } from '@margay/query'
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

export const is = (field: string, text: string): Filter => ({
  kind: 'is',
  field: literal(field),
  value: patternOf(text),
})

type End = 'source' | 'dest'

/** `NAMESPACE/NAME` or `NAME`. */
export function splitName(text: string): { readonly namespace?: string; readonly name: string } {
  const slash = text.indexOf('/')
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

/** A pod's name, its workload's, or the start of either, in the fields of one end: `source_name` and `source_name_aggr`. */
export function podNamed(prefix: string, text: string): Filter {
  const { namespace, name } = splitName(text)
  const names = name.includes('*') ? [name] : [name, `${name}-*`]
  const byName = anyOf(...names.flatMap((one) => [is(`${prefix}_name`, one), is(`${prefix}_name_aggr`, one)]))
  return namespace === undefined ? byName : allOf(is(`${prefix}_namespace`, namespace), byName)
}

/** One of a log's own closed set of words. */
export function oneOf(type: LogType, field: string, flag: string): Clause {
  const values = type.fields[field]?.values ?? []
  return (text) => {
    const word = text.toLowerCase()
    if (values.includes(word)) return is(field, word)
    throw new CliError(`unknown ${flag} "${text}"; one of ${values.join(', ')}`, 2)
  }
}

export function ipIs(field: string, text: string): Filter {
  if (!canonicalIp(text) && !parseCidr(text)) {
    throw new CliError(`cannot read the address "${text}"; write it as 10.1.2.3, 10.1.0.0/16 or fd00::/8`, 2)
  }
  return fieldIs(field, text)
}

const verdicts: Readonly<Record<string, string>> = {
  allow: 'allow',
  allowed: 'allow',
  forwarded: 'allow',
  deny: 'deny',
  denied: 'deny',
  dropped: 'deny',
}

export function verdictFilter(text: string): Filter {
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

/** `shop/db` of `knp~shop~db`, as `margay policy list -o wide` prints a policy's id. No name of Kubernetes has a tilde. */
const isId = (text: string) => /^[a-z]+~/.test(text)
export const withoutId = (text: string): string =>
  isId(text) ? text.slice(text.indexOf('~') + 1).replace('~', '/') : text

const hitsField = 'policies.enforced_policies'

/**
 * A policy by its bare name, `NAMESPACE/NAME`, or the name as traces have it. A word of a hit may also be its index, tier, action
 * or rule, so the name is asked for at its place; and a bare name ends where it does, so it is asked for as a word too.
 */
function policyFilter(text: string): Filter {
  const { namespace, name } = splitName(withoutId(text))
  if (namespace !== undefined) {
    const forms = [[`${namespace}/`], [`${namespace}/`, '.'], [`${namespace}/`, ':']]
    return anyOf(...forms.map((start) => hitNamed(start, name)))
  }
  // An id without a namespace is that of a global policy, whose name is whole.
  if (isId(text)) return hitNamed([''], name)
  const named = anyOf(...beforeBare.map((start) => hitNamed(start, name)))
  return patternOf(name).quoted && !name.includes('.') ? allOf(named, is(hitsField, name)) : named
}

/** Throws a CliError where the value can mean nothing. */
export type Clause = (text: string) => Filter
const eitherEnd =
  (clause: (end: End, text: string) => Filter): Clause =>
  (text) =>
    anyOf(clause('source', text), clause('dest', text))

const namespaceFilter = (end: End, text: string) => is(`${end}_namespace`, text)

/** `KEY`, `KEY=VALUE` or `KEY==VALUE`. */
export function labelIs(field: string, text: string): Filter {
  if (text.includes('!=')) {
    throw new CliError(
      `--label takes KEY or KEY=VALUE and no "!="; write it as -q 'not ${field}: "${text.replace('!=', '=')}"'`,
      2,
    )
  }
  return is(field, text.includes('=') ? text.replace('==', '=') : `${text}=*`)
}
const labelFilter = (end: End, text: string) => labelIs(`${end}_labels.labels`, text)
const podFilter = (end: End, text: string) => podNamed(end, text)
const ipFilter = (end: End, text: string) => ipIs(`${end}_ip`, text)

function portFilter(text: string): Filter {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return is('dest_port', text)
  throw new CliError(`"${text}" is no port; one from 1 to 65535`, 2)
}

function serviceFilter(text: string): Filter {
  const { namespace, name } = splitName(text)
  const byName = is('dest_service_name', name)
  return namespace === undefined ? byName : allOf(is('dest_service_namespace', namespace), byName)
}

export const flowClauses: { readonly [K in keyof FilterFlags]-?: Clause } = {
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
  toService: serviceFilter,
  toDomain: (text) => is('dest_domains', text.toLowerCase()),
  port: portFilter,
  protocol: (text) => is('proto', text.toLowerCase()),
  verdict: verdictFilter,
  outcome: oneOf(flowLog, 'outcome', 'outcome'),
  process: (text) => is('process_name', text),
  policy: policyFilter,
  node: (text) => is('host', text),
  reporter: oneOf(flowLog, 'reporter', 'reporter'),
}
