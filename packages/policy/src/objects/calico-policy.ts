// Calico's NetworkPolicy and GlobalNetworkPolicy and their staged kinds (projectcalico.org/v3).
import { all, and, type Selector } from '../selector/ast.ts'
import { readSelectorText } from './calico-entity.ts'
import { readCalicoRules } from './calico-rule.ts'
import { stagedActions } from './kubernetes-network-policy.ts'
import { readMeta } from './meta.ts'
import {
  child,
  fail,
  isRecord,
  type Place,
  readFlag,
  readList,
  readNumber,
  readObject,
  readText,
  readWord,
} from './place.ts'
import type { Direction, Policy, Stage } from './policy.ts'
import { inNamespace, onNamespace, onServiceAccount } from './scope.ts'

const commonKeys = [
  'tier',
  'order',
  'selector',
  'types',
  'ingress',
  'egress',
  'serviceAccountSelector',
  'performanceHints',
]
const globalKeys = [...commonKeys, 'namespaceSelector', 'applyOnForward', 'doNotTrack', 'preDNAT']

interface Form {
  readonly isGlobal: boolean
  readonly isStaged: boolean
}

const keysOf = ({ isGlobal, isStaged }: Form) => [
  ...(isGlobal ? globalKeys : commonKeys),
  ...(isStaged ? ['stagedAction'] : []),
]

function readSubject(spec: Place, namespace: string | undefined): Selector {
  const selector = readSelectorText(child(spec, 'selector')) ?? all
  const namespaces = readSelectorText(child(spec, 'namespaceSelector'))
  const accounts = readSelectorText(child(spec, 'serviceAccountSelector'))
  return and(
    namespace === undefined ? all : inNamespace(namespace),
    namespaces ? onNamespace(namespaces) : all,
    accounts ? onServiceAccount(accounts) : all,
    selector,
  )
}

/** Stated types, else what the rules suggest; a stated empty list means both. */
function readDirections(spec: Place, rules: Readonly<Record<Direction, boolean>>): ReadonlySet<Direction> {
  const types = readList(child(spec, 'types'))?.flatMap((entry) => readWord(entry, ['Ingress', 'Egress']) ?? [])
  if (types && types.length > 0) return new Set(types.map((type) => (type === 'Ingress' ? 'ingress' : 'egress')))
  if (types) return new Set(['ingress', 'egress'])
  if (rules.egress) return new Set(rules.ingress ? ['ingress', 'egress'] : ['egress'])
  return new Set(['ingress'])
}

function readStage(spec: Place, egress: boolean): Stage {
  const untracked = readFlag(child(spec, 'doNotTrack')) ?? false
  const preDnat = readFlag(child(spec, 'preDNAT')) ?? false
  const forward = readFlag(child(spec, 'applyOnForward')) ?? false
  if (untracked && preDnat) fail(child(spec, 'preDNAT'), 'must not stand beside doNotTrack')
  if ((untracked || preDnat) && !forward) fail(child(spec, 'applyOnForward'), 'must be true with doNotTrack or preDNAT')
  if (preDnat && egress) fail(child(spec, 'egress'), 'a preDNAT policy has ingress rules only')
  if (untracked) return 'untracked'
  return preDnat ? 'pre-dnat' : 'normal'
}

/** Reads any of the four. A staged deletion is nothing that could be evaluated: undefined. */
export function readCalicoPolicy(root: Place, form: Form): Policy | undefined {
  const meta = readMeta(root)
  const spec = readObject({ ...child(root, 'spec'), value: child(root, 'spec').value ?? {} }, keysOf(form))
  if (!meta || !spec || !isRecord(root.value)) return undefined
  const action = form.isStaged ? readWord(child(spec, 'stagedAction'), stagedActions) : undefined
  if (action === 'Delete') return undefined
  const namespace = form.isGlobal ? undefined : (meta.namespace ?? 'default')
  const ingress = readCalicoRules(spec, namespace, 'ingress')
  const egress = readCalicoRules(spec, namespace, 'egress')
  const hasRules = { ingress: (ingress?.length ?? 0) > 0, egress: (egress?.length ?? 0) > 0 }
  const directions = readDirections(spec, hasRules)
  return {
    kind: form.isGlobal ? 'GlobalNetworkPolicy' : 'CalicoNetworkPolicy',
    ...(namespace !== undefined && { namespace }),
    name: meta.name,
    staged: form.isStaged,
    tier: readText(child(spec, 'tier')) || 'default',
    order: readNumber(child(spec, 'order')) ?? Infinity,
    subject: readSubject(spec, namespace),
    ...(directions.has('ingress') && { ingress: ingress ?? [] }),
    ...(directions.has('egress') && { egress: egress ?? [] }),
    isolates: { ingress: true, egress: true },
    stage: form.isGlobal ? readStage(spec, hasRules.egress) : 'normal',
    applyOnForward: form.isGlobal && (readFlag(child(spec, 'applyOnForward')) ?? false),
    source: root.value,
  }
}
