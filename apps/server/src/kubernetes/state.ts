// How the source stands, in one sentence for people: worst first.
import type { StageState } from '@margay/kit'
import { policyKinds } from '@margay/policy'
import type { Lost } from './contact.ts'
import type { Resource } from './discovery.ts'
import type { FollowState } from './follow.ts'
import type { Refusal } from './refusal.ts'
import { missingRules, refusalWords } from './refusal.ts'

export interface Standing {
  readonly server: string
  readonly lost: Lost | undefined
  /** What is wrong with reading what the server serves, where something is. */
  readonly discovery: string | undefined
  /** By kind; undefined before anything is known of it. */
  readonly kinds: readonly (readonly [resource: Resource, state: FollowState | undefined])[]
}

/** Kinds whose absence the policy engine sees by itself, and calls a missing fact where one of them matters. */
const missedByName: ReadonlySet<string> = new Set(['Namespace', 'ServiceAccount', 'EndpointSlice', 'Node'])
const judgedBy: ReadonlySet<string> = new Set(policyKinds.filter((kind) => !missedByName.has(kind)))

/** A kind of object that verdicts rest on and that was never read, or may not be read any more. */
export interface Unseen {
  /** Absent where not even the kinds are known. */
  readonly kind?: string
  readonly group?: string
  /** `tiers.projectcalico.org`. */
  readonly what: string
  readonly why: string
  /** What to do about it. */
  readonly hint?: string
}

/** `tiers.projectcalico.org: not read yet`. */
export const unseenWords = ({ what, why }: Unseen): string => `${what}: ${why}`

export const nothingSeen: Unseen = { what: 'objects of the cluster', why: 'not read yet' }

const rulesHint = (refusals: readonly Refusal[]) =>
  `add to the rules of this server's ClusterRole:\n${missingRules(refusals)}`

/** Of the kinds that were not read or are refused, those that verdicts rest on: a verdict without them would be a guess. */
export function unseenKinds(
  kinds: readonly { readonly resource: Resource; readonly refused: boolean }[],
): readonly Unseen[] {
  return kinds
    .filter(({ resource }) => judgedBy.has(resource.kind))
    .map(({ resource, refused }): Unseen => {
      const { kind, group } = resource
      const what = group === '' ? resource.resource : `${resource.resource}.${group}`
      if (!refused) return { kind, group, what, why: 'not read yet' }
      const hint = rulesHint([{ resource, verb: 'list' }])
      return { kind, group, what, why: 'this server is not allowed to read them', hint }
    })
}

const reachHint =
  'names and verdicts are those of the last answer until it is back; see that the API server runs and that this server may reach it'

const failing = (kinds: Standing['kinds']) =>
  kinds.flatMap(([{ resource }, state]) => (state?.state === 'failing' ? [`${resource}: ${state.detail}`] : []))

export function stageOf({ server, lost, discovery, kinds }: Standing): StageState {
  if (lost) {
    const since = new Date(lost.since).toISOString()
    return {
      state: 'degraded',
      detail: `the API server at ${server} has not answered since ${since}: ${lost.detail}`,
      hint: reachHint,
    }
  }
  const refusals = kinds.flatMap(([resource, state]) =>
    state?.state === 'refused' ? [{ resource, verb: state.verb }] : [],
  )
  if (refusals.length > 0) {
    return {
      state: 'degraded',
      detail: `the API server does not allow this server to ${refusalWords(refusals)}`,
      hint: rulesHint(refusals),
    }
  }
  const problems = [...(discovery === undefined ? [] : [`discovery: ${discovery}`]), ...failing(kinds)]
  if (problems.length > 0) {
    return { state: 'degraded', detail: `reading from ${server} fails: ${problems[0]}`, hint: reachHint }
  }
  return { state: kinds.length > 0 && kinds.every(([, state]) => state) ? 'ok' : 'starting' }
}
