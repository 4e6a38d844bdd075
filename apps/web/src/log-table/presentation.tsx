// How single fields of a log type are drawn where their kind's format is not enough: the verdict, the rule that decided,
// a response code. One line a field; whatever is not listed is drawn by its kind.
import {
  bareName,
  decidingHit,
  describeHit,
  parsePolicyHit,
  sortHits,
  type PolicyHit,
  type Row,
  type Value,
} from '@margay/model'
import type { ReactNode } from 'react'
import { Chip, type Tone } from '../ui/Chip.tsx'
import { verdictOf, type VerdictKind } from './verdict.ts'

type Draw = (value: Value, row: Row) => ReactNode

const verdictTones: Readonly<Record<VerdictKind, Tone>> = {
  allow: 'allow',
  source: 'deny',
  destination: 'dest',
  unknown: 'plain',
}

export function VerdictChip({ row }: { readonly row: Row }) {
  const { kind, label } = verdictOf(row)
  return <Chip tone={verdictTones[kind]}>{label}</Chip>
}

/** The hits of a stored trace that can be read, in the order of evaluation. */
export function readTrace(texts: Value | undefined): readonly PolicyHit[] {
  if (!Array.isArray(texts)) return []
  return sortHits((texts as readonly string[]).flatMap((text) => parsePolicyHit(text).hit ?? []))
}

/** `app · payments-ingress · end of tier`: which rule decided, short; the tier of Kubernetes' own policies says nothing. */
export function shortHit({ tier, name, rule, kind }: PolicyHit): string {
  if (kind === 'Profile') return 'namespace profile'
  const where = typeof rule === 'number' ? `rule ${rule}` : rule === 'none' ? 'end of tier' : 'rule unknown'
  return `${tier && tier !== 'default' ? `${tier} · ` : ''}${bareName({ name, ...(tier && { tier }) })} · ${where}`
}

const decidedBy: Draw = (value) => {
  const hit = decidingHit(readTrace(value))
  return hit ? <span title={describeHit(hit)}>{shortHit(hit)}</span> : <span className="faint">nothing decided</span>
}

/** `2-ingress--1`: of a generation and direction, which rule; its number in words for the tooltip. */
export function ruleWords(rule: string): string {
  const [, generation, direction, index] = /^(\d+)-(ingress|egress)-(-?\d+)$/.exec(rule) ?? []
  if (generation === undefined) return rule
  const which = index === '-1' ? 'no rule matched, tier default' : index === '-2' ? 'rule unknown' : `rule ${index}`
  return `${direction}, ${which}${generation === '0' ? '' : `, generation ${generation} of the policy`}`
}

const ruleCell: Draw = (value) => <span title={ruleWords(String(value))}>{String(value)}</span>

const actionTones: Readonly<Record<string, Tone>> = { allow: 'allow', deny: 'deny' }
const actionCell: Draw = (value) => <Chip tone={actionTones[String(value)] ?? 'plain'}>{String(value)}</Chip>

const rcodeTone = (code: Value): Tone => {
  if (code === 'NOERROR') return 'allow'
  return code === 'NXDOMAIN' ? 'warn' : 'deny'
}

const processWords: Readonly<Record<string, string>> = { '-': 'not recorded', '*': 'several' }

const processWord: Draw = (value) => {
  const word = processWords[String(value)]
  return word ? <span className="faint">{word}</span> : String(value)
}

const presentations: Readonly<Record<string, Readonly<Record<string, Draw>>>> = {
  flows: {
    action: (_, row) => <VerdictChip row={row} />,
    'policies.enforced_policies': decidedBy,
    'policies.pending_policies': decidedBy,
    process_name: processWord,
    process_id: processWord,
  },
  policy_activity: { rule: ruleCell, action: actionCell },
  dns: {
    rcode: (value) => <Chip tone={rcodeTone(value)}>{String(value)}</Chip>,
    process_name: processWord,
    process_id: processWord,
  },
}

/** Why a record names no policy. */
const noHits = ({ evidence }: Row): string =>
  evidence === 'unknown'
    ? 'Which policy decided is not known; the record’s panel says what is missing'
    : 'No policy was asked: policies are for pods and host endpoints, and this end is neither'

/** Why a field may have no value, where there is more to say than that. */
const absences: Readonly<Record<string, Readonly<Record<string, string | ((row: Row) => string)>>>> = {
  flows: { 'policies.enforced_policies': noHits, 'policies.pending_policies': noHits },
  policy_activity: { 'policy.namespace': 'The policy is of the whole cluster' },
  objects: { generation: 'Objects of this kind count no generations', labels: 'It has no labels' },
}

export function absenceOf(logType: string, field: string, row: Row): string | undefined {
  const why = absences[logType]?.[field]
  return typeof why === 'function' ? why(row) : why
}

export const presentationOf = (logType: string, field: string): Draw | undefined => presentations[logType]?.[field]

/** The field that a histogram of the log type is split by. */
export const breakdownOf = (logType: string): string => ({ dns: 'rcode', objects: 'change' })[logType] ?? 'action'
