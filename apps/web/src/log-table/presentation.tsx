// How single fields of a log type are drawn where their kind's format is not enough: the verdict, the rule that decided,
// a response code. One line a field; whatever is not listed is drawn by its kind.
import { decidingHit, describeHit, parsePolicyHit, sortHits, type PolicyHit, type Row, type Value } from '@margay/model'
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

/** `app.payments-ingress · end of tier`: which rule decided, short. */
export function shortHit({ tier, name, rule, kind }: PolicyHit): string {
  if (kind === 'Profile') return 'namespace profile'
  const where = typeof rule === 'number' ? `rule ${rule}` : rule === 'none' ? 'end of tier' : 'rule unknown'
  return `${tier ? `${tier} · ` : ''}${name} · ${where}`
}

const decidedBy: Draw = (value) => {
  const hit = decidingHit(readTrace(value))
  return hit ? <span title={describeHit(hit)}>{shortHit(hit)}</span> : <span className="faint">nothing decided</span>
}

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
  dns: {
    rcode: (value) => <Chip tone={rcodeTone(value)}>{String(value)}</Chip>,
    process_name: processWord,
    process_id: processWord,
  },
}

export const presentationOf = (logType: string, field: string): Draw | undefined => presentations[logType]?.[field]

/** The field that a histogram of the log type is split by. */
export const breakdownOf = (logType: string): string => ({ dns: 'rcode', objects: 'change' })[logType] ?? 'action'
