// Changes of policies, of what they rest on, and of nodes, each in a phrase. What means nothing to a verdict or to a node's
// service is no change here.
import type { ObjectChange, StoredObject } from '../../objects/index.ts'
import { keptKinds } from '../../objects/project.ts'
import { listOf, memberOf, textOf } from '../cluster/document.ts'
import type { Finding } from './finding.ts'
import { titleOf } from './finding.ts'
import { ruleTexts, verdictLines } from './policy-change.ts'

/** What people call a kind. */
const words: Readonly<Record<string, string>> = {
  Tier: 'tier',
  NetworkSet: 'network set',
  GlobalNetworkSet: 'network set',
  HostEndpoint: 'host endpoint',
  Profile: 'profile',
  Namespace: 'namespace',
}

const isPolicy = (kind: string) => kind.endsWith('NetworkPolicy')

/** Kinds of which `policyFinding` has something to tell. */
export const toldPolicyKinds: readonly string[] = [
  ...Object.keys(words),
  ...new Set(keptKinds.map(([, kind]) => kind).filter(isPolicy)),
]

const wordOf = (kind: string) => words[kind] ?? (kind.startsWith('Staged') ? 'staged policy' : 'policy')

const happened = { added: 'created', deleted: 'deleted', modified: 'changed' } as const

/** The first line, and how many more there are. */
function summary(lines: readonly string[]): string {
  const rest = lines.length - 1
  return rest > 0 ? `${lines[0]}, and ${rest} more ${rest === 1 ? 'difference' : 'differences'}` : lines[0]!
}

export function policyFinding({ change, object, before, time }: ObjectChange): Finding | undefined {
  if (!isPolicy(object.kind) && words[object.kind] === undefined) return undefined
  const kind = object.kind === 'Namespace' ? 'other' : 'policy'
  const title = `${wordOf(object.kind)} ${titleOf(object)}`
  const common = { kind, time, object } as const
  if (change !== 'modified' || !before) {
    return { ...common, phrase: `${title} ${happened[change]}`, details: ruleTexts(object.document) }
  }
  const details = verdictLines(before.document, object.document)
  return details.length === 0 ? undefined : { ...common, phrase: `${title}: ${summary(details)}`, details }
}

function isReady({ document }: StoredObject): boolean | undefined {
  const ready = listOf(document, 'status', 'conditions').find((each) => memberOf(each, 'type') === 'Ready')
  const status = textOf(ready, 'status')
  return status === undefined ? undefined : status === 'True'
}

const isCordoned = ({ document }: StoredObject) => memberOf(document, 'spec', 'unschedulable') === true

function nodePhrase({ change, object, before }: ObjectChange): string | undefined {
  const title = `node ${object.name}`
  if (change === 'added') return `${title} joined`
  if (change === 'deleted') return `${title} left`
  if (!before) return undefined
  const [was, is] = [isReady(before), isReady(object)]
  if (was !== is && is !== undefined) return is ? `${title} is ready again` : `${title} is not ready`
  if (isCordoned(before) === isCordoned(object)) return undefined
  return isCordoned(object) ? `${title} takes no new pods` : `${title} takes pods again`
}

export function nodeFinding(change: ObjectChange): Finding | undefined {
  const phrase = change.object.kind === 'Node' ? nodePhrase(change) : undefined
  return phrase === undefined
    ? undefined
    : { kind: 'node', time: change.time, object: change.object, phrase, details: [] }
}
